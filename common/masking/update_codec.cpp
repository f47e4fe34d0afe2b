#include "common/masking/update_codec.h"

#include <algorithm>

namespace bauta {
namespace {

// The lanes of one metric: its value and whether there is one.
void put_metric(const std::optional<double>& metric, const LaneLayout& layout, std::size_t lane, std::uint32_t bits,
                std::span<std::uint64_t> words) {
  set_lane(words, layout, lane, quantise_unit(std::clamp(metric.value_or(0), 0.0, 1.0), bits));
  set_lane(words, layout, lane + 1, quantise_unit(metric ? 1 : 0, bits));
}

std::optional<double> mean_metric(const LaneLayout& layout, std::size_t lane, std::span<const std::uint64_t> words) {
  const auto sum = static_cast<double>(lane_at(words, layout, lane));
  const auto measured = static_cast<double>(lane_at(words, layout, lane + 1));
  if (measured <= 0) return std::nullopt;
  return sum / measured;
}

}  // namespace

Result<QuantiseReport> encode_update(const RoundContext& context, PartnerIndex self, std::span<const float> update,
                                     const ValidationMetrics& metrics, RandomSource& rounding,
                                     std::span<std::uint64_t> words) {
  const LaneLayout layout = context.layout();
  if (update.size() != context.parameters() || words.size() != layout.word_count()) {
    return Error{ErrorCode::out_of_range, "the update has " + std::to_string(update.size()) +
                                              " coordinates, the round " + std::to_string(context.parameters())};
  }
  const double weight = context.roster->entries[self].weight;
  BAUTA_TRY(const auto report, quantise(update, weight, context.quantiser(), layout, rounding, words));
  const std::size_t first = context.parameters();
  put_metric(metrics.auc, layout, first, context.descriptor.bits, words);
  put_metric(metrics.log_loss, layout, first + 2, context.descriptor.bits, words);
  return report;
}

Result<DecodedSum> decode_sum(const RoundContext& context, const std::set<PartnerIndex>& survivors,
                              std::span<const std::uint64_t> words) {
  const LaneLayout layout = context.layout();
  BAUTA_RETURN_IF_ERROR(
      check_sum_range(words, layout, static_cast<std::uint32_t>(survivors.size()), context.descriptor.bits));
  double total_weight = 0;
  for (const auto partner : survivors) total_weight += context.roster->entries[partner].weight;
  DecodedSum decoded;
  decoded.mean_update.resize(context.parameters());
  const Quantiser quantiser = context.quantiser();
  for (std::size_t i = 0; i < decoded.mean_update.size(); ++i) {
    decoded.mean_update[i] = dequantise(lane_at(words, layout, i), quantiser) / total_weight;
  }
  decoded.mean_metrics.auc = mean_metric(layout, context.parameters(), words);
  decoded.mean_metrics.log_loss = mean_metric(layout, context.parameters() + 2, words);
  return decoded;
}

}  // namespace bauta
