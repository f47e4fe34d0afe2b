#include "common/model/adam.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace bauta;

namespace {

/// A table of two rows, then eight dense elements.
std::vector<Tensor> two_tensors() {
  return {{.name = "table", .rows = 2, .columns = 8, .offset = 0, .sparse = true},
          {.name = "dense", .rows = 1, .columns = 8, .offset = 16}};
}

}  // namespace

TEST_CASE("steps follow Adam's formula, and rows without a gradient neither move nor age") {
  std::vector<float> parameters(24, 1.0F);
  Gradient<float> gradient{std::vector<float>(24, 0.0F), {}};
  gradient.tables.emplace_back(2);
  constexpr std::size_t kDense = 18;
  Adam adam(two_tensors(), 0.01);

  gradient.flat[kDense] = 0.5F;
  gradient.flat[0] = -2.0F;
  gradient.tables[0].touch(gradient.tables[0].part_of(0), 0);
  adam.step(parameters, gradient, serial_executor());
  // The first bias-corrected step is the learning rate in the direction of the sign.
  CHECK(parameters[kDense] == doctest::Approx(0.99).epsilon(1e-6));
  CHECK(parameters[0] == doctest::Approx(1.01).epsilon(1e-6));
  CHECK(parameters[8] == 1.0F);

  gradient.flat[kDense] = -0.25F;
  gradient.flat[0] = 0;
  gradient.tables[0].clear(gradient.tables[0].part_of(0));
  adam.step(parameters, gradient, serial_executor());
  const double m = 0.9 * 0.05 - 0.1 * 0.25;
  const double v = 0.999 * 0.00025 + 0.001 * 0.0625;
  const double step = 0.01 * (m / (1 - 0.81)) / (std::sqrt(v / (1 - 0.998001)) + 1e-8);
  CHECK(parameters[kDense] == doctest::Approx(0.99 - step).epsilon(1e-5));
  CHECK(parameters[0] == doctest::Approx(1.01).epsilon(1e-6));
}

TEST_CASE("a restored optimiser goes on as if it had never stopped") {
  std::vector<float> parameters(24, 1.0F);
  Gradient<float> gradient{std::vector<float>(24, 0.3F), {}};
  gradient.tables.emplace_back(2);
  Adam adam(two_tensors(), 0.01);
  for (int i = 0; i < 3; ++i) adam.step(parameters, gradient, serial_executor());
  Adam resumed(two_tensors(), 0.01);
  resumed.restore(adam.steps(), adam.first_moment(), adam.second_moment());
  std::vector<float> other = parameters;
  adam.step(parameters, gradient, serial_executor());
  resumed.step(other, gradient, serial_executor());
  CHECK(parameters == other);
}

TEST_CASE("a new learning rate holds for the steps that follow and keeps the moments") {
  std::vector<float> parameters(24, 1.0F);
  Gradient<float> gradient{std::vector<float>(24, 0.3F), {}};
  gradient.tables.emplace_back(2);
  Adam adam(two_tensors(), 0.01);
  adam.step(parameters, gradient, serial_executor());
  CHECK(parameters[18] == doctest::Approx(0.99).epsilon(1e-6));
  adam.set_learning_rate(0.002);
  adam.step(parameters, gradient, serial_executor());
  // An unchanging gradient moves by the learning rate as long as both moments agree with it.
  CHECK(parameters[18] == doctest::Approx(0.988).epsilon(1e-5));
}
