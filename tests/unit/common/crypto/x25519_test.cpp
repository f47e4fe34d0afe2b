#include "common/crypto/x25519.h"

#include <doctest/doctest.h>

#include "common/crypto/system_random.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_random.h"

namespace bauta {

using testing::hex_array;
using testing::hex_secret;

namespace {

Result<SecretBytes<32>> agree(const X25519Secret& mine, const X25519Public& theirs) {
  return x25519(mine, x25519_public(mine), theirs);
}

}  // namespace

TEST_CASE("X25519 gives the outputs of RFC 7748 §5.2") {
  const auto first = agree(hex_secret<32>("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                           hex_array<32>("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
  REQUIRE(first.ok());
  CHECK(testing::to_hex(*first) == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  const auto second = agree(hex_secret<32>("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                            hex_array<32>("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
  REQUIRE(second.ok());
  CHECK(testing::to_hex(*second) == "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST_CASE("X25519 iterated 1,000 times gives the output of RFC 7748 §5.2") {
  SecretBytes<32> k = hex_secret<32>("0900000000000000000000000000000000000000000000000000000000000000");
  X25519Public u = hex_array<32>("0900000000000000000000000000000000000000000000000000000000000000");
  for (int i = 1; i <= 1000; ++i) {
    auto next = agree(k, u);
    REQUIRE(next.ok());
    std::copy(k.reveal().begin(), k.reveal().end(), u.begin());
    k = std::move(*next);
    if (i == 1) CHECK(testing::to_hex(k) == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
  }
  CHECK(testing::to_hex(k) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST_CASE("both sides of RFC 7748 §6.1 arrive at the same secret") {
  const auto a = hex_secret<32>("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto b = hex_secret<32>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  const X25519Public a_public = x25519_public(a);
  const X25519Public b_public = x25519_public(b);
  CHECK(to_hex(a_public) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(to_hex(b_public) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto ab = agree(a, b_public);
  const auto ba = agree(b, a_public);
  REQUIRE(ab.ok());
  REQUIRE(ba.ok());
  CHECK(testing::to_hex(*ab) == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  CHECK(testing::to_hex(*ba) == testing::to_hex(*ab));
}

TEST_CASE("public keys of small order are refused") {
  SystemRandom random;
  const X25519KeyPair pair = make_x25519_pair(random);
  for (const char* point : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
           "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
       }) {
    CAPTURE(point);
    const auto shared = agree(pair.secret, hex_array<32>(point));
    REQUIRE_FALSE(shared.ok());
    CHECK(shared.error().code == ErrorCode::malformed);
    CHECK(is_small_order(hex_array<32>(point)));
  }
  CHECK_FALSE(is_small_order(pair.public_key));
}

TEST_CASE("a key pair is made from the given random source alone") {
  testing::SeededRandom random(7);
  testing::SeededRandom again(7);
  const X25519KeyPair one = make_x25519_pair(random);
  const X25519KeyPair same = make_x25519_pair(again);
  const X25519KeyPair other = make_x25519_pair(random);
  CHECK(one.public_key == same.public_key);
  CHECK(one.public_key != other.public_key);
}

}  // namespace bauta
