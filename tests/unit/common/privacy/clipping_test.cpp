#include "common/privacy/clipping.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "common/base/counter_random.h"

using namespace bauta;

TEST_CASE("the norm of a 3-4 vector is 5") {
  const std::vector<float> update = {3.0F, 0.0F, -4.0F};
  CHECK(l2_norm(update) == 5.0);
}

TEST_CASE("an update inside the bound keeps every bit") {
  std::vector<float> update = {0.3F, -0.4F};
  const auto before = clip_to_norm(update, 0.51);
  REQUIRE(before.ok());
  CHECK(*before == doctest::Approx(0.5));
  CHECK(update == std::vector<float>{0.3F, -0.4F});
}

TEST_CASE("a clipped update never exceeds the bound and keeps its direction") {
  CounterRandom random(1, "clipping");
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<float> update(1 + random.below(300));
    for (float& x : update) x = static_cast<float>(random.unit() * 20 - 10);
    const std::vector<float> original = update;
    const double clip = 0.001 + random.unit();
    const auto before = clip_to_norm(update, clip);
    REQUIRE(before.ok());
    CHECK(*before == l2_norm(original));
    CHECK(l2_norm(update) <= clip);
    CHECK(l2_norm(update) >= std::min(*before, clip) * (1 - 1e-5));
    for (std::size_t i = 0; i < update.size(); ++i)
      CHECK(update[i] == doctest::Approx(original[i] * std::min(1.0, clip / *before)).epsilon(1e-5));
  }
}

TEST_CASE("a vector of zeros stays") {
  std::vector<float> update(4, 0.0F);
  REQUIRE(clip_to_norm(update, 1).ok());
  CHECK(update == std::vector<float>(4, 0.0F));
}

TEST_CASE("the largest floats can be clipped") {
  std::vector<float> update(3, std::numeric_limits<float>::max());
  REQUIRE(clip_to_norm(update, 1).ok());
  CHECK(l2_norm(update) == doctest::Approx(1));
  CHECK(l2_norm(update) <= 1);
}

TEST_CASE("NaN and infinity are refused and nothing is changed") {
  for (const float bad :
       {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> update = {100.0F, bad};
    const auto result = clip_to_norm(update, 1);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == ErrorCode::not_finite);
    CHECK(update[0] == 100.0F);
  }
}

TEST_CASE("a clip that is not a positive number is refused") {
  for (const double clip : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    std::vector<float> update = {1.0F};
    const auto result = clip_to_norm(update, clip);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == ErrorCode::invalid_argument);
  }
}
