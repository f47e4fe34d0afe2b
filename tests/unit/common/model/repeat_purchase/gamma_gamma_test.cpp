#include "common/model/repeat_purchase/gamma_gamma.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tests/unit/common/model/repeat_purchase/derivatives_check.h"

using namespace bauta;

namespace {

constexpr GammaGamma kPublished{6.25, 3.74, 15.44};

const std::vector<PurchaseSummary> kCustomers = {
    {2, 30.43, 38.86, 22.35}, {1, 1.71, 38.86, 11.77}, {7, 29.43, 38.86, 73.74}, {0, 0, 38.86, 0}, {1, 5, 38.86, 250.0},
    {200, 30, 31, 41.5},      {3, 5, 30, 0},
};

}  // namespace

TEST_CASE("the Gamma-Gamma likelihood agrees with the paper's formula in forty digits, for very many purchases too") {
  const PurchaseSummary few{2, 0, 0, 22.35};
  const PurchaseSummary many{40000, 0, 0, 35};
  CHECK(kPublished.sums(std::span(&few, 1)).log_likelihood == doctest::Approx(-3.55131675973170473).epsilon(1e-13));
  CHECK(kPublished.sums(std::span(&many, 1)).log_likelihood == doctest::Approx(-3.99441285249672624).epsilon(1e-8));
}

TEST_CASE("gradient and Hessian of the Gamma-Gamma model agree with finite differences") {
  for (const GammaGamma& model : {kPublished, GammaGamma{1, 2, 1}, GammaGamma{0.2, 0.7, 900}, GammaGamma{50, 9, 0.1}}) {
    CAPTURE(model.p);
    check_derivatives<GammaGamma>(model.logarithms(), kCustomers);
  }
}

TEST_CASE("who never bought again or paid nothing is not counted in the likelihood") {
  const std::vector<PurchaseSummary> silent = {{0, 0, 38.86, 0}, {3, 5, 30, 0}};
  const LikelihoodSums sums = kPublished.sums(silent);
  CHECK(sums.customers == 0);
  CHECK(sums.log_likelihood == 0);
  CHECK(sums.gradient.isZero(0));
  CHECK(kPublished.sums(kCustomers).customers == 5);
}

TEST_CASE("the expected spend agrees with the published figures of four customers and lies between mean and past") {
  // The authors' note, quoted in the tests of the lifetimes package: customers 1, 2, 3 and 6 of the sample.
  CHECK(*kPublished.expected_spend({2, 30.43, 38.86, 22.35}) == doctest::Approx(24.65).epsilon(1e-3));
  CHECK(*kPublished.expected_spend({1, 1.71, 38.86, 11.77}) == doctest::Approx(18.91).epsilon(1e-3));
  CHECK(*kPublished.expected_spend({0, 0, 38.86, 0}) == doctest::Approx(35.17).epsilon(2e-3));
  CHECK(*kPublished.expected_spend({7, 29.43, 38.86, 73.74}) == doctest::Approx(71.46).epsilon(1e-3));
  CHECK_FALSE(GammaGamma{1, 0.9, 10}.expected_spend({0, 0, 5, 0}).has_value());
  CHECK(GammaGamma{1, 0.9, 10}.expected_spend({1, 2, 5, 4}).has_value());
}
