// From one partner's update to the integers that are masked, and from the unmasked sum back to the mean
// (docs/protocol.md §7). The decoding runs on every client and on the coordinator and must agree to the bit.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "common/base/random_source.h"
#include "common/evaluation/validation_metrics.h"
#include "common/masking/round_context.h"

namespace bauta {

/// Calls `sink` with the packed words of the quantised, weighted update and the evaluation lanes, in order and in
/// chunks; layout().word_count() of them in all. `update` is already clipped and has context.parameters() coordinates.
/// Errors: not_finite, out_of_range, and those of `sink`.
Result<QuantiseReport> encode_update(const RoundContext& context, PartnerIndex self, std::span<const float> update,
                                     const ValidationMetrics& metrics, RandomSource& rounding, const WordSink& sink);
/// The same into a vector of layout().word_count() words.
Result<QuantiseReport> encode_update(const RoundContext& context, PartnerIndex self, std::span<const float> update,
                                     const ValidationMetrics& metrics, RandomSource& rounding,
                                     std::span<std::uint64_t> words);

/// Takes the mean update in pieces that follow each other; `first` is the index of the first coordinate.
using MeanSink = std::function<Status(std::size_t first, std::span<const double> mean)>;

/// Checks all of an unmasked sum, then calls `sink` with its mean update, weighted by the public classes of the
/// survivors. Returns the metrics of the incoming model over the survivors that could measure them. Errors:
/// out_of_range when a lane holds more than the survivors can have put there, and those of `sink`.
Result<ValidationMetrics> decode_sum(const RoundContext& context, const std::set<PartnerIndex>& survivors,
                                     std::span<const std::uint64_t> words, const MeanSink& sink);

struct DecodedSum {
  std::vector<double> mean_update;
  ValidationMetrics mean_metrics;
};

/// The same with the whole update in one vector.
Result<DecodedSum> decode_sum(const RoundContext& context, const std::set<PartnerIndex>& survivors,
                              std::span<const std::uint64_t> words);

}  // namespace bauta
