#include "common/crypto/signature.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

#include "common/crypto/openssl_handles.h"
#include "common/crypto/sha256.h"

namespace bauta {
namespace {

// The DER SubjectPublicKeyInfo of both algorithms is a constant followed by the point (RFC 5480 §2, RFC 8410 §4).
constexpr std::array<std::uint8_t, 27> kP256Prefix = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::size_t kP256Bytes = kP256Prefix.size() + 64;
constexpr std::array<std::uint8_t, 12> kEd25519Prefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                         0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::size_t kEd25519Bytes = kEd25519Prefix.size() + 32;

template <std::size_t N>
bool has_form(ByteView der, const std::array<std::uint8_t, N>& prefix, std::size_t length) {
  return der.size() == length && std::equal(prefix.begin(), prefix.end(), der.begin());
}

bool is_ed25519(const EVP_PKEY* key) { return EVP_PKEY_is_a(key, "ED25519") == 1; }

/// Ed25519 hashes inside; ECDSA names its digest.
const char* digest_name(bool ed25519) { return ed25519 ? nullptr : "SHA256"; }

struct Passphrase {
  std::string_view text;
  bool asked = false;
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* argument) {
  auto& passphrase = *static_cast<Passphrase*>(argument);
  passphrase.asked = true;
  if (passphrase.text.empty() || passphrase.text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, passphrase.text.data(), passphrase.text.size());
  return static_cast<int>(passphrase.text.size());
}

constexpr char kHowToMakeAKey[] =
    "make one with `openssl genpkey -algorithm ed25519` or `openssl genpkey -algorithm EC -pkeyopt "
    "ec_paramgen_curve:P-256`";

}  // namespace

void SigningKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Result<SigningKey> SigningKey::from_pem(std::string_view pem, std::string_view passphrase) {
  if (pem.size() > 64 * 1024) return Error{ErrorCode::invalid_argument, "the private key file is larger than 64 KiB"};
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  BAUTA_CHECK(bio != nullptr);
  Passphrase given{passphrase};
  SigningKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &given));
  if (key.key_ == nullptr) {
    const std::string reason = take_openssl_error();
    if (given.asked && passphrase.empty()) {
      return Error{ErrorCode::invalid_argument,
                   "the private key is encrypted and no passphrase is given: set a passphrase file that is not empty"};
    }
    if (given.asked) {
      return Error{ErrorCode::invalid_argument,
                   "the passphrase does not open the private key: correct the passphrase or the key file"};
    }
    return Error{ErrorCode::invalid_argument, "no usable PEM private key (" + reason + "): " + kHowToMakeAKey};
  }
  if (!VerifyKey::from_spki(key.spki()).ok()) {
    ERR_clear_error();
    return Error{ErrorCode::invalid_argument,
                 std::string("the private key is neither Ed25519 nor on the named curve P-256: ") + kHowToMakeAKey};
  }
  return key;
}

SigningKey SigningKey::generate_p256() {
  SigningKey key(EVP_EC_gen("P-256"));
  BAUTA_CHECK(key.key_ != nullptr);
  return key;
}

SigningKey SigningKey::generate_ed25519() {
  SigningKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  BAUTA_CHECK(key.key_ != nullptr);
  return key;
}

Bytes SigningKey::spki() const {
  const int length = i2d_PUBKEY(key_.get(), nullptr);
  if (length <= 0) return {};
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* out = der.data();
  BAUTA_CHECK(i2d_PUBKEY(key_.get(), &out) == length);
  return der;
}

Bytes SigningKey::sign(ByteView message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  BAUTA_CHECK(context != nullptr);
  BAUTA_CHECK(EVP_DigestSignInit_ex(context.get(), nullptr, digest_name(is_ed25519(key_.get())), nullptr, nullptr,
                                    key_.get(), nullptr) == 1);
  std::size_t length = 0;
  BAUTA_CHECK(EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()) == 1);
  Bytes signature(length);
  BAUTA_CHECK(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1);
  signature.resize(length);
  return signature;
}

std::string SigningKey::to_pem(std::string_view passphrase) const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  BAUTA_CHECK(bio != nullptr);
  const EVP_CIPHER* const cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
  BAUTA_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), cipher, passphrase.data(),
                                            static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

Result<VerifyKey> VerifyKey::from_spki(ByteView der) {
  const bool ed25519 = has_form(der, kEd25519Prefix, kEd25519Bytes);
  if (!ed25519 && !has_form(der, kP256Prefix, kP256Bytes)) {
    return Error{ErrorCode::malformed, "the public key is neither Ed25519 nor P-256 in its canonical DER encoding"};
  }
  const unsigned char* in = der.data();
  // Decoding a P-256 point checks that it lies on the curve.
  const PkeyPtr key(d2i_PUBKEY(nullptr, &in, static_cast<long>(der.size())));
  if (key == nullptr) {
    return Error{ErrorCode::malformed, "the public key does not decode: " + take_openssl_error()};
  }
  DigestContextPtr ready(EVP_MD_CTX_new());
  BAUTA_CHECK(ready != nullptr);
  BAUTA_CHECK(
      EVP_DigestVerifyInit_ex(ready.get(), nullptr, digest_name(ed25519), nullptr, nullptr, key.get(), nullptr) == 1);
  auto state = std::make_shared<State>();
  state->ready = std::move(ready);
  state->spki.assign(der.begin(), der.end());
  state->fingerprint = sha256(der);
  return VerifyKey(std::move(state));
}

bool VerifyKey::verify(ByteView message, ByteView signature) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  BAUTA_CHECK(context != nullptr && EVP_MD_CTX_copy_ex(context.get(), state_->ready.get()) == 1);
  const int verdict =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size());
  ERR_clear_error();
  return verdict == 1;
}

}  // namespace bauta
