// From one partner's update to the integers that are masked, and from the unmasked sum back to the mean
// (docs/protocol.md §7). The decoding runs on every client and on the coordinator and must agree to the bit.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "common/base/random_source.h"
#include "common/evaluation/validation_metrics.h"
#include "common/masking/round_context.h"

namespace bauta {

/// Fills `words` (layout().word_count() of them) with the quantised, weighted update and the evaluation lanes.
/// `update` is already clipped and has context.parameters() coordinates. Errors: not_finite, out_of_range.
Result<QuantiseReport> encode_update(const RoundContext& context, PartnerIndex self, std::span<const float> update,
                                     const ValidationMetrics& metrics, RandomSource& rounding,
                                     std::span<std::uint64_t> words);

struct DecodedSum {
  std::vector<double> mean_update;  ///< weighted by the public classes of the survivors
  ValidationMetrics mean_metrics;   ///< of the incoming model, over the survivors that could measure them
};

/// Errors: out_of_range when a lane holds more than the survivors can have put there.
Result<DecodedSum> decode_sum(const RoundContext& context, const std::set<PartnerIndex>& survivors,
                              std::span<const std::uint64_t> words);

}  // namespace bauta
