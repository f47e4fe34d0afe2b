#include "common/model/repeat_purchase/newton_fit.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace bauta;

namespace {

/// −Σ weight·(cosh(θ − peak) − 1): one maximum, far from quadratic; θ − peak in the hundreds still finite.
SumsAt hill(const ParameterVector& peak, const ParameterVector& weight) {
  return [=](const ParameterVector& at) -> Result<LikelihoodSums> {
    LikelihoodSums sums(at.size());
    for (Eigen::Index i = 0; i < at.size(); ++i) {
      const double d = at(i) - peak(i);
      sums.log_likelihood -= weight(i) * (std::cosh(d) - 1);
      sums.gradient(i) = -weight(i) * std::sinh(d);
      sums.hessian(i, i) = -weight(i) * std::cosh(d);
    }
    return sums;
  };
}

ParameterVector one(double value) { return ParameterVector::Constant(1, value); }

}  // namespace

TEST_CASE("the fit finds a maximum far away and between very unequal curvatures") {
  const ParameterVector peak{{3.0, -9.0, 0.5}};
  const auto fit = fit_from_sums(hill(peak, ParameterVector{{1e4, 1, 1e-3}}), ParameterVector::Zero(3));
  REQUIRE(fit.ok());
  CHECK(fit->converged);
  CHECK((fit->logarithms - peak).cwiseAbs().maxCoeff() <= 1e-9);
}

TEST_CASE("the fit leaves a saddle and climbs out of where the Hessian is not negative") {
  // −(u² − 1)² − v²: maxima at u = ±1, positive curvature in u around 0.
  const SumsAt two_hills = [](const ParameterVector& at) -> Result<LikelihoodSums> {
    LikelihoodSums sums(2);
    const double u = at(0), v = at(1);
    sums.log_likelihood = -(u * u - 1) * (u * u - 1) - v * v;
    sums.gradient << -4 * u * (u * u - 1), -2 * v;
    sums.hessian << -12 * u * u + 4, 0, 0, -2;
    return sums;
  };
  const auto fit = fit_from_sums(two_hills, ParameterVector{{0.01, 2.0}});
  REQUIRE(fit.ok());
  CHECK(fit->converged);
  CHECK(fit->logarithms(0) == doctest::Approx(1).epsilon(1e-9));
  CHECK(std::fabs(fit->logarithms(1)) <= 1e-9);
}

TEST_CASE("a likelihood that rises for ever ends unconverged at the bound, and with a weak prior at its maximum") {
  const SumsAt slope = [](const ParameterVector& at) -> Result<LikelihoodSums> {
    LikelihoodSums sums(1);
    sums.log_likelihood = -std::exp(-at(0));
    sums.gradient << std::exp(-at(0));
    sums.hessian << -std::exp(-at(0));
    return sums;
  };
  const auto fit = fit_from_sums(slope, ParameterVector::Zero(1));
  REQUIRE(fit.ok());
  CHECK_FALSE(fit->converged);
  CHECK(fit->logarithms(0) > 15);
  FitSettings settings;
  settings.prior_precision = 1e-3;
  const auto held = fit_from_sums(slope, ParameterVector::Zero(1), settings);
  REQUIRE(held.ok());
  CHECK(held->converged);
  CHECK(std::exp(-held->logarithms(0)) == doctest::Approx(1e-3 * held->logarithms(0)).epsilon(1e-6));
}

TEST_CASE("sums of nobody end the fit at once, unconverged") {
  const auto fit = fit_from_sums([](const auto& at) -> Result<LikelihoodSums> { return LikelihoodSums(at.size()); },
                                 ParameterVector::Zero(4));
  REQUIRE(fit.ok());
  CHECK_FALSE(fit->converged);
  CHECK(fit->rounds == 1);
}

TEST_CASE("the fit turns away from points whose sums are not finite and ends with the error of a round") {
  // −sqrt(1 + θ²): Newton's step overshoots the maximum at 0 and falls into the hole beside it.
  const SumsAt with_hole = [](const ParameterVector& at) -> Result<LikelihoodSums> {
    LikelihoodSums sums(1);
    const double root = std::sqrt(1 + at(0) * at(0));
    sums.log_likelihood = -root;
    sums.gradient << -at(0) / root;
    sums.hessian << -1 / (root * root * root);
    if (at(0) < -2 || at(0) > 0.05) sums.gradient(0) = std::numeric_limits<double>::quiet_NaN();
    return sums;
  };
  const auto fit = fit_from_sums(with_hole, one(-0.9));
  REQUIRE(fit.ok());
  CHECK(fit->converged);
  CHECK(std::fabs(fit->logarithms(0)) <= 1e-9);
  CHECK(fit_from_sums(with_hole, one(-2.1)).error().code == ErrorCode::not_finite);
  const SumsAt lost = [](const ParameterVector&) -> Result<LikelihoodSums> {
    return Error{ErrorCode::threshold_lost, "too few partners"};
  };
  CHECK(fit_from_sums(lost, ParameterVector::Zero(1)).error().code == ErrorCode::threshold_lost);
}
