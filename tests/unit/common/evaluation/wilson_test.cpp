#include "common/evaluation/wilson.h"

#include <doctest/doctest.h>

using namespace bauta;

TEST_CASE("Wilson intervals equal the published ones") {
  // Newcombe (Statistics in Medicine 1998), table I, method 3.
  const auto check = [](double hits, double trials, double low, double high) {
    const Interval interval = wilson_interval(hits, trials);
    CHECK(interval.low == doctest::Approx(low).epsilon(0.001));
    CHECK(interval.high == doctest::Approx(high).epsilon(0.001));
  };
  check(81, 263, 0.2553, 0.3662);
  check(15, 148, 0.0624, 0.1605);
  check(0, 20, 0.0, 0.1611);
  check(1, 29, 0.0061, 0.1718);
}

TEST_CASE("without trials nothing is known") {
  CHECK(wilson_interval(0, 0).low == 0);
  CHECK(wilson_interval(0, 0).high == 1);
}
