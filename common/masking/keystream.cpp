#include "common/masking/keystream.h"

#include <cstring>

#include "common/base/result.h"
#include "common/crypto/openssl_handles.h"

namespace bauta {
namespace {

const EVP_CIPHER* aes_128_ctr() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  BAUTA_CHECK(cipher != nullptr);
  return cipher;
}

}  // namespace

void Keystream::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

Keystream::Keystream(std::span<const std::uint8_t, 16> key, std::span<const std::uint8_t, 16> first_counter)
    : context_(EVP_CIPHER_CTX_new()) {
  BAUTA_CHECK(context_ != nullptr);
  BAUTA_CHECK(EVP_EncryptInit_ex2(context_.get(), aes_128_ctr(), key.data(), first_counter.data(), nullptr) == 1);
}

void Keystream::read(MutableByteView out) {
  BAUTA_CHECK(out.size() <= (std::size_t{1} << 30));
  if (out.empty()) return;
  // Encrypting zeros in place leaves the bare keystream.
  std::memset(out.data(), 0, out.size());
  int length = 0;
  BAUTA_CHECK(EVP_EncryptUpdate(context_.get(), out.data(), &length, out.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace bauta
