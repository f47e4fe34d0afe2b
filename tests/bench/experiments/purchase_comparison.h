// The metrics of the repeat-purchase experiment: one model against the outcomes, and two models against each other.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "common/evaluation/bootstrap.h"
#include "common/evaluation/metrics.h"
#include "common/evaluation/value_metrics.h"
#include "tests/bench/experiments/purchase_scorers.h"

namespace bauta::experiment {

/// A shop's customers as one model sees them. A sample's label is churn: no purchase within the horizon.
struct ScoredShop {
  std::vector<Scored> churn;
  std::vector<Valued> value;
};

ScoredShop score(const Predictor& predictor, const Shop& shop);
/// The shops of `parts` as one.
ScoredShop join(std::span<const ScoredShop> parts);

struct Measured {
  std::optional<double> auc, log_loss, calibration_error, gini;
  std::optional<Interval> auc_interval, gini_interval;
  std::optional<ValueCalibration> calibration;
};
Measured measure(const ScoredShop& scored, const BootstrapSettings& bootstrap);

/// Intervals of Measured::calibration_error and of the calibration's total_error, percentile bootstrap over customers.
/// A calibration error never comes out below zero and grows with noise, so that its interval lies somewhat high.
struct SizeIntervals {
  std::optional<Interval> calibration_error, total_error;
};
SizeIntervals size_intervals(const ScoredShop& scored, const BootstrapSettings& bootstrap);

/// Of `shared` minus `alone`, both over the same customers in the same order; each customer is drawn as a whole.
struct Differences {
  std::optional<Interval> auc, log_loss, gini;
};
Differences compare(const ScoredShop& shared, const ScoredShop& alone, const BootstrapSettings& bootstrap);

/// The AUC when the labels are dealt out anew at random: an interval that misses one half hints at a fault of the
/// measuring; of twenty such intervals one does by chance.
struct Canary {
  std::optional<double> auc;
  std::optional<Interval> interval;
  bool holds_half() const { return interval && interval->low <= 0.5 && 0.5 <= interval->high; }
};
Canary permuted_labels(const ScoredShop& scored, const BootstrapSettings& bootstrap);

}  // namespace bauta::experiment
