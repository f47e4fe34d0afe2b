// X25519 key agreement (RFC 7748).
#pragma once

#include <array>
#include <cstdint>

#include "common/base/random_source.h"
#include "common/base/result.h"
#include "common/base/secret_bytes.h"

namespace bauta {

using X25519Public = std::array<std::uint8_t, 32>;
using X25519Secret = SecretBytes<32>;

struct X25519KeyPair {
  X25519Secret secret;
  X25519Public public_key{};
};

X25519KeyPair make_x25519_pair(RandomSource& random);

/// The public key of `secret`: X25519(secret, 9).
X25519Public x25519_public(const X25519Secret& secret);

/// A public key with which every shared secret would be zero, and so known to everybody.
bool is_small_order(const X25519Public& key);

/// The shared secret; `my_public` belongs to `mine` (OpenSSL would compute it anew, at twice the cost). `malformed`
/// where the peer's key is of small order, that is where the output would be all zero and known to everybody (RFC 7748
/// §6.1). Never used as a key itself: it goes through HKDF.
Result<SecretBytes<32>> x25519(const X25519Secret& mine, const X25519Public& my_public, const X25519Public& theirs);

}  // namespace bauta
