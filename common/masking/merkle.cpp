#include "common/masking/merkle.h"

#include <algorithm>
#include <utility>

#include "common/base/result.h"

namespace bauta {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0x00};
constexpr std::uint8_t kNodePrefix[] = {0x01};

Digest node(const Digest& left, const Digest& right) { return sha256_concat({kNodePrefix, left, right}); }

/// Writes the nodes above `level` and returns how many they are; `above` may be `level` itself. An odd node at the end
/// moves up unchanged, which is the tree of RFC 6962.
std::size_t hash_level(std::span<const Digest> level, std::span<Digest> above) {
  const std::size_t pairs = level.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) above[i] = node(level[2 * i], level[2 * i + 1]);
  if (level.size() % 2 == 1) above[pairs] = level.back();
  return pairs + level.size() % 2;
}

}  // namespace

Digest merkle_leaf(ByteView bytes) { return sha256_concat({kLeafPrefix, bytes}); }

Digest merkle_root(std::span<const Digest> leaf_hashes) {
  if (leaf_hashes.empty()) return sha256({});
  std::vector<Digest> level(leaf_hashes.begin(), leaf_hashes.end());
  while (level.size() > 1) level.resize(hash_level(level, level));
  return level.front();
}

MerkleTree::MerkleTree(std::vector<Digest> leaf_hashes) {
  levels_.push_back(std::move(leaf_hashes));
  while (levels_.back().size() > 1) {
    std::vector<Digest> above((levels_.back().size() + 1) / 2);
    hash_level(levels_.back(), above);
    levels_.push_back(std::move(above));
  }
}

Digest MerkleTree::root() const { return levels_.back().empty() ? sha256({}) : levels_.back().front(); }

std::vector<Digest> MerkleTree::proof(std::size_t index) const {
  BAUTA_CHECK(index < leaf_count());
  std::vector<Digest> siblings;
  for (const auto& level : levels_) {
    const std::size_t sibling = index ^ 1;
    if (sibling < level.size()) siblings.push_back(level[sibling]);
    index /= 2;
  }
  return siblings;
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

Digest vector_root(ByteView bytes) {
  MerkleBuilder tree;
  tree.update(bytes);
  return tree.finish();
}

}  // namespace bauta
