#include "common/masking/update_codec.h"

#include <algorithm>

#include "common/masking/rotation.h"

namespace bauta {
namespace {

// The lanes of one metric: its value and whether there is one.
Status put_metric(const std::optional<double>& metric, std::uint32_t bits, LaneWriter& writer) {
  BAUTA_RETURN_IF_ERROR(writer.put(quantise_unit(std::clamp(metric.value_or(0), 0.0, 1.0), bits)));
  return writer.put(quantise_unit(metric ? 1 : 0, bits));
}

// Without a rotation the blocks are only as long as is convenient.
constexpr std::size_t kPiece = 4096;

std::size_t block_length(bool rotation, std::size_t left) {
  return rotation ? rotation_block(left) : std::min(kPiece, left);
}

std::optional<double> mean_metric(const LaneLayout& layout, std::size_t lane, std::span<const std::uint64_t> words) {
  const auto sum = static_cast<double>(lane_at(words, layout, lane));
  const auto measured = static_cast<double>(lane_at(words, layout, lane + 1));
  if (measured <= 0) return std::nullopt;
  return sum / measured;
}

}  // namespace

Result<QuantiseReport> encode_update(const RoundContext& context, PartnerIndex self, std::span<const float> update,
                                     const ValidationMetrics& metrics, RandomSource& rounding, const WordSink& sink) {
  const LaneLayout layout = context.layout();
  if (update.size() != context.parameters()) {
    return Error{ErrorCode::out_of_range, "the update has " + std::to_string(update.size()) +
                                              " coordinates, the round " + std::to_string(context.parameters())};
  }
  const double weight = context.roster->entries[self].weight;
  BAUTA_RETURN_IF_ERROR(check_quantising(context.quantiser(), layout, weight));
  BAUTA_RETURN_IF_ERROR(check_finite(update));
  const bool rotated = context.descriptor.rotation;
  Rotation rotation(context.rctx);
  LaneWriter writer(context.quantiser(), layout, rounding, sink);
  std::vector<double> block(block_length(rotated, update.size()));
  for (std::size_t first = 0; first < update.size(); first += block.size()) {
    block.resize(block_length(rotated, update.size() - first));
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<double>(update[first + i]) * weight;
    if (rotated) rotation.rotate(block);
    BAUTA_RETURN_IF_ERROR(writer.quantise(block));
  }
  BAUTA_RETURN_IF_ERROR(put_metric(metrics.auc, context.descriptor.bits, writer));
  BAUTA_RETURN_IF_ERROR(put_metric(metrics.log_loss, context.descriptor.bits, writer));
  BAUTA_RETURN_IF_ERROR(writer.finish());
  return writer.report();
}

Result<QuantiseReport> encode_update(const RoundContext& context, PartnerIndex self, std::span<const float> update,
                                     const ValidationMetrics& metrics, RandomSource& rounding,
                                     std::span<std::uint64_t> words) {
  BAUTA_CHECK(words.size() == context.layout().word_count());
  return encode_update(context, self, update, metrics, rounding, [&](std::span<const std::uint64_t> chunk) -> Status {
    std::copy(chunk.begin(), chunk.end(), words.begin());
    words = words.subspan(chunk.size());
    return {};
  });
}

Result<ValidationMetrics> decode_sum(const RoundContext& context, const std::set<PartnerIndex>& survivors,
                                     std::span<const std::uint64_t> words, const MeanSink& sink) {
  const LaneLayout layout = context.layout();
  BAUTA_RETURN_IF_ERROR(
      check_sum_range(words, layout, static_cast<std::uint32_t>(survivors.size()), context.descriptor.bits));
  double total_weight = 0;
  for (const auto partner : survivors) total_weight += context.roster->entries[partner].weight;
  const Quantiser quantiser = context.quantiser();
  const bool rotated = context.descriptor.rotation;
  const std::size_t parameters = context.parameters();
  Rotation rotation(context.rctx);
  std::vector<std::int64_t> lanes(block_length(rotated, parameters));
  std::vector<double> block(lanes.size());
  for (std::size_t first = 0; first < parameters; first += block.size()) {
    lanes.resize(block_length(rotated, parameters - first));
    block.resize(lanes.size());
    read_lanes(words, layout, first, lanes);
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = dequantise(lanes[i], quantiser) / total_weight;
    if (rotated) rotation.undo(block);
    BAUTA_RETURN_IF_ERROR(sink(first, block));
  }
  return ValidationMetrics{mean_metric(layout, parameters, words), mean_metric(layout, parameters + 2, words)};
}

Result<DecodedSum> decode_sum(const RoundContext& context, const std::set<PartnerIndex>& survivors,
                              std::span<const std::uint64_t> words) {
  DecodedSum decoded;
  decoded.mean_update.resize(context.parameters());
  BAUTA_TRY(decoded.mean_metrics,
            decode_sum(context, survivors, words, [&](std::size_t first, std::span<const double> mean) -> Status {
              std::copy(mean.begin(), mean.end(), decoded.mean_update.begin() + static_cast<std::ptrdiff_t>(first));
              return {};
            }));
  return decoded;
}

}  // namespace bauta
