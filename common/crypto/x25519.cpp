#include "common/crypto/x25519.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "common/base/defence.h"
#include "common/crypto/openssl_handles.h"

namespace bauta {
namespace {

PkeyPtr private_key(const X25519Secret& secret) {
  PkeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.reveal().data(), secret.size()));
  BAUTA_CHECK(key != nullptr);
  return key;
}

// OpenSSL only reads what the parameters point to.
OSSL_PARAM octets(const char* name, std::span<const std::uint8_t, 32> bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

PkeyPtr key_from(int selection, OSSL_PARAM* parameters) {
  // Once a thread: finding the algorithm takes OpenSSL longer than making a key.
  thread_local const PkeyContextPtr context = [] {
    PkeyContextPtr made(EVP_PKEY_CTX_new_from_name(nullptr, "X25519", nullptr));
    BAUTA_CHECK(made != nullptr && EVP_PKEY_fromdata_init(made.get()) == 1);
    return made;
  }();
  EVP_PKEY* key = nullptr;
  BAUTA_CHECK(EVP_PKEY_fromdata(context.get(), &key, selection, parameters) == 1);
  return PkeyPtr(key);
}

PkeyPtr key_pair(const X25519Secret& secret, const X25519Public& public_key) {
  OSSL_PARAM parameters[] = {octets(OSSL_PKEY_PARAM_PRIV_KEY, secret.reveal()),
                             octets(OSSL_PKEY_PARAM_PUB_KEY, public_key), OSSL_PARAM_construct_end()};
  return key_from(EVP_PKEY_KEYPAIR, parameters);
}

PkeyPtr peer_key(const X25519Public& public_key) {
  OSSL_PARAM parameters[] = {octets(OSSL_PKEY_PARAM_PUB_KEY, public_key), OSSL_PARAM_construct_end()};
  return key_from(EVP_PKEY_PUBLIC_KEY, parameters);
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
bool is_small_order(const X25519Public& key) {
  const X25519Secret scalar;
  static const X25519Public scalar_public = x25519_public(scalar);
  return !x25519(scalar, scalar_public, key).ok();
}

Result<SecretBytes<32>> x25519(const X25519Secret& mine, const X25519Public& my_public, const X25519Public& theirs) {
  const PkeyPtr key = key_pair(mine, my_public);
  const PkeyPtr peer = peer_key(theirs);
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  BAUTA_CHECK(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
  SecretBytes<32> shared;
  std::size_t length = shared.size();
  if ((EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
       EVP_PKEY_derive(context.get(), shared.reveal_mutable().data(), &length) != 1 || length != shared.size()) &&
      BAUTA_DEFENDS(usable_shared_secret)) {
    return Error{ErrorCode::malformed, "X25519 public key " + to_hex(theirs) + " refused: " + take_openssl_error()};
  }
  // OpenSSL refuses these too; the protocol depends on it, so it is not left to one version's behaviour.
  std::uint8_t any_bit = 0;
  for (const std::uint8_t byte : shared.reveal()) any_bit |= byte;
  if (BAUTA_DEFENDS(usable_shared_secret) && any_bit == 0) {
    return Error{ErrorCode::malformed, "X25519 public key " + to_hex(theirs) + " is of small order"};
  }
  return shared;
}

}  // namespace bauta
