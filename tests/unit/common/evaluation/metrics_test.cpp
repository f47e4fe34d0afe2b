#include "common/evaluation/metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "common/base/counter_random.h"

using namespace bauta;

namespace {

double auc_by_pairs(const std::vector<Scored>& samples) {
  double won = 0;
  double pairs = 0;
  for (const Scored& p : samples) {
    for (const Scored& n : samples) {
      if (!p.label || n.label) continue;
      won += p.logit > n.logit ? 1 : p.logit == n.logit ? 0.5 : 0;
      ++pairs;
    }
  }
  return won / pairs;
}

}  // namespace

TEST_CASE("AUC equals the count over all pairs, ties included") {
  CounterRandom random(1, "auc");
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<Scored> samples = {{0, true}, {0, false}};
    const auto levels = 1 + random.below(10);  // few levels: many ties
    for (std::uint64_t i = random.below(60); i > 0; --i)
      samples.push_back({static_cast<double>(random.below(levels)), random.below(3) == 0});
    CHECK(*auc(samples) == doctest::Approx(auc_by_pairs(samples)).epsilon(1e-12));
  }
}

TEST_CASE("AUC is 1, 0 and one half where it must be") {
  CHECK(*auc(std::vector<Scored>{{1, true}, {0, false}}) == 1);
  CHECK(*auc(std::vector<Scored>{{0, true}, {1, false}}) == 0);
  CHECK(*auc(std::vector<Scored>{{1, true}, {1, false}}) == 0.5);
}

TEST_CASE("AUC is absent for one class, for nothing and for NaN") {
  CHECK_FALSE(auc({}));
  CHECK_FALSE(auc(std::vector<Scored>{{1, true}, {2, true}}));
  CHECK_FALSE(auc(std::vector<Scored>{{1, false}}));
  CHECK_FALSE(auc(std::vector<Scored>{{std::nan(""), true}, {2, false}}));
}

TEST_CASE("log loss is the mean of -log p and finite for extreme logits") {
  const double p = 1 / (1 + std::exp(-0.7));
  CHECK(*log_loss(std::vector<Scored>{{0.7, true}, {0.7, false}}) ==
        doctest::Approx(-(std::log(p) + std::log(1 - p)) / 2).epsilon(1e-12));
  CHECK(*log_loss(std::vector<Scored>{{1000, false}}) == doctest::Approx(1000));
  CHECK(*log_loss(std::vector<Scored>{{-1000, false}}) == doctest::Approx(0));
  CHECK_FALSE(log_loss({}));
}

TEST_CASE("calibration error is zero for honest predictions and the gap for biased ones") {
  std::vector<Scored> honest;
  std::vector<Scored> biased;
  for (int i = 0; i < 100; ++i) {
    honest.push_back({std::log(0.3 / 0.7), i < 30});
    biased.push_back({std::log(0.8 / 0.2), i < 30});
  }
  CHECK(*calibration_error(honest) == doctest::Approx(0));
  CHECK(*calibration_error(biased) == doctest::Approx(0.5));
  CHECK_FALSE(calibration_error({}));
  CHECK_FALSE(calibration_error(honest, 0));
}

TEST_CASE("precision at a share counts the border in part") {
  const std::vector<Scored> samples = {{5, true}, {4, false}, {3, true}, {3, false}, {1, false}};
  CHECK(*precision_at(samples, 0.2) == 1);
  CHECK(*precision_at(samples, 0.4) == 0.5);
  CHECK(*precision_at(samples, 0.3) == doctest::Approx(1 / 1.5));
  CHECK(*precision_at(samples, 0.6) == doctest::Approx(1.5 / 3));  // one of the two with score 3, half of each
  CHECK(*precision_at(samples, 1) == doctest::Approx(0.4));
  CHECK_FALSE(precision_at({}, 0.5));
  CHECK_FALSE(precision_at(samples, 0));
  CHECK_FALSE(precision_at(samples, 1.1));
}

TEST_CASE("lift is 1 for scores that say nothing and at most one over the base rate") {
  std::vector<Scored> blind;
  std::vector<Scored> perfect;
  for (int i = 0; i < 200; ++i) {
    blind.push_back({0, i % 10 == 0});
    perfect.push_back({i % 10 == 0 ? 1.0 : 0.0, i % 10 == 0});
  }
  CHECK(*lift(blind, 0.01) == doctest::Approx(1));
  CHECK(*lift(blind, 0.1) == doctest::Approx(1));
  CHECK(*lift(perfect, 0.1) == doctest::Approx(10));
  CHECK(*lift(perfect, 0.2) == doctest::Approx(5));
  CHECK_FALSE(lift(std::vector<Scored>{{1, false}}, 0.5));
}
