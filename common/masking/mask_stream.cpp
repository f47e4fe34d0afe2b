#include "common/masking/mask_stream.h"

#include <algorithm>

#include "common/base/result.h"
#include "common/masking/mask_kernel.h"
#include "common/masking/packed_vector.h"

namespace bauta {

void apply_masks(std::span<std::uint64_t> words, std::uint32_t lane_bits, std::span<const MaskTerm> terms,
                 std::uint64_t first_word) {
  apply_masks_with(best_mask_kernel(), words, lane_bits, terms, first_word);
}

void apply_masks_with(MaskKernelKind kind, std::span<std::uint64_t> words, std::uint32_t lane_bits,
                      std::span<const MaskTerm> terms, std::uint64_t first_word) {
  // Two words a block; more than 2^32 blocks would carry the counter into the nonce and repeat keystream.
  constexpr std::uint64_t kMaxWords = std::uint64_t{1} << 33;
  BAUTA_CHECK(is_lane_width(lane_bits));
  BAUTA_CHECK(first_word <= kMaxWords && words.size() <= kMaxWords - first_word);
  if (words.empty() || terms.empty()) return;
  const std::unique_ptr<MaskKernel> kernel = make_mask_kernel(kind, terms, lane_bits, first_word);
  while (!words.empty()) {
    const std::size_t length = std::min(words.size(), kMaskChunkWords);
    kernel->apply(words.first(length), first_word);
    words = words.subspan(length);
    first_word += length;
  }
}

}  // namespace bauta
