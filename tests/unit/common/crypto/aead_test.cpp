#include "common/crypto/aead.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/hex.h"

namespace bauta {
namespace {

using testing::hex;
using testing::hex_secret;

constexpr char kKey[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
constexpr char kNonce[] = "cafebabefacedbaddecaf888";
constexpr char kPlaintext[] =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
constexpr char kCiphertext[] =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
constexpr char kAssociated[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";

}  // namespace

// The numbers are those of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
TEST_CASE("AES-256-GCM gives test cases 13 to 16 of its specification") {
  const SecretBytes<32> zero;
  const Bytes zero_nonce(12);
  CHECK(to_hex(aead_seal(zero, zero_nonce, {}, {})) == "530f8afbc74536b9a963b4f1c4cb738b");
  CHECK(to_hex(aead_seal(zero, zero_nonce, {}, Bytes(16))) ==
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  CHECK(to_hex(aead_seal(hex_secret<32>(kKey), hex(kNonce), {}, hex(kPlaintext))) ==
        std::string(kCiphertext) + "b094dac5d93471bdec1a502270e3cc6c");
  CHECK(to_hex(aead_seal(hex_secret<32>(kKey), hex(kNonce), hex(kAssociated), hex({kPlaintext, 120}))) ==
        std::string(kCiphertext, 120) + "76fc6ece0f4e1768cddf8853bb2d551b");
}

TEST_CASE("a sealed message opens only as it was sealed") {
  const auto key = hex_secret<32>(kKey);
  const Bytes nonce = hex(kNonce);
  const Bytes associated = hex(kAssociated);
  const Bytes plaintext = hex(kPlaintext);
  const Bytes sealed = aead_seal(key, nonce, associated, plaintext);
  REQUIRE(aead_open(key, nonce, associated, sealed).ok());
  CHECK(*aead_open(key, nonce, associated, sealed) == plaintext);

  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes altered = sealed;
    altered[i] ^= 1;
    const auto opened = aead_open(key, nonce, associated, altered);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ErrorCode::bad_share);
  }
  CHECK_FALSE(aead_open(key, nonce, {}, sealed).ok());
  CHECK_FALSE(aead_open(key, Bytes(12), associated, sealed).ok());
  CHECK_FALSE(aead_open(SecretBytes<32>(), nonce, associated, sealed).ok());
  CHECK_FALSE(aead_open(key, nonce, associated, ByteView(sealed).first(sealed.size() - 1)).ok());
}

TEST_CASE("what is shorter than a tag is malformed") {
  for (std::size_t length = 0; length < kAeadTagBytes; ++length) {
    const auto opened = aead_open(SecretBytes<32>(), Bytes(12), {}, Bytes(length));
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ErrorCode::malformed);
  }
  const auto empty = aead_open(SecretBytes<32>(), Bytes(12), {}, aead_seal(SecretBytes<32>(), Bytes(12), {}, {}));
  REQUIRE(empty.ok());
  CHECK(empty->empty());
}

}  // namespace bauta
