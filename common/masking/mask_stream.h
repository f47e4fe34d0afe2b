// Adds masks to a packed vector, in place, all of them in one pass over memory (docs/protocol.md §5).
//
// A mask is the AES-128-CTR keystream of its key, read as little-endian 64-bit words; with 12-bit lanes the top 4 bits
// of every word are cleared. Word i of a vector meets bytes 8i … 8i+7 of the keystream, so that any range of words can
// be masked alone: by another thread, or by an auditor who looks at one chunk.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/secret_bytes.h"

namespace bauta {

/// AES-128 key (16 bytes) and nonce (12 bytes); the counter block is nonce + a 32-bit big-endian block number from 0.
using MaskKey = SecretBytes<28>;

struct MaskTerm {
  const MaskKey* key = nullptr;
  bool subtract = false;
};

/// words[i] ± mask word (first_word + i) of every term, lane by lane modulo 2^lane_bits. Unused bits must be zero and
/// stay zero. Ends the process for vectors that would need more than 2^32 keystream blocks: the layout forbids them.
/// Threads may work on disjoint ranges of words of one vector at the same time.
void apply_masks(std::span<std::uint64_t> words, std::uint32_t lane_bits, std::span<const MaskTerm> terms,
                 std::uint64_t first_word = 0);

}  // namespace bauta
