// When customers buy again: the BG/NBD model (Fader, Hardie, Lee, "Counting your customers the easy way", Marketing
// Science 24(2), 2005). A customer buys at a rate lambda ~ Gamma(r, alpha) and after each repeat purchase leaves for
// good with probability p ~ Beta(a, b).
#pragma once

#include <span>

#include "common/model/repeat_purchase/likelihood_sums.h"
#include "common/model/repeat_purchase/purchase_summary.h"

namespace bauta {

/// Parameters, all above zero. Thread-safe: nothing changes.
struct BgNbd {
  static constexpr Eigen::Index kParameters = 4;

  double r = 1;
  double alpha = 1;  ///< in the unit of time of the summaries
  double a = 1;
  double b = 1;

  static BgNbd from_logarithms(const ParameterVector& logarithms);  ///< order r, alpha, a, b
  ParameterVector logarithms() const;

  /// Log-likelihood (paper, section 4.2 in the form that does not overflow), gradient and Hessian by the logarithms of
  /// the parameters. Any number of purchases.
  LikelihoodSums sums(std::span<const PurchaseSummary> customers) const;

  /// That the customer has not left at the end of the observation; 1 for who never bought again.
  double probability_alive(const PurchaseSummary& customer) const;

  /// ln(P / (1 − P)), P that the customer buys at least once in the `horizon` after the observation, horizon > 0. From
  /// the model: whoever is alive buys at a rate ~ Gamma(r + x, alpha + T). Always finite.
  double purchase_log_odds(const PurchaseSummary& customer, double horizon) const;

  /// Mean number of purchases in the `horizon` after the observation: the paper's equation 10, without its
  /// singularities at a = 1 and a + b + x = 1 and without cancellation. With N negative binomial, the purchases of who
  /// would never leave, the hypergeometric function is a sum of positive terms,
  ///     P(alive) * sum over n >= 1 of P(N = n) * c_n,   c_n = sum over k < n of (b+x)_k / (a+b+x)_k,
  /// where c_n is how many of n purchases are made before leaving. Takes about (r + x + 40)(1 + horizon/(alpha + T))
  /// steps; made for horizons up to some thousand times alpha + T.
  double expected_purchases(const PurchaseSummary& customer, double horizon) const;

 private:
  double log_odds_of_having_left(const PurchaseSummary& customer) const;  ///< −infinity when x = 0
};

}  // namespace bauta
