#include "common/crypto/aead.h"

#include <climits>

#include "common/crypto/openssl_handles.h"

namespace bauta {
namespace {

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  BAUTA_CHECK(cipher != nullptr);
  return cipher;
}

int checked_length(ByteView bytes) {
  BAUTA_CHECK(bytes.size() <= INT_MAX);
  return static_cast<int>(bytes.size());
}

}  // namespace

Bytes aead_seal(const SecretBytes<32>& key, ByteView nonce, ByteView associated, ByteView plaintext) {
  BAUTA_CHECK(nonce.size() == kAeadNonceBytes);
  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  BAUTA_CHECK(context != nullptr);
  BAUTA_CHECK(EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), key.reveal().data(), nonce.data(), nullptr) == 1);
  Bytes sealed(plaintext.size() + kAeadTagBytes);
  int length = 0;
  if (!associated.empty()) {
    BAUTA_CHECK(EVP_EncryptUpdate(context.get(), nullptr, &length, associated.data(), checked_length(associated)) == 1);
  }
  if (!plaintext.empty()) {
    BAUTA_CHECK(EVP_EncryptUpdate(context.get(), sealed.data(), &length, plaintext.data(), checked_length(plaintext)) ==
                1);
  }
  std::uint8_t* const tag = sealed.data() + plaintext.size();
  BAUTA_CHECK(EVP_EncryptFinal_ex(context.get(), tag, &length) == 1);
  BAUTA_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, tag) == 1);
  return sealed;
}

Result<Bytes> aead_open(const SecretBytes<32>& key, ByteView nonce, ByteView associated, ByteView sealed) {
  BAUTA_CHECK(nonce.size() == kAeadNonceBytes);
  if (sealed.size() < kAeadTagBytes || sealed.size() > INT_MAX) {
    return Error{ErrorCode::malformed, "a sealed message of " + std::to_string(sealed.size()) + " bytes"};
  }
  const ByteView ciphertext = sealed.first(sealed.size() - kAeadTagBytes);
  std::array<std::uint8_t, kAeadTagBytes> tag;
  std::copy_n(sealed.data() + ciphertext.size(), tag.size(), tag.begin());

  const CipherContextPtr context(EVP_CIPHER_CTX_new());
  BAUTA_CHECK(context != nullptr);
  BAUTA_CHECK(EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), key.reveal().data(), nonce.data(), nullptr) == 1);
  Bytes plaintext(ciphertext.size());
  int length = 0;
  if (!associated.empty()) {
    BAUTA_CHECK(EVP_DecryptUpdate(context.get(), nullptr, &length, associated.data(), checked_length(associated)) == 1);
  }
  if (!ciphertext.empty()) {
    BAUTA_CHECK(EVP_DecryptUpdate(context.get(), plaintext.data(), &length, ciphertext.data(),
                                  checked_length(ciphertext)) == 1);
  }
  BAUTA_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
  std::array<std::uint8_t, kAeadTagBytes> nothing;
  if (EVP_DecryptFinal_ex(context.get(), nothing.data(), &length) != 1) {
    ERR_clear_error();
    explicit_bzero(plaintext.data(), plaintext.size());
    return Error{ErrorCode::bad_share, "a sealed message does not verify under its key and context"};
  }
  return plaintext;
}

}  // namespace bauta
