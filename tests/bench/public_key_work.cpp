#include "tests/bench/public_key_work.h"

#include <openssl/evp.h>

#include <atomic>

#include "tests/bench/report.h"

namespace {

struct Tally {
  std::atomic<std::uint64_t> count{0};
  std::atomic<double> seconds{0};

  template <class Call>
  auto measure(Call&& call) {
    const double start = bauta::bench::thread_seconds();
    const auto result = call();
    seconds += bauta::bench::thread_seconds() - start;
    ++count;
    return result;
  }
  bauta::bench::Operation read() const { return {static_cast<double>(count), seconds}; }
};

Tally verify;
Tally sign;
Tally agree;
Tally make_key;

}  // namespace

extern "C" {

int __real_EVP_DigestVerify(EVP_MD_CTX*, const unsigned char*, std::size_t, const unsigned char*, std::size_t);
int __wrap_EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature, std::size_t length,
                            const unsigned char* message, std::size_t message_length) {
  return verify.measure([&] { return __real_EVP_DigestVerify(context, signature, length, message, message_length); });
}

int __real_EVP_DigestSign(EVP_MD_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);
int __wrap_EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, std::size_t* length,
                          const unsigned char* message, std::size_t message_length) {
  const auto call = [&] { return __real_EVP_DigestSign(context, signature, length, message, message_length); };
  // Without a place for the signature it only says how long one is.
  return signature ? sign.measure(call) : call();
}

int __real_EVP_PKEY_derive(EVP_PKEY_CTX*, unsigned char*, std::size_t*);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX* context, unsigned char* secret, std::size_t* length) {
  return agree.measure([&] { return __real_EVP_PKEY_derive(context, secret, length); });
}

EVP_PKEY* __real_EVP_PKEY_new_raw_private_key(int, ENGINE*, const unsigned char*, std::size_t);
EVP_PKEY* __wrap_EVP_PKEY_new_raw_private_key(int type, ENGINE* engine, const unsigned char* secret,
                                              std::size_t length) {
  return make_key.measure([&] { return __real_EVP_PKEY_new_raw_private_key(type, engine, secret, length); });
}

}  // extern "C"

namespace bauta::bench {

PublicKeyWork public_key_work() { return {verify.read(), sign.read(), agree.read(), make_key.read()}; }

void forget_public_key_work() {
  for (Tally* const tally : {&verify, &sign, &agree, &make_key}) {
    tally->count = 0;
    tally->seconds = 0;
  }
}

}  // namespace bauta::bench
