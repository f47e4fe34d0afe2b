#include "common/crypto/sha256.h"

#include "common/base/result.h"
#include "common/crypto/openssl_handles.h"

namespace bauta {
namespace {

/// Fetched once: an implicit fetch would cost more than hashing a short message.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  BAUTA_CHECK(method != nullptr);
  return method;
}

}  // namespace

Digest sha256(ByteView bytes) { return sha256_concat({bytes}); }

Digest sha256_concat(std::initializer_list<ByteView> parts) {
  Sha256 hash;
  for (const ByteView part : parts) hash.update(part);
  return hash.finish();
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  BAUTA_CHECK(context_ != nullptr);
  BAUTA_CHECK(EVP_DigestInit_ex2(context_.get(), sha256_method(), nullptr) == 1);
}

void Sha256::update(ByteView bytes) { BAUTA_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

Digest Sha256::finish() {
  Digest digest{};
  unsigned int length = 0;
  BAUTA_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1 && length == digest.size());
  BAUTA_CHECK(EVP_DigestInit_ex2(context_.get(), sha256_method(), nullptr) == 1);
  return digest;
}

}  // namespace bauta
