#include "client/scoring/calibration.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

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
