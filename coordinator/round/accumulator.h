// The packed sum of the survivors' masked vectors: one buffer, however many they are. Vectors come in as the bytes of
// the wire, in pieces, and the masks go out in place (docs/protocol.md §4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/masking/mask_stream.h"
#include "common/masking/packed_vector.h"

namespace bauta::coordinator {

/// Threads may work on disjoint ranges of words at the same time.
class Accumulator {
 public:
  explicit Accumulator(LaneLayout layout) : layout_(layout), sum_(layout.word_count()) {}

  const LaneLayout& layout() const { return layout_; }

  /// Adds a piece of one masked vector that begins at word `first_word`. Errors, with the sum unchanged: malformed when
  /// the piece is no whole number of words or has an unused bit set, out_of_range when it leaves the vector.
  Status add(std::size_t first_word, ByteView piece);

  /// Takes masks out of words [first_word, first_word + count), which lie inside the vector.
  void apply_masks(std::size_t first_word, std::size_t count, std::span<const MaskTerm> terms);

  std::span<const std::uint64_t> words() const { return sum_; }

 private:
  LaneLayout layout_;
  std::vector<std::uint64_t> sum_;
};

}  // namespace bauta::coordinator
