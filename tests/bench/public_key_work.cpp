#include "tests/bench/public_key_work.h"

#include <openssl/evp.h>

#include <atomic>

namespace {

std::atomic<std::uint64_t> verifications{0};
std::atomic<std::uint64_t> signatures{0};
std::atomic<std::uint64_t> agreements{0};
std::atomic<std::uint64_t> new_keys{0};

}  // namespace

extern "C" {

int __real_EVP_DigestVerify(EVP_MD_CTX*, const unsigned char*, std::size_t, const unsigned char*, std::size_t);
int __wrap_EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature, std::size_t length,
                            const unsigned char* message, std::size_t message_length) {
  ++verifications;
  return __real_EVP_DigestVerify(context, signature, length, message, message_length);
}

int __real_EVP_DigestSign(EVP_MD_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);
int __wrap_EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, std::size_t* length,
                          const unsigned char* message, std::size_t message_length) {
  // Without a place for the signature it only says how long one is.
  if (signature) ++signatures;
  return __real_EVP_DigestSign(context, signature, length, message, message_length);
}

int __real_EVP_PKEY_derive(EVP_PKEY_CTX*, unsigned char*, std::size_t*);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX* context, unsigned char* secret, std::size_t* length) {
  ++agreements;
  return __real_EVP_PKEY_derive(context, secret, length);
}

EVP_PKEY* __real_EVP_PKEY_new_raw_private_key(int, ENGINE*, const unsigned char*, std::size_t);
EVP_PKEY* __wrap_EVP_PKEY_new_raw_private_key(int type, ENGINE* engine, const unsigned char* secret,
                                              std::size_t length) {
  ++new_keys;
  return __real_EVP_PKEY_new_raw_private_key(type, engine, secret, length);
}

}  // extern "C"

namespace bauta::bench {

PublicKeyWork public_key_work() {
  return {static_cast<double>(verifications), static_cast<double>(signatures), static_cast<double>(agreements),
          static_cast<double>(new_keys)};
}

void forget_public_key_work() { verifications = signatures = agreements = new_keys = 0; }

}  // namespace bauta::bench
