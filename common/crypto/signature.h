// Signatures of protocol messages: ECDSA on P-256 with SHA-256 (FIPS 186-4, DER) or Ed25519 (RFC 8032).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/secret_bytes.h"

struct evp_md_ctx_st;
struct evp_pkey_st;

namespace bauta {

/// A private signing key. Move-only. sign() may be called from several threads at once.
class SigningKey {
 public:
  /// Reads a PEM private key, PKCS#8 or SEC 1, encrypted or not. `passphrase` is ignored for a key in the clear.
  /// Never asks on the terminal. `invalid_argument` names what to mend: a wrong or missing passphrase, a text that is
  /// no private key, or a key of another algorithm or curve.
  static Result<SigningKey> from_pem(std::string_view pem, std::string_view passphrase);
  static SigningKey generate_p256();
  static SigningKey generate_ed25519();

  /// DER SubjectPublicKeyInfo of the public half.
  Bytes spki() const;
  /// ECDSA: ASN.1 DER, 70 to 72 bytes, different on every call. Ed25519: 64 bytes, always the same.
  Bytes sign(ByteView message) const;
  /// PKCS#8 PEM; encrypted with AES-256-CBC and PBKDF2 when a passphrase is given.
  std::string to_pem(std::string_view passphrase = {}) const;

  /// For certificates and requests in common/crypto; still owned by this object.
  evp_pkey_st* native() const { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  explicit SigningKey(evp_pkey_st* key) : key_(key) {}
  std::unique_ptr<evp_pkey_st, Free> key_;
};

/// A public signing key. Cheap to copy; all functions may be called from several threads at once.
class VerifyKey {
 public:
  /// Accepts exactly the one canonical DER encoding of a P-256 (named curve, uncompressed point) or an Ed25519 key,
  /// so that one key has one fingerprint. `malformed` otherwise. `der` may come from a peer.
  static Result<VerifyKey> from_spki(ByteView der);

  bool verify(ByteView message, ByteView signature) const;
  const Bytes& spki() const { return state_->spki; }
  /// SHA-256 of spki(): what rosters pin.
  const Digest& fingerprint() const { return state_->fingerprint; }

 private:
  struct State {
    /// Ready to verify a message: copied for each, as making one anew takes OpenSSL a search under a lock.
    std::shared_ptr<const evp_md_ctx_st> ready;
    Bytes spki;
    Digest fingerprint{};
  };
  explicit VerifyKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace bauta
