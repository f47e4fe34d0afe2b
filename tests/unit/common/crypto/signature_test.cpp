#include "common/crypto/signature.h"

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/crypto/constant_time.h"
#include "common/crypto/openssl_handles.h"
#include "common/crypto/sha256.h"
#include "tests/support/hex.h"

namespace bauta {
namespace {

using testing::hex;

std::string pem_of(const Bytes& pkcs8) {
  return "-----BEGIN PRIVATE KEY-----\n" + to_base64(pkcs8) + "\n-----END PRIVATE KEY-----\n";
}

/// RFC 8410 §7: the seed behind a fixed prefix.
SigningKey ed25519_of_seed(std::string_view seed) {
  Bytes pkcs8 = hex("302e020100300506032b657004220420");
  append(pkcs8, hex(seed));
  auto key = SigningKey::from_pem(pem_of(pkcs8), {});
  REQUIRE(key.ok());
  return std::move(*key);
}

VerifyKey verify_key(const Bytes& spki) {
  auto key = VerifyKey::from_spki(spki);
  REQUIRE(key.ok());
  return *key;
}

constexpr char kP256Spki[] =
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

}  // namespace

TEST_CASE("Ed25519 gives the signatures of RFC 8032 §7.1") {
  struct Case {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
  };
  for (const Case& c : {
           Case{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
                "f05"
                "95bbe24655141438e7a100b"},
           Case{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
                "aeb"
                "4302aeeb00d291612bb0c00"},
           Case{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
                "e97"
                "16ed28dc027beceea1ec40a"},
       }) {
    const SigningKey key = ed25519_of_seed(c.seed);
    CHECK(to_hex(key.spki()) == std::string("302a300506032b6570032100") + c.public_key);
    CHECK(to_hex(key.sign(hex(c.message))) == c.signature);
    CHECK(verify_key(key.spki()).verify(hex(c.message), hex(c.signature)));
  }
}

TEST_CASE("P-256 accepts the signatures of RFC 6979 A.2.5 and nothing near them") {
  const VerifyKey key = verify_key(hex(kP256Spki));
  const Bytes sample =
      hex("3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
          "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  const Bytes test =
      hex("3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
          "0220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083");
  CHECK(key.verify(as_bytes("sample"), sample));
  CHECK(key.verify(as_bytes("test"), test));
  CHECK_FALSE(key.verify(as_bytes("test"), sample));
  CHECK_FALSE(key.verify(as_bytes("sample "), sample));
  for (std::size_t i = 0; i < sample.size(); ++i) {
    Bytes altered = sample;
    altered[i] ^= 1;
    CHECK_FALSE(key.verify(as_bytes("sample"), altered));
    CHECK_FALSE(key.verify(as_bytes("sample"), ByteView(sample).first(i)));
  }
}

TEST_CASE("a made key signs, survives its PEM and is named by the hash of its public half") {
  for (const SigningKey& key : {SigningKey::generate_p256(), SigningKey::generate_ed25519()}) {
    const VerifyKey verify = verify_key(key.spki());
    CHECK(verify.spki() == key.spki());
    CHECK(verify.fingerprint() == sha256(key.spki()));
    CHECK(verify.verify(as_bytes("message"), key.sign(as_bytes("message"))));
    CHECK(verify.verify({}, key.sign({})));
    CHECK_FALSE(verify.verify(as_bytes("massage"), key.sign(as_bytes("message"))));

    const auto again = SigningKey::from_pem(key.to_pem(), {});
    REQUIRE(again.ok());
    CHECK(again->spki() == key.spki());
    CHECK(verify.verify(as_bytes("message"), again->sign(as_bytes("message"))));
  }
}

TEST_CASE("two made keys differ and do not verify each other") {
  const SigningKey one = SigningKey::generate_p256();
  const SigningKey other = SigningKey::generate_p256();
  CHECK(one.spki() != other.spki());
  CHECK_FALSE(verify_key(other.spki()).verify(as_bytes("m"), one.sign(as_bytes("m"))));
}

TEST_CASE("an encrypted key opens with its passphrase only, and the error names what to mend") {
  const SigningKey key = SigningKey::generate_p256();
  const std::string pem = key.to_pem("correct horse");
  CHECK(pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string::npos);
  const auto opened = SigningKey::from_pem(pem, "correct horse");
  REQUIRE(opened.ok());
  CHECK(opened->spki() == key.spki());

  const auto wrong = SigningKey::from_pem(pem, "battery staple");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == ErrorCode::invalid_argument);
  CHECK(wrong.error().message.find("passphrase does not open the private key") != std::string::npos);
  CHECK(wrong.error().message.find('\n') == std::string::npos);

  const auto missing = SigningKey::from_pem(pem, {});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message.find("no passphrase is given") != std::string::npos);

  CHECK_FALSE(SigningKey::from_pem(pem, std::string(5000, 'x')).ok());
}

TEST_CASE("keys of other algorithms and texts that are no key are refused with a hint") {
  // An X25519 private key (RFC 8410).
  Bytes x25519_pkcs8 = hex("302e020100300506032b656e04220420");
  append(x25519_pkcs8, Bytes(32, 0x42));
  const auto other = SigningKey::from_pem(pem_of(x25519_pkcs8), {});
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().message.find("openssl genpkey") != std::string::npos);

  for (EVP_PKEY* const made : {EVP_EC_gen("P-384"), EVP_RSA_gen(1024)}) {
    const PkeyPtr key(made);
    const BioPtr bio(BIO_new(BIO_s_mem()));
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* pem = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &pem);
    const auto refused = SigningKey::from_pem({pem, static_cast<std::size_t>(length)}, {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::invalid_argument);
    CHECK(refused.error().message.find("openssl genpkey") != std::string::npos);
  }

  for (const char* text : {"", "no key at all", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    CAPTURE(text);
    const auto key = SigningKey::from_pem(text, {});
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == ErrorCode::invalid_argument);
  }
  CHECK_FALSE(SigningKey::from_pem(std::string(100'000, 'A'), {}).ok());
}

TEST_CASE("a public key has exactly one accepted encoding") {
  const Bytes spki = hex(kP256Spki);
  CHECK(VerifyKey::from_spki(spki).ok());

  Bytes longer = spki;
  longer.push_back(0);
  CHECK_FALSE(VerifyKey::from_spki(longer).ok());
  for (std::size_t length = 0; length < spki.size(); ++length) {
    CHECK_FALSE(VerifyKey::from_spki(ByteView(spki).first(length)).ok());
  }
  Bytes off_curve = spki;
  off_curve.back() ^= 1;
  CHECK_FALSE(VerifyKey::from_spki(off_curve).ok());
  // The same point, compressed.
  CHECK_FALSE(VerifyKey::from_spki(hex("3039301306072a8648ce3d020106082a8648ce3d030107032200"
                                       "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"))
                  .ok());
}

TEST_CASE("one verify key serves several threads at once") {
  const SigningKey key = SigningKey::generate_p256();
  const VerifyKey verify = verify_key(key.spki());
  const Bytes signature = key.sign(as_bytes("message"));
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([verify, &signature, &good] {
      for (int i = 0; i < 50; ++i) good += verify.verify(as_bytes("message"), signature) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 200);
}

TEST_CASE("comparison in constant time tells equal from unequal") {
  CHECK(equal_constant_time({}, {}));
  CHECK(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace bauta
