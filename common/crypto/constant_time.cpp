#include "common/crypto/constant_time.h"

#include <openssl/crypto.h>

namespace bauta {

bool equal_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace bauta
