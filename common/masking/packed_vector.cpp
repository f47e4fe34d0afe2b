#include "common/masking/packed_vector.h"

#include <string>

namespace bauta {

Result<LaneLayout> LaneLayout::create(std::uint32_t lane_bits, std::size_t dimension) {
  if (!is_lane_width(lane_bits)) {
    return Error{ErrorCode::invalid_argument,
                 "lane width " + std::to_string(lane_bits) + ": it must be 8, 12, 16 or 32 bits"};
  }
  if (dimension == 0 || dimension > kMaxDimension) {
    return Error{ErrorCode::invalid_argument,
                 "dimension " + std::to_string(dimension) + ": it must be from 1 to " + std::to_string(kMaxDimension)};
  }
  return LaneLayout{lane_bits, dimension};
}

void add_packed(std::span<std::uint64_t> sum, std::span<const std::uint64_t> addend, std::uint32_t lane_bits) {
  BAUTA_CHECK(sum.size() == addend.size() && is_lane_width(lane_bits));
  const std::uint64_t top = top_bits(lane_bits);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = add_word(sum[i], addend[i], top);
}

void subtract_packed(std::span<std::uint64_t> sum, std::span<const std::uint64_t> subtrahend, std::uint32_t lane_bits) {
  BAUTA_CHECK(sum.size() == subtrahend.size() && is_lane_width(lane_bits));
  const std::uint64_t top = top_bits(lane_bits);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = subtract_word(sum[i], subtrahend[i], top);
}

std::int64_t lane_at(std::span<const std::uint64_t> words, const LaneLayout& layout, std::size_t i) {
  BAUTA_CHECK(i < layout.dimension && words.size() == layout.word_count());
  const std::size_t shift = (i % layout.lanes_per_word()) * layout.lane_bits;
  const std::uint64_t aligned = words[i / layout.lanes_per_word()] << (64 - layout.lane_bits - shift);
  return static_cast<std::int64_t>(aligned) >> (64 - layout.lane_bits);
}

void read_lanes(std::span<const std::uint64_t> words, const LaneLayout& layout, std::size_t first,
                std::span<std::int64_t> out) {
  BAUTA_CHECK(first <= layout.dimension && out.size() <= layout.dimension - first &&
              words.size() == layout.word_count());
  const std::uint32_t unused = 64 - layout.lane_bits;
  std::size_t word = first / layout.lanes_per_word();
  std::size_t lane = first % layout.lanes_per_word();
  for (std::int64_t& value : out) {
    value = static_cast<std::int64_t>(words[word] << (unused - lane * layout.lane_bits)) >> unused;
    if (++lane == layout.lanes_per_word()) {
      lane = 0;
      ++word;
    }
  }
}

void set_lane(std::span<std::uint64_t> words, const LaneLayout& layout, std::size_t i, std::int64_t value) {
  BAUTA_CHECK(i < layout.dimension && words.size() == layout.word_count());
  const std::size_t shift = (i % layout.lanes_per_word()) * layout.lane_bits;
  const std::uint64_t lane = (1ULL << layout.lane_bits) - 1;
  std::uint64_t& word = words[i / layout.lanes_per_word()];
  word = (word & ~(lane << shift)) | ((static_cast<std::uint64_t>(value) & lane) << shift);
}

bool has_unused_bits(std::span<const std::uint64_t> words, std::uint32_t lane_bits) {
  const std::uint64_t unused = ~used_bits(lane_bits);
  std::uint64_t found = 0;
  for (const std::uint64_t word : words) found |= word & unused;
  return found != 0;
}

Status validate_padding(std::span<const std::uint64_t> words, const LaneLayout& layout) {
  if (words.size() != layout.word_count()) {
    return Error{ErrorCode::malformed, "a packed vector of " + std::to_string(words.size()) + " words instead of " +
                                           std::to_string(layout.word_count())};
  }
  const std::uint64_t unused = ~used_bits(layout.lane_bits);
  if (unused == 0) return {};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((words[i] & unused) != 0) {
      return Error{ErrorCode::malformed, "unused bits are set in word " + std::to_string(i) + " of a packed vector"};
    }
  }
  return {};
}

}  // namespace bauta
