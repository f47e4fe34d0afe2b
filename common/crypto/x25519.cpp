#include "common/crypto/x25519.h"

#include "common/crypto/openssl_handles.h"

namespace bauta {
namespace {

PkeyPtr private_key(const X25519Secret& secret) {
  PkeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.reveal().data(), secret.size()));
  BAUTA_CHECK(key != nullptr);
  return key;
}

}  // namespace

X25519KeyPair make_x25519_pair(RandomSource& random) {
  X25519KeyPair pair;
  random.fill(pair.secret.reveal_mutable());
  pair.public_key = x25519_public(pair.secret);
  return pair;
}

X25519Public x25519_public(const X25519Secret& secret) {
  const PkeyPtr key = private_key(secret);
  X25519Public result{};
  std::size_t length = result.size();
  BAUTA_CHECK(EVP_PKEY_get_raw_public_key(key.get(), result.data(), &length) == 1 && length == result.size());
  return result;
}

// Every scalar is a multiple of 8 (RFC 7748 §5), so any one will do; this is 2^254.
bool is_small_order(const X25519Public& key) { return !x25519(X25519Secret(), key).ok(); }

Result<SecretBytes<32>> x25519(const X25519Secret& mine, const X25519Public& theirs) {
  const PkeyPtr key = private_key(mine);
  const PkeyPtr peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, theirs.data(), theirs.size()));
  BAUTA_CHECK(peer != nullptr);
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  BAUTA_CHECK(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
  SecretBytes<32> shared;
  std::size_t length = shared.size();
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), shared.reveal_mutable().data(), &length) != 1 || length != shared.size()) {
    return Error{ErrorCode::malformed, "X25519 public key " + to_hex(theirs) + " refused: " + take_openssl_error()};
  }
  // OpenSSL refuses these too; the protocol depends on it, so it is not left to one version's behaviour.
  std::uint8_t any_bit = 0;
  for (const std::uint8_t byte : shared.reveal()) any_bit |= byte;
  if (any_bit == 0) {
    return Error{ErrorCode::malformed, "X25519 public key " + to_hex(theirs) + " is of small order"};
  }
  return shared;
}

}  // namespace bauta
