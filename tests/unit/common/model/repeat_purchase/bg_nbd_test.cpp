#include "common/model/repeat_purchase/bg_nbd.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tests/unit/common/model/repeat_purchase/derivatives_check.h"
#include "tests/unit/common/model/repeat_purchase/hypergeometric.h"

using namespace bauta;

namespace {

constexpr BgNbd kPublished{0.243, 4.414, 0.793, 2.426};

const std::vector<PurchaseSummary> kCustomers = {
    {0, 0, 38.86, 0},     {1, 1.71, 38.86, 11.77}, {2, 30.43, 38.86, 22.35}, {7, 29.43, 38.86, 73.74},
    {1, 0.14, 30.0, 5.0}, {0, 0, 27.0, 0},         {29, 31.0, 31.0, 40.0},   {60, 20.0, 38.0, 12.0},
};

double likelihood(const BgNbd& model, const PurchaseSummary& customer) {
  return model.sums(std::span(&customer, 1)).log_likelihood;
}

}  // namespace

TEST_CASE("the BG NBD likelihood agrees with the paper's formula in forty digits") {
  CHECK(likelihood(kPublished, {2, 30.43, 38.86, 0}) == doctest::Approx(-9.45860630706627125).epsilon(1e-14));
  CHECK(likelihood(kPublished, {0, 0, 38.86, 0}) == doctest::Approx(-0.554713276438158451).epsilon(1e-14));
  CHECK(likelihood(kPublished, {5000, 30, 38.86, 0}) == doctest::Approx(19875.7281229798672).epsilon(1e-14));
}

TEST_CASE("gradient and Hessian of the BG NBD model agree with finite differences") {
  for (const BgNbd& model : {kPublished, BgNbd{1, 1, 1, 1}, BgNbd{3, 40, 0.1, 0.05}, BgNbd{0.02, 0.3, 20, 90}}) {
    CAPTURE(model.r);
    check_derivatives<BgNbd>(model.logarithms(), kCustomers);
  }
}

TEST_CASE("sums of two halves are the sums of the whole") {
  LikelihoodSums halves = kPublished.sums(std::span(kCustomers).first(3));
  halves += kPublished.sums(std::span(kCustomers).subspan(3));
  const LikelihoodSums whole = kPublished.sums(kCustomers);
  CHECK(halves.customers == whole.customers);
  CHECK(halves.log_likelihood == doctest::Approx(whole.log_likelihood).epsilon(1e-14));
  CHECK((halves.gradient - whole.gradient).norm() <= 1e-13 * whole.gradient.norm());
  CHECK((halves.hessian - whole.hessian).norm() <= 1e-13 * whole.hessian.norm());
}

TEST_CASE("a customer with very many purchases overflows nothing") {
  const std::vector<PurchaseSummary> busy = {{2'000'000, 30, 38.86, 1}, {4'000'000'000U, 1, 100, 1}};
  for (const PurchaseSummary& customer : busy) {
    const LikelihoodSums sums = kPublished.sums(std::span(&customer, 1));
    CHECK(std::isfinite(sums.log_likelihood));
    CHECK(sums.gradient.allFinite());
    CHECK(sums.hessian.allFinite());
    CHECK(kPublished.probability_alive(customer) == 0);
    CHECK(std::isfinite(kPublished.purchase_log_odds(customer, 39)));
  }
}

TEST_CASE("who never bought again is alive, who has been silent for long after much is not") {
  CHECK(kPublished.probability_alive({0, 0, 38.86, 0}) == 1);
  CHECK(kPublished.probability_alive({2, 30.43, 38.86, 0}) == doctest::Approx(0.7266).epsilon(1e-4));
  CHECK(kPublished.probability_alive({30, 5, 38.86, 0}) < 1e-10);
  CHECK(kPublished.probability_alive({30, 38.5, 38.86, 0}) > 0.95);
}

TEST_CASE("expected purchases agree with the paper's formula in forty digits, near and at its singularities too") {
  struct Known {
    BgNbd model;
    PurchaseSummary customer;
    double horizon;
    double expected;
  };
  const Known known[] = {
      {{.243, 4.414, .793, 2.426}, {2, 30.43, 38.86, 0}, 39, 1.2260281747671444},  // 1.226 in the authors' spreadsheet
      {{.243, 4.414, .793, 2.426}, {0, 0, 38.86, 0}, 39, 0.19509805201126264},
      {{.243, 4.414, .793, 2.426}, {1000, 38.5, 38.86, 0}, 39, 157.36919384039401},
      {{.5, 2, .2, .3}, {0, 0, 10, 0}, 500, 7.7056563347117649},
      {{.5, 2, 1.5, .3}, {3, 9.5, 10, 0}, 5, 0.64639358365003888},
      {{2, 0.5, 1.000001, 2}, {5, 9, 10, 0}, 2000, 27.536044493701105},
      {{.5, 3, 1e6, 3e6}, {4, 19, 20, 0}, 10, 1.0558764823952088},
  };
  for (const Known& k : known) {
    CAPTURE(k.expected);
    CHECK(k.model.expected_purchases(k.customer, k.horizon) == doctest::Approx(k.expected).epsilon(1e-12));
  }
  const PurchaseSummary one{0, 0, 10, 0};
  const double at = BgNbd{0.5, 2, 0.4, 0.6}.expected_purchases(one, 20);  // a + b + x = 1
  const double beside = BgNbd{0.5, 2, 0.4, 0.600001}.expected_purchases(one, 20);
  CHECK(at == doctest::Approx(beside).epsilon(1e-6));
  CHECK(kPublished.expected_purchases(one, 0) == 0);
}

TEST_CASE("expected purchases agree with the hypergeometric function wherever that can be trusted") {
  for (const PurchaseSummary& customer : kCustomers) {
    for (const double horizon : {1.0, 13.0, 39.0}) {
      const BgNbd& m = kPublished;
      const double x = customer.frequency;
      const double z = horizon / (m.alpha + customer.age + horizon);
      const double silent = std::pow(1 - z, m.r + x);
      const double paper = (m.a + m.b + x - 1) / (m.a - 1) *
                           (1 - silent * gauss_hypergeometric(m.r + x, m.b + x, m.a + m.b + x - 1, z)) *
                           m.probability_alive(customer);
      CAPTURE(x);
      CAPTURE(horizon);
      CHECK(m.expected_purchases(customer, horizon) == doctest::Approx(paper).epsilon(1e-10));
    }
  }
}

TEST_CASE("the hypergeometric function of these tests agrees with known values") {
  // 2 ln 2, pi / 3, pi / 4 are exact; the rest is mpmath 1.3, 40 digits.
  CHECK(gauss_hypergeometric(1, 1, 2, 0.5) == doctest::Approx(2 * std::log(2)).epsilon(1e-14));
  CHECK(gauss_hypergeometric(0.5, 0.5, 1.5, 0.25) == doctest::Approx(std::acos(-1) / 3).epsilon(1e-14));
  CHECK(gauss_hypergeometric(0.5, 1, 1.5, -1) == doctest::Approx(std::acos(-1) / 4).epsilon(1e-14));
  CHECK(gauss_hypergeometric(2.243, 4.426, 4.219, 0.4) == doctest::Approx(3.345500110053090806).epsilon(1e-14));
  CHECK(gauss_hypergeometric(0.243, 2.426, 2.219, 0.9) == doctest::Approx(1.9476311698186014).epsilon(1e-14));
  CHECK(gauss_hypergeometric(3, -2, 1.5, 0.7) == doctest::Approx(-0.232).epsilon(1e-13));
  CHECK(gauss_hypergeometric(1002.3, 1004, 1003, 0.45) / 3.1187259607408879657e260 ==
        doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("the odds to buy at all fit the mean number of purchases in a short while, and silence in a long one") {
  for (const PurchaseSummary& customer : kCustomers) {
    const double short_odds = std::exp(kPublished.purchase_log_odds(customer, 1e-6));
    CHECK(short_odds == doctest::Approx(kPublished.expected_purchases(customer, 1e-6)).epsilon(1e-4));
  }
  // In the long run exactly those buy again who are alive, up to the slowest.
  const PurchaseSummary regular{29, 31, 31, 40};
  const double odds = std::exp(kPublished.purchase_log_odds(regular, 1e4));
  const double alive = kPublished.probability_alive(regular);
  CHECK(odds / (1 + odds) == doctest::Approx(alive).epsilon(1e-9));
}
