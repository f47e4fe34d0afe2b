// The inner loop of apply_masks, chosen at run time by what the processor can do. All kernels give the same words.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

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

enum class MaskKernelKind : std::uint8_t {
  portable,  ///< any machine: OpenSSL makes the keystream into a small buffer
  aes_ni,    ///< x86-64 with AES-NI: 8 blocks in flight, the keystream stays in registers
  vaes,      ///< x86-64 with VAES and AVX-512BW: the same, 4 blocks to a register
};

std::string_view to_string(MaskKernelKind kind);

bool is_supported(MaskKernelKind kind);
/// The fastest that this processor supports.
MaskKernelKind best_mask_kernel();

/// `kind` must be supported. `first_word` is where the first chunk will start.
std::unique_ptr<MaskKernel> make_mask_kernel(MaskKernelKind kind, std::span<const MaskTerm> terms,
                                             std::uint32_t lane_bits, std::uint64_t first_word);

/// One of these per file.
std::unique_ptr<MaskKernel> make_portable_mask_kernel(std::span<const MaskTerm> terms, std::uint32_t lane_bits,
                                                      std::uint64_t first_word);
std::unique_ptr<MaskKernel> make_x86_mask_kernel(bool wide, std::span<const MaskTerm> terms, std::uint32_t lane_bits);

/// apply_masks with a given kernel; for tests and benchmarks.
void apply_masks_with(MaskKernelKind kind, std::span<std::uint64_t> words, std::uint32_t lane_bits,
                      std::span<const MaskTerm> terms, std::uint64_t first_word);

}  // namespace bauta
