#include "common/model/repeat_purchase/gamma_function.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace bauta;

namespace {

struct Known {
  double z, log_gamma, digamma, trigamma;
};
// mpmath 1.3, 40 digits.
constexpr Known kKnown[] = {
    {1e-8, 18.420680738180208905, -100000000.57721564845, 10000000000000001.645},
    {0.3, 1.0957979948180755217, -3.502524222200132989, 12.245364546107730465},
    {1, 0.0, -0.57721566490153286061, 1.6449340668482264365},
    {4.7, 2.7364051463155666822, 1.4374238096317816561, 0.23699183867807338119},
    {9.999, 12.799575780077412467, 2.2516474172057352559, 0.10517738667672886828},
    {10, 12.801827480081469611, 2.2517525890667211076, 0.10516633568168574612},
    {123.25, 468.61448295051664423, 4.8101525319648188803, 0.0081465944560802649872},
    {1e6, 12815504.56914761166, 13.815510057964190771, 1.0000005000001666667e-6},
};

}  // namespace

TEST_CASE("the logarithm of the gamma function and its derivatives agree with known values") {
  for (const Known& known : kKnown) {
    CAPTURE(known.z);
    const Derivatives found = log_gamma(known.z);
    CHECK(found.value == doctest::Approx(known.log_gamma).epsilon(4e-15));
    CHECK(found.first == doctest::Approx(known.digamma).epsilon(4e-15));
    CHECK(found.second / known.trigamma == doctest::Approx(1).epsilon(4e-15));
  }
}

TEST_CASE("a rising factorial is the same by its sum and by the difference of two logarithms") {
  for (const double z : {0.01, 0.7, 3.2, 40.0}) {
    for (const std::uint32_t count : {1U, 5U, 32U, 33U, 1000U}) {
      CAPTURE(z);
      CAPTURE(count);
      const Derivatives found = log_rising(z, count);
      CHECK(found.value == doctest::Approx(log_gamma(z + count).value - log_gamma(z).value).epsilon(1e-12));
      CHECK(found.first == doctest::Approx(log_gamma(z + count).first - log_gamma(z).first).epsilon(1e-12));
      CHECK(found.second == doctest::Approx(log_gamma(z + count).second - log_gamma(z).second).epsilon(1e-12));
    }
  }
  CHECK(log_rising(2.5, 0).value == 0);
}

TEST_CASE("a rising factorial keeps its digits far out, where the difference of two logarithms would lose them") {
  // ln(1e12) + ln(1e12 + 1)
  CHECK(log_rising(1e12, 2).value == doctest::Approx(55.26204223185811).epsilon(1e-15));
  CHECK(log_rising(1e12, 2).first == doctest::Approx(2e-12).epsilon(1e-11));
}
