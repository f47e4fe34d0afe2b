// The behaviour model's churn and value heads as a scorer of the repeat-purchase experiment.
#pragma once

#include "common/federation/plan.h"
#include "tests/bench/experiments/purchase_scorers.h"

namespace bauta::experiment {

/// Days and sums of purchases are all that the model reads: what BG/NBD sees, no goods and no time of day. It learns
/// from cuts inside the histories whether somebody buys within 92 days, and how much; a fifth of the customers trains
/// nothing, but chooses the round that is kept and calibrates, shop by shop, with the product's own code. The answer is
/// always that of 92 days: for a longer horizon only its order counts.
///
/// One partner trains alone; several in rounds without masks, as many steps each, with private parts beside the shared
/// model. The predictor knows only the customers that it learned from: a model reads a customer with the amounts and
/// private parts of the customer's own shop. `plan`'s seed is replaced by the training's.
Scorer behaviour_heads(const Plan& plan);

/// For choosing a plan without a look at what is held out: log loss of the churn head, before it is calibrated, on the
/// fifth of the customers that trains nothing, at the round where it is least.
struct HeadsValidation {
  double log_loss = 0;
  std::uint32_t round = 0;
  std::size_t samples = 0;
};
HeadsValidation validate_heads(std::span<const Histories> partners, const Plan& plan, std::uint64_t seed);

}  // namespace bauta::experiment
