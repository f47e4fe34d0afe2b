#include "tests/bench/public_key_work.h"

#include <atomic>

#include "common/crypto/signature.h"
#include "common/crypto/x25519.h"
#include "tests/bench/report.h"

namespace {

struct Tally {
  std::atomic<std::uint64_t> count{0};
  std::atomic<double> seconds{0};

  template <class Call>
  auto measure(Call&& call) {
    const double start = bauta::bench::thread_seconds();
    auto result = call();
    seconds += bauta::bench::thread_seconds() - start;
    ++count;
    return result;
  }
  bauta::bench::Operation read() const { return {static_cast<double>(count), seconds}; }
};

Tally verify;
Tally sign;
Tally agree;
Tally make_pair;

}  // namespace

// The linker knows the product's functions by these names; a member function takes `this` as a free one its first
// argument. Another signature there and this no longer links.
#define NAME_VERIFY "_ZNK5bauta9VerifyKey6verifyESt4spanIKhLm18446744073709551615EES3_"
#define NAME_SIGN "_ZNK5bauta10SigningKey4signESt4spanIKhLm18446744073709551615EE"
#define NAME_AGREE "_ZN5bauta6x25519ERKNS_11SecretBytesILm32EEERKSt5arrayIhLm32EES7_"
#define NAME_MAKE_PAIR "_ZN5bauta16make_x25519_pairERNS_12RandomSourceE"

namespace bauta {

bool real_verify(const VerifyKey* key, ByteView message, ByteView signature) asm("__real_" NAME_VERIFY);
Bytes real_sign(const SigningKey* key, ByteView message) asm("__real_" NAME_SIGN);
Result<SecretBytes<32>> real_agree(const X25519Secret& mine, const X25519Public& my_public,
                                   const X25519Public& theirs) asm("__real_" NAME_AGREE);
X25519KeyPair real_make_pair(RandomSource& random) asm("__real_" NAME_MAKE_PAIR);

bool wrapped_verify(const VerifyKey* key, ByteView message, ByteView signature) asm("__wrap_" NAME_VERIFY);
bool wrapped_verify(const VerifyKey* key, ByteView message, ByteView signature) {
  return verify.measure([&] { return real_verify(key, message, signature); });
}

Bytes wrapped_sign(const SigningKey* key, ByteView message) asm("__wrap_" NAME_SIGN);
Bytes wrapped_sign(const SigningKey* key, ByteView message) {
  return sign.measure([&] { return real_sign(key, message); });
}

Result<SecretBytes<32>> wrapped_agree(const X25519Secret& mine, const X25519Public& my_public,
                                      const X25519Public& theirs) asm("__wrap_" NAME_AGREE);
Result<SecretBytes<32>> wrapped_agree(const X25519Secret& mine, const X25519Public& my_public,
                                      const X25519Public& theirs) {
  return agree.measure([&] { return real_agree(mine, my_public, theirs); });
}

X25519KeyPair wrapped_make_pair(RandomSource& random) asm("__wrap_" NAME_MAKE_PAIR);
X25519KeyPair wrapped_make_pair(RandomSource& random) {
  return make_pair.measure([&] { return real_make_pair(random); });
}

}  // namespace bauta

namespace bauta::bench {

PublicKeyWork public_key_work() { return {verify.read(), sign.read(), agree.read(), make_pair.read()}; }

void forget_public_key_work() {
  for (Tally* const tally : {&verify, &sign, &agree, &make_pair}) {
    tally->count = 0;
    tally->seconds = 0;
  }
}

}  // namespace bauta::bench
