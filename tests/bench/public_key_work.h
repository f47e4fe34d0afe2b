// Public-key operations that this process's own code has asked OpenSSL for, those inside TLS left out. The linker puts
// the counting functions in front of OpenSSL's (--wrap in tests/bench/CMakeLists.txt).
#pragma once

#include <cstdint>

namespace bauta::bench {

struct PublicKeyWork {
  double verifications = 0;
  double signatures = 0;
  double agreements = 0;  ///< X25519
  double new_keys = 0;    ///< X25519 public keys from secrets
};

/// Both may be called from any thread.
PublicKeyWork public_key_work();
void forget_public_key_work();

}  // namespace bauta::bench
