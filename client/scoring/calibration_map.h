// From ranking scores to probabilities, never changing the ranking's direction.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "common/evaluation/metrics.h"

namespace bauta::client {

/// Isotonic regression by pooling adjacent violators (Ayer et al. 1955; for probabilities: Zadrozny and Elkan, KDD
/// 2002), in blocks of at least a hundred samples where there are so many. Never 0 or 1 but where all labels are:
/// every block has two samples of the mean person besides.
class CalibrationMap {
 public:
  /// From scored and labelled samples of the past. Empty for none or a NaN.
  static std::optional<CalibrationMap> fit(std::span<const Scored> samples);

  /// The share of positives, so smoothed, in the block that the score falls into; a score between two blocks belongs to
  /// the lower.
  double operator()(double score) const;

 private:
  std::vector<double> from_;  ///< the lowest score of each block, rising
  std::vector<double> probability_;
};

}  // namespace bauta::client
