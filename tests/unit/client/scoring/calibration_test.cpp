#include "client/scoring/calibration.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "common/base/counter_random.h"

using namespace bauta;
using namespace bauta::client;

TEST_CASE("scores that run against the labels are flattened to the base rate") {
  std::vector<Scored> samples;
  for (int i = 0; i < 1000; ++i) samples.push_back({i / 100.0, i < 300});
  const Calibration fitted = Calibration::fit(samples);
  CHECK(fitted.slope == doctest::Approx(0).epsilon(1e-6));
  CHECK(fitted.probability(0) == doctest::Approx(0.3).epsilon(0.01));
  CHECK(fitted.probability(10) == doctest::Approx(0.3).epsilon(0.01));
}

TEST_CASE("a calibration is kept where it proves itself on persons it was not fitted on") {
  CounterRandom random(3, "calibration");
  const auto samples = [&](std::size_t count, double shift) {
    std::vector<Scored> made;
    for (std::size_t i = 0; i < count; ++i) {
      const double logit = 4 * random.unit() - 2;
      made.push_back({logit - shift, random.unit() < 1 / (1 + std::exp(-logit))});
    }
    return made;
  };
  std::vector<std::uint32_t> persons(4000);
  std::iota(persons.begin(), persons.end(), 0U);
  const Calibration shifted = Calibration::proven(samples(4000, 1), persons);
  CHECK(shifted.offset == doctest::Approx(1).epsilon(0.15));
  CHECK(shifted.slope == doctest::Approx(1).epsilon(0.15));
  int left_alone = 0;
  for (int i = 0; i < 50; ++i) {
    const Calibration few = Calibration::proven(samples(200, 0), std::span(persons).first(200));
    left_alone += few.slope == 1 && few.offset == 0 ? 1 : 0;
  }
  CHECK(left_alone > 40);
  // One person's thousand samples are one witness.
  const std::vector<std::uint32_t> one_person(4000, 7);
  CHECK(Calibration::proven(samples(4000, 1), one_person).offset == 0);
  CHECK(Calibration::proven({}, {}).slope == 1);
}
