// How good scores are, exactly, on one service's own samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bauta {

/// One scored sample. A higher logit means a likelier label.
struct Scored {
  double logit = 0;
  bool label = false;
};

/// Probability that a positive scores above a negative, ties counting one half (mid-ranks).
/// Empty when a class is missing or a logit is NaN.
std::optional<double> auc(std::span<const Scored> samples);

/// The share of positives among the `share` (0 to 1) of the samples with the highest scores. Whoever lies on the border
/// counts in part: one sample where the share is no whole number, and all samples of one score alike.
/// Empty for no samples, a NaN, or a share outside (0, 1].
std::optional<double> precision_at(std::span<const Scored> samples, double share);

/// precision_at() as a multiple of the share of positives among all: 1 for a blind choice.
/// Empty where that is, and without a positive.
std::optional<double> lift(std::span<const Scored> samples, double share);

/// Mean −log p(label) with p = 1/(1+e^−logit), computed without overflow. Empty for no samples or a NaN.
std::optional<double> log_loss(std::span<const Scored> samples);

/// Expected calibration error: over `bins` equal steps of the predicted probability, the sample-weighted mean of
/// |mean prediction − share of positives|. Empty for no samples, a NaN, or no bins.
std::optional<double> calibration_error(std::span<const Scored> samples, std::size_t bins = 20);

}  // namespace bauta
