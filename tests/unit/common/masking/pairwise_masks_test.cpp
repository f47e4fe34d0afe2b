#include "common/masking/pairwise_masks.h"

#include <vector>

#include "common/crypto/aead.h"
#include "common/masking/packed_vector.h"
#include "tests/support/hex.h"
#include "tests/support/property.h"
#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

using testing::SeededRandom;
using testing::to_hex;

Digest random_digest(SeededRandom& random) {
  Digest digest;
  random.fill(digest);
  return digest;
}

template <class T>
T must(Result<T> result) {
  REQUIRE(result.ok());
  return std::move(result).value();
}

}  // namespace

TEST_CASE("both partners of a pair derive the same mask, and any other context another one") {
  SeededRandom random(11);
  const Digest rctx = random_digest(random);
  const Digest l1 = random_digest(random);
  const auto a = make_x25519_pair(random);
  const auto b = make_x25519_pair(random);
  const std::string key = to_hex(must(pair_mask_key(rctx, l1, 3, a.secret, a.public_key, 7, b.public_key)));
  CHECK(key == to_hex(must(pair_mask_key(rctx, l1, 7, b.secret, b.public_key, 3, a.public_key))));
  CHECK(key != to_hex(must(pair_mask_key(l1, l1, 3, a.secret, a.public_key, 7, b.public_key))));
  CHECK(key != to_hex(must(pair_mask_key(rctx, rctx, 3, a.secret, a.public_key, 7, b.public_key))));
  CHECK(key != to_hex(must(pair_mask_key(rctx, l1, 7, a.secret, a.public_key, 3, b.public_key))));
  CHECK(key != to_hex(must(pair_mask_key(rctx, l1, 3, a.secret, a.public_key, 8, b.public_key))));
  CHECK(subtracts_pair_mask(7, 3));
  CHECK_FALSE(subtracts_pair_mask(3, 7));
}

TEST_CASE("a pair of one, or with a key of small order, is malformed") {
  SeededRandom random(12);
  const Digest any{};
  const auto a = make_x25519_pair(random);
  const auto alone = pair_mask_key(any, any, 3, a.secret, a.public_key, 3, a.public_key);
  REQUIRE_FALSE(alone.ok());
  CHECK(alone.error().code == ErrorCode::malformed);
  const auto weak = pair_mask_key(any, any, 3, a.secret, a.public_key, 4, X25519Public{});
  REQUIRE_FALSE(weak.ok());
  CHECK(weak.error().code == ErrorCode::malformed);
  CHECK_FALSE(share_encryption_key(any, any, 1, 2, a.public_key, X25519Public{}, a.secret, ShareSide::sender).ok());
}

TEST_CASE("a self mask depends on the round, the keys, the partner and the seed") {
  SeededRandom random(13);
  const Digest rctx = random_digest(random);
  const Digest l1 = random_digest(random);
  const SecretBytes<32> b(random_digest(random));
  const SecretBytes<32> other(random_digest(random));
  const std::string key = to_hex(self_mask_key(rctx, l1, 5, b));
  CHECK(key == to_hex(self_mask_key(rctx, l1, 5, b)));
  CHECK(key != to_hex(self_mask_key(l1, l1, 5, b)));
  CHECK(key != to_hex(self_mask_key(rctx, rctx, 5, b)));
  CHECK(key != to_hex(self_mask_key(rctx, l1, 6, b)));
  CHECK(key != to_hex(self_mask_key(rctx, l1, 5, other)));
  CHECK(self_seed_commitment(rctx, 5, b) == self_seed_commitment(rctx, 5, b));
  CHECK(self_seed_commitment(rctx, 5, b) != self_seed_commitment(rctx, 6, b));
  CHECK(self_seed_commitment(rctx, 5, b) != self_seed_commitment(rctx, 5, other));
}

TEST_CASE("a leaf opens for its recipient only, and each direction has a key of its own") {
  SeededRandom random(14);
  const Digest rctx = random_digest(random);
  const Digest l1 = random_digest(random);
  const auto u = make_x25519_pair(random);
  const auto v = make_x25519_pair(random);
  const auto sealing =
      must(share_encryption_key(rctx, l1, 1, 2, u.public_key, v.public_key, u.secret, ShareSide::sender));
  const auto opening =
      must(share_encryption_key(rctx, l1, 1, 2, u.public_key, v.public_key, v.secret, ShareSide::recipient));
  const auto back = must(share_encryption_key(rctx, l1, 2, 1, v.public_key, u.public_key, v.secret, ShareSide::sender));
  CHECK(to_hex(sealing) == to_hex(opening));
  CHECK(to_hex(sealing) != to_hex(back));
  const Bytes sealed = aead_seal(sealing, kShareNonce, share_associated_data(rctx, l1, 1, 2), as_bytes("two shares"));
  CHECK(aead_open(opening, kShareNonce, share_associated_data(rctx, l1, 1, 2), sealed).ok());
  CHECK_FALSE(aead_open(opening, kShareNonce, share_associated_data(rctx, l1, 2, 1), sealed).ok());
  CHECK_FALSE(aead_open(back, kShareNonce, share_associated_data(rctx, l1, 1, 2), sealed).ok());
}

TEST_CASE("the pair masks of a whole cohort cancel in the sum") {
  testing::check_property(
      "pair masks cancel",
      [] {
        const auto lane_bits = *rc::gen::element<std::uint32_t>(8, 12, 16, 32);
        const auto n = *rc::gen::inRange<std::uint32_t>(2, 7);
        const LaneLayout layout{lane_bits, *rc::gen::inRange<std::size_t>(1, 400)};
        SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
        const Digest rctx = random_digest(random);
        const Digest l1 = random_digest(random);
        std::vector<X25519KeyPair> pairs(n);
        for (auto& pair : pairs) pair = make_x25519_pair(random);
        std::vector<std::uint64_t> sum(layout.word_count());
        for (std::uint32_t u = 0; u < n; ++u) {
          std::vector<MaskKey> keys;
          std::vector<MaskTerm> terms;
          keys.reserve(n);
          for (std::uint32_t v = 0; v < n; ++v) {
            if (v == u) continue;
            auto key = pair_mask_key(rctx, l1, u, pairs[u].secret, pairs[u].public_key, v, pairs[v].public_key);
            RC_ASSERT(key.ok());
            keys.push_back(std::move(*key));
            terms.push_back({&keys.back(), subtracts_pair_mask(u, v)});
          }
          std::vector<std::uint64_t> words(layout.word_count());
          apply_masks(words, lane_bits, terms);
          RC_ASSERT(words != std::vector<std::uint64_t>(layout.word_count()));
          add_packed(sum, words, lane_bits);
        }
        RC_ASSERT(sum == std::vector<std::uint64_t>(layout.word_count()));
      },
      50);
}

}  // namespace bauta
