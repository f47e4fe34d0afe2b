// Probabilities out of logits: a line through the logit, fitted on samples that did not train the model (Platt 1999,
// with his softened targets).
#pragma once

#include <cstdint>
#include <span>

#include "common/evaluation/metrics.h"

namespace bauta::client {

struct Calibration {
  double slope = 1;  ///< never negative: the order of the scores stays
  double offset = 0;

  double logit(double raw) const { return slope * raw + offset; }
  double probability(double raw) const;

  /// The identity where a class is missing.
  static Calibration fit(std::span<const Scored> samples);

  /// fit(), if it has proved itself: fitted on four fifths of the persons, it must lower the log loss of the others by
  /// more than a standard error. Else the identity: few samples move a line that was good. `persons` is parallel.
  static Calibration proven(std::span<const Scored> samples, std::span<const std::uint32_t> persons);
};

}  // namespace bauta::client
