// Merkle trees over SHA-256 as in RFC 6962 §2.1: leaves are hashed behind 0x00, nodes behind 0x01.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "common/crypto/sha256.h"

namespace bauta {

/// Bytes of a vector under one leaf; the last leaf may be shorter.
inline constexpr std::size_t kMerkleChunk = 64 * 1024;

/// SHA-256(0x00 + bytes).
Digest merkle_leaf(ByteView bytes);

/// Of a packed vector's bytes, in chunks of kMerkleChunk.
Digest vector_root(ByteView bytes);

/// Of no leaves: SHA-256 of the empty string.
Digest merkle_root(std::span<const Digest> leaf_hashes);

/// A whole tree, for whoever hands out many proofs of it: a proof costs no hash. Keeps about 64 bytes for each leaf.
class MerkleTree {
 public:
  explicit MerkleTree(std::vector<Digest> leaf_hashes);

  std::size_t leaf_count() const { return levels_.front().size(); }
  Digest root() const;
  /// The siblings from leaf `index` up to the root. index < leaf_count().
  std::vector<Digest> proof(std::size_t index) const;

 private:
  std::vector<std::vector<Digest>> levels_;  ///< the leaves first, the root alone last
};

/// Total and bounded for any input: at most 64 hashes.
bool verify_merkle_proof(const Digest& root, std::uint64_t leaf_count, std::uint64_t index, const Digest& leaf_hash,
                         std::span<const Digest> proof);

/// Hashes a byte stream in chunks of kMerkleChunk, however it arrives in pieces. Keeps 32 bytes for each chunk.
class MerkleBuilder {
 public:
  void update(ByteView bytes);
  /// Closes the last chunk and returns the root; afterwards only leaf_hashes() may be called.
  Digest finish();
  /// Complete after finish().
  const std::vector<Digest>& leaf_hashes() const { return leaf_hashes_; }

 private:
  Sha256 chunk_;
  std::size_t in_chunk_ = 0;  ///< bytes of the open chunk that are hashed already
  std::vector<Digest> leaf_hashes_;
};

}  // namespace bauta
