// How much customers spend a purchase: the Gamma-Gamma model (Fader, Hardie, "The Gamma-Gamma model of monetary value",
// 2013). An amount is Gamma(p, nu), the customer's nu ~ Gamma(q, gamma), and neither depends on how often they buy.
#pragma once

#include <optional>
#include <span>

#include "common/model/repeat_purchase/likelihood_sums.h"
#include "common/model/repeat_purchase/purchase_summary.h"

namespace bauta {

/// Parameters, all above zero. Thread-safe: nothing changes.
struct GammaGamma {
  static constexpr Eigen::Index kParameters = 3;

  double p = 1;
  double q = 2;
  double gamma = 1;  ///< in the service's currency

  static GammaGamma from_logarithms(const ParameterVector& logarithms);  ///< order p, q, gamma
  ParameterVector logarithms() const;

  /// Log-likelihood (paper, equation 1a) with its derivatives by the logarithms of the parameters. Customers without
  /// a repeat purchase or without a positive mean spend tell nothing and are not counted.
  LikelihoodSums sums(std::span<const PurchaseSummary> customers) const;

  /// Mean amount of a future purchase given the customer's past (paper, equation 5); the mean of all customers for one
  /// of whom nothing is known. Empty where the mean is infinite (p·x + q <= 1).
  std::optional<double> expected_spend(const PurchaseSummary& customer) const;
};

}  // namespace bauta
