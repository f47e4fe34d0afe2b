#include "client/training/sparse_adam.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace bauta;
using namespace bauta::client;

TEST_CASE("steps follow Adam's formula, and rows without a gradient neither move nor age") {
  const auto layout = ParameterLayout::create({.table_rows = 2, .token_width = 8, .width = 8, .history = 4});
  REQUIRE(layout.ok());
  std::vector<float> parameters(layout->size(), 1.0F);
  Gradient<float> gradient;
  gradient.flat.assign(layout->size(), 0.0F);
  const std::size_t dense = layout->at("hidden1.bias").offset;
  const std::size_t row0 = layout->at("token.table").offset;
  const std::size_t row1 = row0 + 8;
  SparseAdam adam(*layout, 0.01);

  gradient.flat[dense] = 0.5F;
  gradient.flat[row0] = -2.0F;
  gradient.touched_rows = {0};
  adam.step(parameters, gradient);
  // The first bias-corrected step is the learning rate in the direction of the sign.
  CHECK(parameters[dense] == doctest::Approx(0.99).epsilon(1e-6));
  CHECK(parameters[row0] == doctest::Approx(1.01).epsilon(1e-6));
  CHECK(parameters[row1] == 1.0F);

  gradient.flat[dense] = -0.25F;
  gradient.flat[row0] = 0;
  gradient.touched_rows = {};
  adam.step(parameters, gradient);
  const double m = 0.9 * 0.05 - 0.1 * 0.25;
  const double v = 0.999 * 0.00025 + 0.001 * 0.0625;
  const double step = 0.01 * (m / (1 - 0.81)) / (std::sqrt(v / (1 - 0.998001)) + 1e-8);
  CHECK(parameters[dense] == doctest::Approx(0.99 - step).epsilon(1e-5));
  CHECK(parameters[row0] == doctest::Approx(1.01).epsilon(1e-6));
}
