// A control for the behaviour model's heads: a line through four numbers, learned from the same cuts.
#pragma once

#include "tests/bench/experiments/purchase_scorers.h"

namespace bauta::experiment {

/// Ridge logistic regression on repeat purchases, time since the last, time since the first and mean amount, of all
/// partners' customers in one place. The value is the probability times the customer's mean amount, times one factor
/// that makes the sum of what was learned from right.
Scorer label_line();

}  // namespace bauta::experiment
