#include "common/evaluation/value_metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "common/base/counter_random.h"
#include "common/evaluation/metrics.h"

using namespace bauta;

TEST_CASE("the normalised Gini of four customers agrees with the one counted by hand") {
  // Ranks −1.5 … 1.5. By actual 0 1 2 5: −0 − 0.5 + 1 + 7.5 = 8. By prediction 1 0 5 2: −1.5 − 0 + 2.5 + 3 = 4.
  const std::vector<Valued> samples = {{10, 1}, {20, 0}, {30, 5}, {40, 2}};
  CHECK(*normalised_gini(samples) == doctest::Approx(0.5));
}

TEST_CASE("customers with equal predictions share their middle rank, in whatever order they come") {
  // Prediction 10 | 20 20 | 30, ranks −1.5, 0, 0, 1.5: −1.5·1 + 1.5·2 = 1.5 of 8.
  std::vector<Valued> samples = {{10, 1}, {20, 0}, {20, 5}, {30, 2}};
  CHECK(*normalised_gini(samples) == doctest::Approx(1.5 / 8));
  std::swap(samples[1], samples[2]);
  CHECK(*normalised_gini(samples) == doctest::Approx(1.5 / 8));
  for (Valued& sample : samples) sample.predicted = 7;
  CHECK(*normalised_gini(samples) == 0);
}

TEST_CASE("the normalised Gini is 1 for the right order, minus 1 for the reverse, whatever the scale") {
  std::vector<Valued> samples = {{0.1, 0}, {0.1, 0}, {0.2, 3}, {7, 4}, {1000, 90}};
  CHECK(*normalised_gini(samples) == doctest::Approx(1));
  for (Valued& sample : samples) sample.predicted = -sample.predicted;
  CHECK(*normalised_gini(samples) == doctest::Approx(-1));
}

TEST_CASE("for amounts of 0 and 1 the normalised Gini is twice the AUC less one") {
  CounterRandom random(3, "gini");
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<Valued> values = {{0, 1}, {0, 0}};
    std::vector<Scored> scores = {{0, true}, {0, false}};
    for (std::uint64_t i = random.below(40); i > 0; --i) {
      const auto score = static_cast<double>(random.below(6));  // many ties
      const bool label = random.below(3) == 0;
      values.push_back({score, label ? 1.0 : 0.0});
      scores.push_back({score, label});
    }
    CHECK(*normalised_gini(values) == doctest::Approx(2 * *auc(scores) - 1).epsilon(1e-12));
  }
}

TEST_CASE("a sample of weight two counts like two samples, one of weight none not at all") {
  const std::vector<Valued> samples = {{1, 2}, {5, 1}, {3, 9}, {3, 0}};
  const std::vector<Valued> repeated = {{1, 2}, {1, 2}, {3, 9}, {3, 0}};
  const std::vector<double> weights = {2, 0, 1};
  const std::vector<std::uint32_t> weight_of = {0, 1, 2, 2};
  CHECK(*GiniRanking(samples).normalised(weights, weight_of) ==
        doctest::Approx(*normalised_gini(repeated)).epsilon(1e-14));
}

TEST_CASE("there is no Gini of equal amounts, of nobody or of what is not finite") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(normalised_gini({}));
  CHECK_FALSE(normalised_gini(std::vector<Valued>{{1, 5}, {2, 5}}));
  CHECK_FALSE(normalised_gini(std::vector<Valued>{{nan, 5}, {2, 6}}));
  CHECK_FALSE(normalised_gini(std::vector<Valued>{{1, nan}, {2, 6}}));
}

TEST_CASE("value calibration of two bins agrees with the one counted by hand") {
  // Lower half: predicted 1 and 3, actual 0 and 2; upper: 5 and 11, actual 12 and 6. Sums 20 and 20.
  const std::vector<Valued> samples = {{11, 6}, {1, 0}, {5, 12}, {3, 2}};
  const auto calibration = value_calibration(samples, 2);
  REQUIRE(calibration);
  REQUIRE(calibration->bins.size() == 2);
  CHECK(calibration->bins[0].count == 2);
  CHECK(calibration->bins[0].mean_predicted == 2);
  CHECK(calibration->bins[0].mean_actual == 1);
  CHECK(calibration->bins[1].mean_predicted == 8);
  CHECK(calibration->bins[1].mean_actual == 9);
  CHECK(calibration->total_error == 0);
  CHECK(calibration->relative_error == doctest::Approx((2 * 1 + 2 * 1) / 20.0));
}

TEST_CASE("equal predictions are spread over the bins they straddle, in whatever order they come") {
  // Two bins of 1.5 customers: the three equal ones give each half of their sums.
  std::vector<Valued> samples = {{4, 0}, {4, 9}, {4, 0}};
  for (int turn = 0; turn < 3; ++turn) {
    const auto calibration = value_calibration(samples, 2);
    REQUIRE(calibration);
    for (const ValueBin& bin : calibration->bins) {
      CHECK(bin.count == 1.5);
      CHECK(bin.mean_predicted == doctest::Approx(4));
      CHECK(bin.mean_actual == doctest::Approx(3));
    }
    CHECK(calibration->total_error == doctest::Approx(12.0 / 9 - 1));
    CHECK(calibration->relative_error == doctest::Approx(3.0 / 9));
    std::rotate(samples.begin(), samples.begin() + 1, samples.end());
  }
}

TEST_CASE("the bins of a value calibration hold everybody once, also where they outnumber the customers") {
  CounterRandom random(4, "bins");
  for (const std::size_t bins : {1U, 3U, 10U, 97U}) {
    std::vector<Valued> samples;
    double actual = 0;
    for (int i = 0; i < 53; ++i) {
      samples.push_back({static_cast<double>(random.below(9)), random.unit()});
      actual += samples.back().actual;
    }
    const auto calibration = value_calibration(samples, bins);
    REQUIRE(calibration);
    double count = 0;
    double sum = 0;
    for (const ValueBin& bin : calibration->bins) {
      count += bin.count;
      sum += bin.count * bin.mean_actual;
    }
    CHECK(count == doctest::Approx(53).epsilon(1e-12));
    CHECK(sum == doctest::Approx(actual).epsilon(1e-12));
  }
}

TEST_CASE("there is no value calibration of nobody, of no bins, of nothing spent or of what is not finite") {
  const std::vector<Valued> one = {{1, 1}};
  CHECK(value_calibration(one, 1));
  CHECK_FALSE(value_calibration(one, 0));
  CHECK_FALSE(value_calibration({}, 10));
  CHECK_FALSE(value_calibration(std::vector<Valued>{{1, 0}}, 10));
  CHECK_FALSE(value_calibration(std::vector<Valued>{{std::numeric_limits<double>::infinity(), 1}}, 10));
}
