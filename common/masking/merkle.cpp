#include "common/masking/merkle.h"

#include <algorithm>
#include <bit>

#include "common/base/result.h"

namespace bauta {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0x00};
constexpr std::uint8_t kNodePrefix[] = {0x01};

Digest node(const Digest& left, const Digest& right) { return sha256_concat({kNodePrefix, left, right}); }

/// Leaves in the left subtree of a tree of `count` > 1: the largest power of two below it.
std::size_t left_leaves(std::size_t count) { return std::bit_floor(count - 1); }

}  // namespace

Digest merkle_leaf(ByteView bytes) { return sha256_concat({kLeafPrefix, bytes}); }

Digest merkle_root(std::span<const Digest> leaf_hashes) {
  if (leaf_hashes.empty()) return sha256({});
  // Level by level; an odd node at the end moves up unchanged, which is the tree of RFC 6962.
  std::vector<Digest> level(leaf_hashes.begin(), leaf_hashes.end());
  while (level.size() > 1) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) level[i] = node(level[2 * i], level[2 * i + 1]);
    if (level.size() % 2 == 1) level[pairs] = level.back();
    level.resize(pairs + level.size() % 2);
  }
  return level.front();
}

std::vector<Digest> merkle_proof(std::span<const Digest> leaf_hashes, std::size_t index) {
  BAUTA_CHECK(index < leaf_hashes.size());
  std::vector<Digest> proof;
  while (leaf_hashes.size() > 1) {
    const std::size_t split = left_leaves(leaf_hashes.size());
    if (index < split) {
      proof.push_back(merkle_root(leaf_hashes.subspan(split)));
      leaf_hashes = leaf_hashes.first(split);
    } else {
      proof.push_back(merkle_root(leaf_hashes.first(split)));
      leaf_hashes = leaf_hashes.subspan(split);
      index -= split;
    }
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

// RFC 9162 §2.1.3.2.
bool verify_merkle_proof(const Digest& root, std::uint64_t leaf_count, std::uint64_t index, const Digest& leaf_hash,
                         std::span<const Digest> proof) {
  if (index >= leaf_count || proof.size() > 64) return false;
  std::uint64_t last = leaf_count - 1;
  Digest hash = leaf_hash;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((index & 1) != 0 || index == last) {
      hash = node(sibling, hash);
      while ((index & 1) == 0 && index != 0) {
        index >>= 1;
        last >>= 1;
      }
    } else {
      hash = node(hash, sibling);
    }
    index >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

void MerkleBuilder::update(ByteView bytes) {
  while (!bytes.empty()) {
    if (in_chunk_ == 0) chunk_.update(kLeafPrefix);
    const std::size_t length = std::min(bytes.size(), kMerkleChunk - in_chunk_);
    chunk_.update(bytes.first(length));
    in_chunk_ += length;
    bytes = bytes.subspan(length);
    if (in_chunk_ == kMerkleChunk) {
      leaf_hashes_.push_back(chunk_.finish());
      in_chunk_ = 0;
    }
  }
}

Digest MerkleBuilder::finish() {
  if (in_chunk_ > 0) leaf_hashes_.push_back(chunk_.finish());
  in_chunk_ = 0;
  return merkle_root(leaf_hashes_);
}

}  // namespace bauta
