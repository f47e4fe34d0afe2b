#include "common/crypto/hkdf.h"

#include <openssl/core_names.h>

#include "common/base/result.h"
#include "common/crypto/openssl_handles.h"

namespace bauta {
namespace {

OSSL_PARAM octets(const char* name, ByteView bytes) {
  // OpenSSL only reads through the pointer; a null pointer of an empty span would read as "not given".
  static std::uint8_t empty = 0;
  return OSSL_PARAM_construct_octet_string(name, bytes.empty() ? &empty : const_cast<std::uint8_t*>(bytes.data()),
                                           bytes.size());
}

}  // namespace

void hkdf_sha256_into(ByteView salt, ByteView input_key, ByteView info, MutableByteView out) {
  static EVP_KDF* const method = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  BAUTA_CHECK(method != nullptr);
  BAUTA_CHECK(info.size() <= 2048);
  const KdfContextPtr context(EVP_KDF_CTX_new(method));
  BAUTA_CHECK(context != nullptr);
  char digest_name[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
      octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_KEY, input_key),
      octets(OSSL_KDF_PARAM_INFO, info),
      OSSL_PARAM_construct_end(),
  };
  BAUTA_CHECK(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1);
}

}  // namespace bauta
