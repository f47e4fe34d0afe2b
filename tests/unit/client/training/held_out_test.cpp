#include "client/training/held_out.h"

#include <doctest/doctest.h>

#include "common/base/counter_random.h"

using namespace bauta;
using namespace bauta::client;

TEST_CASE("the test result holds an interval around its AUC, and equal models do not differ") {
  CounterRandom random(6, "held out");
  std::vector<Sample> samples;
  std::vector<Scored> scored;
  std::vector<Scored> guesses;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const bool label = random.below(3) == 0;
    samples.push_back({i / 2, kNoItem, 0, label});
    scored.push_back({random.unit() + (label ? 0.4 : 0), label});
    guesses.push_back({random.unit(), label});
  }
  const auto persons = persons_of(samples);
  const TestResult result = test_result(scored, persons);
  CHECK(result.samples == 400);
  CHECK(result.positives > 80);
  CHECK(result.auc_interval->low < *result.auc);
  CHECK(result.auc_interval->high > *result.auc);
  CHECK(test_difference(scored, scored, persons)->auc == 0);
  CHECK(test_difference(scored, scored, persons)->interval->high == 0);
  const auto better = test_difference(scored, guesses, persons);
  CHECK(better->auc == doctest::Approx(*result.auc - *auc(guesses)));
  CHECK(better->interval->low > 0);
  for (Scored& one : scored) one.label = false;
  CHECK_FALSE(test_result(scored, persons).auc);
  CHECK_FALSE(test_difference(scored, scored, persons));
}
