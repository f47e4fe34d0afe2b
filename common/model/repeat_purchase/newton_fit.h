// The maximum of a log-likelihood of which only sums over all partners are seen: Newton's method in a trust region
// (Nocedal, Wright, "Numerical optimization", 2006, algorithm 4.1 with the exact step of section 4.3).
#pragma once

#include <cstdint>
#include <functional>

#include "common/base/result.h"
#include "common/model/repeat_purchase/likelihood_sums.h"

namespace bauta {

/// The sums over every customer of every partner at these logarithms of the parameters: one round. Its errors end the
/// fit.
using SumsAt = std::function<Result<LikelihoodSums>(const ParameterVector& logarithms)>;

struct FitSettings {
  /// The fit has converged where the full Newton step changes no logarithm by more than this.
  double tolerance = 1e-9;
  std::uint32_t max_rounds = 100;
  /// Precision of a normal prior on every logarithm around the start, 0 for none. A small one, such as 1e-3, gives a
  /// maximum to likelihoods that rise towards a parameter of zero or infinity, and changes estimates from some thousand
  /// customers in the fifth digit. It is public and added once, to the sums of all.
  double prior_precision = 0;
  /// Where a logarithm goes beyond ±bound the likelihood has no maximum worth the name: the fit ends unconverged.
  double bound = 15;
};

struct Fit {
  ParameterVector logarithms;
  LikelihoodSums sums;  ///< at `logarithms`, the prior included
  std::uint32_t rounds = 0;
  /// At a maximum, up to the tolerance. Otherwise `logarithms` is the best point met.
  bool converged = false;
};

/// `not_finite` when the first sums are not finite; later points with such sums are only turned away from.
Result<Fit> fit_from_sums(const SumsAt& sums_at, const ParameterVector& start, const FitSettings& settings = {});

}  // namespace bauta
