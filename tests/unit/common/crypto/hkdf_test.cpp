#include "common/crypto/hkdf.h"

#include <doctest/doctest.h>

#include "tests/support/hex.h"

namespace bauta {

using testing::hex;

TEST_CASE("HKDF gives the keys of RFC 5869 A.1") {
  const auto okm = hkdf_sha256<42>(hex("000102030405060708090a0b0c"),
                                   hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), hex("f0f1f2f3f4f5f6f7f8f9"));
  CHECK(testing::to_hex(okm) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("HKDF gives the keys of RFC 5869 A.2, longer than one block") {
  Bytes ikm;
  Bytes salt;
  Bytes info;
  for (int i = 0; i < 80; ++i) {
    ikm.push_back(static_cast<std::uint8_t>(i));
    salt.push_back(static_cast<std::uint8_t>(0x60 + i));
    info.push_back(static_cast<std::uint8_t>(0xb0 + i));
  }
  CHECK(testing::to_hex(hkdf_sha256<82>(salt, ikm, info)) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f0"
        "9b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST_CASE("HKDF gives the keys of RFC 5869 A.3, without salt and info") {
  CHECK(testing::to_hex(hkdf_sha256<42>({}, hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), {})) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

}  // namespace bauta
