#include "coordinator/round/accumulator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace bauta::coordinator {
namespace {

constexpr std::size_t kBlockWords = 1024;

// Calls visit(offset in words, words) for the piece copied to where words may lie.
template <class Visit>
void for_each_block(ByteView piece, Visit visit) {
  std::array<std::uint64_t, kBlockWords> block;
  const std::size_t count = piece.size() / 8;
  for (std::size_t begin = 0; begin < count; begin += kBlockWords) {
    const std::size_t length = std::min(kBlockWords, count - begin);
    std::memcpy(block.data(), piece.data() + begin * 8, length * 8);
    visit(begin, std::span<const std::uint64_t>(block.data(), length));
  }
}

}  // namespace

Status Accumulator::add(std::size_t first_word, ByteView piece) {
  if (piece.size() % 8 != 0) {
    return Error{ErrorCode::malformed,
                 "a piece of " + std::to_string(piece.size()) + " bytes is no whole number of words"};
  }
  if (first_word > sum_.size() || piece.size() / 8 > sum_.size() - first_word) {
    return Error{ErrorCode::out_of_range,
                 "the piece goes beyond the vector's " + std::to_string(sum_.size()) + " words"};
  }
  if (~used_bits(layout_.lane_bits) != 0) {
    bool found = false;
    for_each_block(piece, [&](std::size_t, std::span<const std::uint64_t> words) {
      found = found || has_unused_bits(words, layout_.lane_bits);
    });
    if (found) return Error{ErrorCode::malformed, "a word has a bit set that belongs to no lane"};
  }
  for_each_block(piece, [&](std::size_t begin, std::span<const std::uint64_t> words) {
    add_packed(std::span(sum_).subspan(first_word + begin, words.size()), words, layout_.lane_bits);
  });
  return {};
}

void Accumulator::apply_masks(std::size_t first_word, std::size_t count, std::span<const MaskTerm> terms) {
  BAUTA_CHECK(first_word <= sum_.size() && count <= sum_.size() - first_word);
  bauta::apply_masks(std::span(sum_).subspan(first_word, count), layout_.lane_bits, terms, first_word);
}

}  // namespace bauta::coordinator
