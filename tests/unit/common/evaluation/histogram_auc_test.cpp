#include "common/evaluation/histogram_auc.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "common/base/counter_random.h"
#include "common/evaluation/metrics.h"

using namespace bauta;

TEST_CASE("the exact AUC lies within the certified bound, also after merging") {
  CounterRandom random(2, "histogram");
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<Scored> samples = {{0, true}, {0.001, false}};
    LogitHistogram first;
    LogitHistogram second;
    const double spread = std::pow(10.0, random.unit() * 3 - 2);
    for (int i = 0; i < 2000; ++i) {
      const bool label = random.below(5) == 0;
      samples.push_back({(random.unit() + random.unit() - 1 + (label ? 0.2 : 0)) * spread, label});
    }
    for (std::size_t i = 0; i < samples.size(); ++i)
      CHECK((i % 2 == 0 ? first : second).add(samples[i].logit, samples[i].label));
    first.merge(second);
    const auto estimate = first.estimate();
    REQUIRE(estimate);
    CHECK(std::abs(estimate->auc - *auc(samples)) <= estimate->bound + 1e-12);
  }
}

TEST_CASE("logits spread as a model's are give an error below 1e-4") {
  CounterRandom random(3, "histogram");
  std::vector<Scored> samples;
  LogitHistogram histogram;
  for (int i = 0; i < 50'000; ++i) {
    const bool label = random.below(10) == 0;
    samples.push_back({(random.unit() + random.unit() + random.unit() - 1.5) * 4 - 2 + (label ? 1 : 0), label});
    histogram.add(samples.back().logit, label);
  }
  CHECK(std::abs(histogram.estimate()->auc - *auc(samples)) < 1e-4);
}

TEST_CASE("logits beyond the limits count in the outermost bins and NaN nowhere") {
  LogitHistogram histogram;
  CHECK(histogram.add(std::numeric_limits<double>::infinity(), true));
  CHECK(histogram.add(-1e300, false));
  CHECK_FALSE(histogram.add(std::nan(""), true));
  CHECK(histogram.positives().back() == 1);
  CHECK(histogram.negatives().front() == 1);
  CHECK(histogram.estimate()->auc == 1);
  CHECK(histogram.estimate()->bound == 0);
}

TEST_CASE("one class has no AUC, one bin has none that means anything") {
  LogitHistogram histogram;
  histogram.add(0, true);
  CHECK_FALSE(histogram.estimate());
  histogram.add(0, false);
  CHECK(histogram.estimate()->auc == 0.5);
  CHECK(histogram.estimate()->bound == 0.5);
}
