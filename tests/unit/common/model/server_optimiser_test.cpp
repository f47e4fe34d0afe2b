#include "common/model/server_optimiser.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace bauta;

namespace {

ModelState small_state() { return {{1.0F, -2.0F, 0.5F}, {0, 0, 0}, {1e-6F, 1e-6F, 1e-6F}, 0}; }

}  // namespace

TEST_CASE("two steps give the golden bits") {
  ModelState state = small_state();
  const ServerSettings settings;
  REQUIRE(apply(state, std::vector<double>{0.1, -0.02, 0}, settings).ok());
  REQUIRE(apply(state, std::vector<double>{-0.05, 0.001, 1e-9}, settings).ok());
  CHECK(state.steps == 2);
  CHECK(state.parameters == std::vector<float>{1.01233447F, -2.01145601F, 0.5F});
  CHECK(state.first_moment == std::vector<float>{0.00399999972F, -0.00170000014F, 1.00000001e-10F});
  CHECK(state.second_moment == std::vector<float>{0.000124980099F, 4.95009999e-06F, 9.80100026e-07F});
}

TEST_CASE("the first step follows the formula") {
  ModelState state = small_state();
  const ServerSettings settings;
  REQUIRE(apply(state, std::vector<double>{0.1, 0, 0}, settings).ok());
  const double v = 0.99 * 1e-6 + 0.01 * 0.01;
  CHECK(state.parameters[0] == doctest::Approx(1 + 0.01 * 0.01 / (std::sqrt(v) + 0.001)));
  CHECK(state.parameters[2] == 0.5F);
}

TEST_CASE("the learning rate falls in a straight line and stays at the last step") {
  ServerSettings settings;
  settings.learning_rate = 0.02;
  CHECK(learning_rate_at(settings, 1000) == 0.02);
  settings.decay_rounds = 4;
  CHECK(learning_rate_at(settings, 0) == 0.02);
  CHECK(learning_rate_at(settings, 1) == doctest::Approx(0.015));
  CHECK(learning_rate_at(settings, 3) == doctest::Approx(0.005));
  CHECK(learning_rate_at(settings, 1'000'000) == doctest::Approx(0.005));

  ModelState early = small_state();
  ModelState late = small_state();
  late.steps = 2;
  REQUIRE(apply(early, std::vector<double>{0.1, 0, 0}, settings).ok());
  REQUIRE(apply(late, std::vector<double>{0.1, 0, 0}, settings).ok());
  CHECK(early.parameters[0] - 1 == doctest::Approx(2 * (late.parameters[0] - 1)).epsilon(1e-5));
}

TEST_CASE("a step depends on its own coordinate alone") {
  ModelState all = small_state();
  REQUIRE(apply(all, std::vector<double>{0.3, -0.7, 0.01}, {}).ok());
  ModelState one{{-2.0F}, {0}, {1e-6F}, 0};
  REQUIRE(apply(one, std::vector<double>{-0.7}, {}).ok());
  CHECK(one.parameters[0] == all.parameters[1]);
}

TEST_CASE("a wrong length or a result that is not finite changes nothing") {
  ModelState state = small_state();
  CHECK(apply(state, std::vector<double>{1, 2}, {}).error().code == ErrorCode::invalid_argument);
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300}) {
    const Status status = apply(state, std::vector<double>{0.1, 0.1, bad}, {});
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::not_finite);
    CHECK(state == small_state());
  }
}

TEST_CASE("the initial state is the plan's parameters with moments at rest") {
  const auto layout = ParameterLayout::create({.table_rows = 64});
  const ModelState state = initial_state(*layout, {});
  CHECK(state.parameters == initial_parameters(*layout));
  CHECK(state.first_moment == std::vector<float>(layout->size(), 0.0F));
  CHECK(state.second_moment == std::vector<float>(layout->size(), 1e-6F));
  CHECK(state.steps == 0);
}
