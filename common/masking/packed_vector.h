// Many small signed integers in 64-bit words, added without unpacking (docs/protocol.md §7).
//
// A lane is 8, 12, 16 or 32 bits wide and holds a two's complement number modulo 2^lane_bits. A word holds
// floor(64 / lane_bits) lanes, lane 0 in its lowest bits; no lane straddles two words, so that with 12-bit lanes the
// top 4 bits of every word are unused and always zero. On the wire a word is 8 little-endian bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace bauta {

static_assert(std::endian::native == std::endian::little, "packed words are sent and read in place");

constexpr bool is_lane_width(std::uint32_t bits) { return bits == 8 || bits == 12 || bits == 16 || bits == 32; }

/// Coordinates of one vector at most: keeps every byte count far below 2^64 and every keystream below 2^32 blocks.
inline constexpr std::size_t kMaxDimension = std::size_t{1} << 32;

/// Bits of a word that belong to a lane.
constexpr std::uint64_t used_bits(std::uint32_t lane_bits) { return lane_bits == 12 ? (~0ULL >> 4) : ~0ULL; }

/// The top bit of every lane: H of docs/protocol.md §7.
constexpr std::uint64_t top_bits(std::uint32_t lane_bits) {
  std::uint64_t mask = 0;
  for (std::uint32_t lane = 0; lane < 64 / lane_bits; ++lane) mask |= 1ULL << ((lane + 1) * lane_bits - 1);
  return mask;
}

struct LaneLayout {
  std::uint32_t lane_bits = 32;
  std::size_t dimension = 0;  ///< lanes in use; what is left of the last word is zero in every unmasked vector

  /// `invalid_argument` for another lane width or a dimension of zero or above kMaxDimension.
  static Result<LaneLayout> create(std::uint32_t lane_bits, std::size_t dimension);

  constexpr std::size_t lanes_per_word() const { return 64 / lane_bits; }
  constexpr std::size_t word_count() const {
    return dimension / lanes_per_word() + (dimension % lanes_per_word() != 0 ? 1 : 0);
  }
  constexpr std::size_t byte_count() const { return word_count() * 8; }

  bool operator==(const LaneLayout&) const = default;
};

/// One word of lane-wise a + b; both with unused bits zero.
constexpr std::uint64_t add_word(std::uint64_t a, std::uint64_t b, std::uint64_t top) {
  return ((a & ~top) + (b & ~top)) ^ ((a ^ b) & top);
}

/// One word of lane-wise a - b; both with unused bits zero.
constexpr std::uint64_t subtract_word(std::uint64_t a, std::uint64_t b, std::uint64_t top) {
  return ((a | top) - (b & ~top)) ^ ((a ^ ~b) & top);
}

/// sum += addend lane by lane, modulo 2^lane_bits. Equal lengths; unused bits zero in both, and so in the result.
void add_packed(std::span<std::uint64_t> sum, std::span<const std::uint64_t> addend, std::uint32_t lane_bits);
/// sum -= subtrahend, likewise.
void subtract_packed(std::span<std::uint64_t> sum, std::span<const std::uint64_t> subtrahend, std::uint32_t lane_bits);

/// Lane i, sign-extended. i < layout.dimension and words.size() == layout.word_count().
std::int64_t lane_at(std::span<const std::uint64_t> words, const LaneLayout& layout, std::size_t i);
/// Lanes first … first + out.size() - 1, likewise; all of them below layout.dimension.
void read_lanes(std::span<const std::uint64_t> words, const LaneLayout& layout, std::size_t first,
                std::span<std::int64_t> out);
/// Overwrites lane i with value modulo 2^lane_bits; its neighbours stay as they are.
void set_lane(std::span<std::uint64_t> words, const LaneLayout& layout, std::size_t i, std::int64_t value);

/// Whether a word has a bit set that belongs to no lane.
bool has_unused_bits(std::span<const std::uint64_t> words, std::uint32_t lane_bits);
/// For vectors of a peer: `malformed`, naming the word, when the length is wrong or an unused bit is set. The lanes of
/// the last word beyond the dimension are masked like all others and therefore not looked at.
Status validate_padding(std::span<const std::uint64_t> words, const LaneLayout& layout);

/// The bytes of the wire, in place.
inline ByteView wire_bytes(std::span<const std::uint64_t> words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size_bytes()};
}
inline MutableByteView wire_bytes_mutable(std::span<std::uint64_t> words) {
  return {reinterpret_cast<std::uint8_t*>(words.data()), words.size_bytes()};
}

}  // namespace bauta
