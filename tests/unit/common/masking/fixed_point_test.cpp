#include "common/masking/fixed_point.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/property.h"
#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

using testing::check_property;
using testing::SeededRandom;

struct Quantised {
  std::vector<std::uint64_t> words;
  std::size_t saturated;
};

Quantised quantised(const std::vector<float>& update, double weight, const Quantiser& quantiser,
                    const LaneLayout& layout, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  std::vector<std::uint64_t> words(layout.word_count(), ~0ULL);
  const auto report = quantise(update, weight, quantiser, layout, random, words);
  REQUIRE(report.ok());
  return {std::move(words), report->saturated};
}

ErrorCode refusal(const std::vector<float>& update, double weight, const Quantiser& quantiser,
                  std::uint32_t lane_bits = 16) {
  SeededRandom random(1);
  const LaneLayout layout{lane_bits, update.size()};
  std::vector<std::uint64_t> words(layout.word_count());
  const auto report = quantise(update, weight, quantiser, layout, random, words);
  REQUIRE_FALSE(report.ok());
  return report.error().code;
}

}  // namespace

TEST_CASE("numbers on the grid keep their integer, whatever the noise") {
  const Quantiser quantiser{127.0, 8};  // a step of exactly 1
  const std::vector<float> update = {0, 1, -1, 2, 126, 127, -127, -126, 64, -64, 5};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const LaneLayout layout{12, update.size() + 4};
    const auto [words, saturated] = quantised(update, 1.0, quantiser, layout, seed);
    CHECK(saturated == 0);
    for (std::size_t i = 0; i < update.size(); ++i) {
      CHECK(lane_at(words, layout, i) == static_cast<std::int64_t>(update[i]));
    }
    for (std::size_t i = update.size(); i < layout.dimension; ++i) CHECK(lane_at(words, layout, i) == 0);
    CHECK(check_sum_range(words, layout, 1, 8).ok());
  }
}

TEST_CASE("a coordinate rounds to one of its two neighbours and is right on average") {
  const Quantiser quantiser{127.0, 8};
  const LaneLayout layout{16, 20'000};
  for (const float x : {0.25F, -0.25F, 3.75F, -100.5F}) {
    const auto [words, saturated] = quantised(std::vector<float>(layout.dimension, x), 1.0, quantiser, layout);
    double sum = 0;
    for (std::size_t i = 0; i < layout.dimension; ++i) {
      const auto lane = static_cast<double>(lane_at(words, layout, i));
      REQUIRE((lane == std::floor(x) || lane == std::floor(x) + 1));
      sum += lane;
    }
    // The standard error is at most 0.5 / sqrt(20000) = 0.0036.
    CHECK(std::fabs(sum / 20'000 - static_cast<double>(x)) < 0.02);
  }
}

TEST_CASE("the weight multiplies before the range is applied, and saturation is counted") {
  const Quantiser quantiser{1.0, 16};
  const LaneLayout layout{32, 4};
  const auto [words, saturated] = quantised({4.0F, -4.0F, 2.0F, 1.0F}, 0.5, quantiser, layout);
  CHECK(saturated == 2);
  CHECK(lane_at(words, layout, 0) == 32767);
  CHECK(lane_at(words, layout, 1) == -32767);
  CHECK(lane_at(words, layout, 2) == 32767);
  CHECK(std::abs(lane_at(words, layout, 3) - 16383) <= 1);
}

TEST_CASE("every finite float stays within the range, the largest included") {
  check_property("bounds", [] {
    const auto bits = *rc::gen::inRange<std::uint32_t>(2, 21);
    const LaneLayout layout{32, 16};
    const Quantiser quantiser{*rc::gen::element(1e-30, 1e-3, 0.1, 7.0, 1e30), bits};
    std::vector<float> update(16);
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    for (float& x : update) {
      do {
        random.fill({reinterpret_cast<std::uint8_t*>(&x), sizeof x});
      } while (!std::isfinite(x));
    }
    std::vector<std::uint64_t> words(layout.word_count());
    RC_ASSERT(quantise(update, 1.0, quantiser, layout, random, words).ok());
    for (std::size_t i = 0; i < update.size(); ++i) {
      RC_ASSERT(std::abs(lane_at(words, layout, i)) <= quantiser.largest());
      const double expected = std::fmin(std::fmax(update[i], -quantiser.range), quantiser.range);
      const double step = quantiser.range / static_cast<double>(quantiser.largest());
      RC_ASSERT(std::fabs(dequantise(lane_at(words, layout, i), quantiser) - expected) <= step * (1 + 1e-9));
    }
  });
}

TEST_CASE("a coordinate that is no finite number is refused and named") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    std::vector<float> update(20, 0.5F);
    update[13] = bad;
    SeededRandom random(1);
    const LaneLayout layout{16, 20};
    std::vector<std::uint64_t> words(layout.word_count());
    const auto report = quantise(update, 1.0, Quantiser{1.0, 10}, layout, random, words);
    REQUIRE_FALSE(report.ok());
    CHECK(report.error().code == ErrorCode::not_finite);
    CHECK(report.error().message.find("coordinate 13") != std::string::npos);
  }
}

TEST_CASE("settings out of bounds are refused") {
  const std::vector<float> update = {0.5F};
  CHECK(refusal(update, 0.0, {1.0, 8}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, -0.5, {1.0, 8}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, 1.5, {1.0, 8}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, std::nan(""), {1.0, 8}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, 1.0, {0.0, 8}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, 1.0, {std::nan(""), 8}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, 1.0, {1.0, 1}) == ErrorCode::invalid_argument);
  CHECK(refusal(update, 1.0, {1.0, 32}, 32) == ErrorCode::invalid_argument);
  CHECK(refusal(update, 1.0, {1.0, 17}, 16) == ErrorCode::invalid_argument);
}

TEST_CASE("the same noise gives the same lanes, other noise others") {
  std::vector<float> update(1000);
  for (std::size_t i = 0; i < update.size(); ++i) update[i] = 0.001F * static_cast<float>(i);
  const LaneLayout layout{32, update.size()};
  CHECK(quantised(update, 1, {1.0, 12}, layout, 5).words == quantised(update, 1, {1.0, 12}, layout, 5).words);
  CHECK(quantised(update, 1, {1.0, 12}, layout, 5).words != quantised(update, 1, {1.0, 12}, layout, 6).words);
}

TEST_CASE("evaluation values map the unit interval onto the positive lanes and back") {
  CHECK(quantise_unit(0.0, 20) == 0);
  CHECK(quantise_unit(1.0, 20) == 524287);
  CHECK(quantise_unit(0.5, 8) == 64);
  CHECK(quantise_unit(-3.0, 20) == 0);
  CHECK(quantise_unit(7.0, 20) == 524287);
  CHECK(dequantise_unit(quantise_unit(0.7312, 20), 20) == doctest::Approx(0.7312).epsilon(1e-5));
  CHECK(dequantise(3 * 127, Quantiser{2.0, 8}) == doctest::Approx(6.0));
}

TEST_CASE("the lane must hold the sum of the cohort and one spare bit") {
  CHECK(check_lane_capacity(20, 32, 2048).ok());
  CHECK_FALSE(check_lane_capacity(20, 32, 2049).ok());
  CHECK(check_lane_capacity(15, 16, 1).ok());
  CHECK_FALSE(check_lane_capacity(16, 16, 1).ok());
  CHECK(check_lane_capacity(12, 16, 8).ok());
  CHECK_FALSE(check_lane_capacity(12, 16, 9).ok());
  CHECK(check_lane_capacity(8, 12, 5).ok());
  CHECK_FALSE(check_lane_capacity(8, 13, 5).ok());
  CHECK_FALSE(check_lane_capacity(8, 16, 0).ok());
  CHECK_FALSE(check_lane_capacity(0, 16, 3).ok());
  CHECK_FALSE(check_lane_capacity(4'000'000'000U, 32, 3).ok());
  CHECK_FALSE(check_lane_capacity(8, 32, 0xffffffffU).ok());
}

TEST_CASE("the extreme sum of a full cohort stays in its lane") {
  for (const auto& [bits, lane, n] : {std::tuple{20U, 32U, 2048U}, {12U, 16U, 8U}, {8U, 12U, 8U}, {4U, 8U, 8U}}) {
    REQUIRE(check_lane_capacity(bits, lane, n).ok());
    const LaneLayout layout{lane, 2};
    std::vector<std::uint64_t> one(layout.word_count());
    const std::int64_t largest = Quantiser{1.0, bits}.largest();
    set_lane(one, layout, 0, largest);
    set_lane(one, layout, 1, -largest);
    std::vector<std::uint64_t> sum(layout.word_count());
    for (std::uint32_t i = 0; i < n; ++i) add_packed(sum, one, lane);
    CHECK(lane_at(sum, layout, 0) == largest * n);
    CHECK(lane_at(sum, layout, 1) == -largest * n);
    CHECK(check_sum_range(sum, layout, n, bits).ok());
  }
}

TEST_CASE("an aggregate with a lane out of range is rejected and the lane named") {
  const LaneLayout layout{16, 6};
  std::vector<std::uint64_t> words(layout.word_count());
  set_lane(words, layout, 4, 3 * 128);
  set_lane(words, layout, 5, -3 * 128);
  CHECK(check_sum_range(words, layout, 3, 8).ok());
  for (const std::int64_t value : {3 * 128 + 1, -3 * 128 - 1, 32767, -32768}) {
    set_lane(words, layout, 4, value);
    const Status bad = check_sum_range(words, layout, 3, 8);
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().code == ErrorCode::out_of_range);
    CHECK(bad.error().message.find("lane 4") != std::string::npos);
  }
  set_lane(words, layout, 4, 0);
  words[1] |= std::uint64_t{1} << 33;  // lane 6 is beyond the dimension
  const Status tail = check_sum_range(words, layout, 3, 8);
  REQUIRE_FALSE(tail.ok());
  CHECK(tail.error().message.find("lane 6") != std::string::npos);
}

}  // namespace bauta
