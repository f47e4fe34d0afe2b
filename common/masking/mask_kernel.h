// The inner loop of apply_masks, exchangeable at run time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/masking/mask_stream.h"

namespace bauta {

/// One pass over a range of words with a fixed list of terms. Made once per apply_masks call; holds the key schedules
/// and wipes them.
class MaskKernel {
 public:
  virtual ~MaskKernel() = default;
  /// Applies every term to `chunk`, whose first word has this index in the vector. Chunks come in ascending order
  /// without gaps, at most kMaskChunkWords long.
  virtual void apply(std::span<std::uint64_t> chunk, std::uint64_t first_word) = 0;
};

/// 8 KiB: words, keystream and key schedules stay in a 32 KiB first-level cache.
inline constexpr std::size_t kMaskChunkWords = 1024;

/// Any machine: OpenSSL makes the keystream into a small buffer.
std::unique_ptr<MaskKernel> make_portable_mask_kernel(std::span<const MaskTerm> terms, std::uint32_t lane_bits,
                                                      std::uint64_t first_word);

}  // namespace bauta
