// Compares a model's gradient and Hessian with central differences, in double.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "common/model/repeat_purchase/likelihood_sums.h"
#include "common/model/repeat_purchase/purchase_summary.h"

namespace bauta {

inline double relative(double found, double expected, double scale) {
  return std::fabs(found - expected) / std::max({std::fabs(found), std::fabs(expected), scale / 1000, 1e-9});
}

template <class Model>
void check_derivatives(const ParameterVector& point, std::span<const PurchaseSummary> customers) {
  constexpr double kStep = 1e-3;
  const auto at = [&](const ParameterVector& logarithms) { return Model::from_logarithms(logarithms).sums(customers); };
  const LikelihoodSums sums = at(point);
  const double gradient_scale = sums.gradient.cwiseAbs().maxCoeff();
  const double hessian_scale = sums.hessian.cwiseAbs().maxCoeff();
  REQUIRE(gradient_scale > 0);
  for (Eigen::Index i = 0; i < point.size(); ++i) {
    // Fourth order in the step, so that neither rounding nor the step spoils the sixth digit.
    const auto moved = [&](double steps) {
      ParameterVector other = point;
      other(i) += steps * kStep;
      return at(other);
    };
    const LikelihoodSums far_up = moved(2), up = moved(1), down = moved(-1), far_down = moved(-2);
    const auto difference = [&](double a, double b, double c, double d) {
      return (8 * (b - c) - (a - d)) / (12 * kStep);
    };
    const double slope =
        difference(far_up.log_likelihood, up.log_likelihood, down.log_likelihood, far_down.log_likelihood);
    CAPTURE(i);
    CHECK(relative(sums.gradient(i), slope, gradient_scale) <= 1e-6);
    for (Eigen::Index j = 0; j < point.size(); ++j) {
      CAPTURE(j);
      const double curvature = difference(far_up.gradient(j), up.gradient(j), down.gradient(j), far_down.gradient(j));
      CHECK(relative(sums.hessian(i, j), curvature, hessian_scale) <= 1e-6);
    }
  }
}

}  // namespace bauta
