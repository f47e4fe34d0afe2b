#include "common/masking/merkle.h"

#include <string>
#include <vector>

#include "tests/support/hex.h"
#include "tests/support/property.h"
#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

using testing::check_property;
using testing::hex;
using testing::SeededRandom;

std::vector<Digest> random_leaves(std::size_t count, SeededRandom& random) {
  std::vector<Digest> leaves(count);
  for (Digest& leaf : leaves) random.fill(leaf);
  return leaves;
}

}  // namespace

TEST_CASE("the roots are those of the RFC 6962 reference tree") {
  const char* const inputs[] = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  const char* const roots[] = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  };
  std::vector<Digest> leaves;
  CHECK(MerkleTree({}).root() == merkle_root({}));
  CHECK(to_hex(merkle_root(leaves)) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < 8; ++i) {
    leaves.push_back(merkle_leaf(hex(inputs[i])));
    CHECK(to_hex(merkle_root(leaves)) == roots[i]);
  }
}

TEST_CASE("the proof of every leaf verifies in trees of every shape") {
  SeededRandom random(5);
  for (std::size_t count = 1; count <= 70; ++count) {
    const std::vector<Digest> leaves = random_leaves(count, random);
    const Digest root = merkle_root(leaves);
    const MerkleTree tree(leaves);
    REQUIRE(tree.root() == root);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(verify_merkle_proof(root, count, i, leaves[i], tree.proof(i)));
    }
  }
}

TEST_CASE("a proof holds for its leaf, its index and its tree only") {
  check_property("altered proofs fail", [] {
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    const auto count = *rc::gen::inRange<std::size_t>(2, 200);
    const auto index = *rc::gen::inRange<std::size_t>(0, count);
    const std::vector<Digest> leaves = random_leaves(count, random);
    const Digest root = merkle_root(leaves);
    const std::vector<Digest> proof = MerkleTree(leaves).proof(index);
    RC_ASSERT(verify_merkle_proof(root, count, index, leaves[index], proof));
    for (std::size_t other = 0; other < count; ++other) {
      if (other != index) RC_ASSERT(!verify_merkle_proof(root, count, other, leaves[index], proof));
    }
    Digest leaf = leaves[index];
    leaf[random.below(32)] ^= 1;
    RC_ASSERT(!verify_merkle_proof(root, count, index, leaf, proof));
    std::vector<Digest> altered = proof;
    altered[random.below(altered.size())][random.below(32)] ^= 1;
    RC_ASSERT(!verify_merkle_proof(root, count, index, leaves[index], altered));
    std::vector<Digest> longer = proof;
    longer.push_back(leaf);
    RC_ASSERT(!verify_merkle_proof(root, count, index, leaves[index], longer));
    std::vector<Digest> shorter = proof;
    shorter.pop_back();
    RC_ASSERT(!verify_merkle_proof(root, count, index, leaves[index], shorter));
  });
}

TEST_CASE("a proof of a larger tree does not pass for a tree with fewer leaves") {
  SeededRandom random(8);
  const std::vector<Digest> leaves = random_leaves(2, random);
  const Digest root = merkle_root(leaves);
  REQUIRE(verify_merkle_proof(root, 2, 1, leaves[1], MerkleTree(leaves).proof(1)));
  CHECK_FALSE(verify_merkle_proof(root, 1, 0, leaves[1], MerkleTree(leaves).proof(1)));
}

TEST_CASE("absurd counts, indices and lengths are refused, not followed") {
  const Digest any{};
  CHECK_FALSE(verify_merkle_proof(any, 0, 0, any, {}));
  CHECK_FALSE(verify_merkle_proof(any, 1, 1, any, {}));
  CHECK_FALSE(verify_merkle_proof(any, ~0ULL, ~0ULL, any, {}));
  CHECK_FALSE(verify_merkle_proof(any, ~0ULL, ~0ULL - 1, any, std::vector<Digest>(64)));
  CHECK_FALSE(verify_merkle_proof(any, ~0ULL, 0, any, std::vector<Digest>(100'000)));
  CHECK(verify_merkle_proof(any, 1, 0, any, {}));
}

TEST_CASE("the streamed root is that of the 64 KiB chunks, however the bytes arrive") {
  SeededRandom random(6);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMerkleChunk - 1, kMerkleChunk, kMerkleChunk + 1,
                                 3 * kMerkleChunk, 3 * kMerkleChunk + 17}) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
    std::vector<Digest> leaves;
    for (std::size_t at = 0; at < size; at += kMerkleChunk) {
      leaves.push_back(merkle_leaf(ByteView(bytes).subspan(at, std::min(kMerkleChunk, size - at))));
    }
    MerkleBuilder builder;
    for (std::size_t at = 0; at < size;) {
      const std::size_t piece = std::min<std::size_t>(1 + random.below(100'000), size - at);
      builder.update(ByteView(bytes).subspan(at, piece));
      at += piece;
    }
    CHECK(builder.finish() == merkle_root(leaves));
    CHECK(builder.leaf_hashes() == leaves);
  }
}

}  // namespace bauta
