// The randomised Hadamard rotation of an update (docs/protocol.md §7): spreads what stands in few coordinates evenly
// over a block, so that few bits a coordinate are enough. Block by block x ← H·D·x, with D the block's random signs and
// H the orthonormal Walsh–Hadamard matrix in its natural order; H and D are their own inverses.
//
// Blocks of kMaxRotationBlock coordinates; what is left over at the end is cut into powers of two, the greatest first,
// so that nothing is padded. The sign of coordinate i is bit i mod 8 (the lowest is bit 0) of byte i / 8 of the
// AES-128-CTR keystream from counter 0 under the first 16 bytes of SHA-256("bauta/v1/rotation" + rctx): negative where
// it is set.
//
// Every client and the coordinator undo the rotation of the sum and must get the same bits: plain loops of single IEEE
// additions in a fixed order and one multiplication, no library mathematics, no contraction to FMA.
#pragma once

#include <cstddef>
#include <span>

#include "common/crypto/sha256.h"
#include "common/masking/keystream.h"

namespace bauta {

/// 512 KiB of doubles: a block stays in a second-level cache.
inline constexpr std::size_t kMaxRotationBlock = std::size_t{1} << 16;

/// How long the block is that begins where `left` coordinates are left; 0 for none.
std::size_t rotation_block(std::size_t left);

/// Where a rotated coordinate saturates when the plan does not say: 6·clip/√B with B the greatest block. An update of
/// norm `clip` that lies in one block gets beyond it with a chance below 2·e^(−18) a coordinate (Hoeffding), less than
/// one in thirty million; only the last, shorter blocks know no such bound.
double rotated_range(double clip, std::size_t coordinates);

/// Goes through one vector, block after block. Move-only, one thread at a time.
class Rotation {
 public:
  explicit Rotation(const Digest& rctx);

  /// The next block; its length is a power of two, that of rotation_block.
  void rotate(std::span<double> block);
  void undo(std::span<double> block);

 private:
  /// Changes signs by the next block.size() bits of the keystream.
  void change_signs(std::span<double> block);

  Keystream signs_;
  std::uint8_t byte_ = 0;      ///< the one under way, in blocks shorter than 8
  std::size_t bits_left_ = 0;  ///< of it
};

}  // namespace bauta
