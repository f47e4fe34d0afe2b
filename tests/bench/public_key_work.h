// The public-key operations of the protocol in this process, those inside TLS left out. The linker puts measuring
// functions in front of the product's (--wrap in tests/bench/CMakeLists.txt).
#pragma once

namespace bauta::bench {

/// How many there were, and the CPU time that their threads spent in them: with the caches and the clock of a processor
/// that has other work to do, which a loop over the same operation would not show.
struct Operation {
  double count = 0;
  double seconds = 0;
};

struct PublicKeyWork {
  Operation verify;  ///< ECDSA P-256, the digest included
  Operation sign;
  Operation agree;      ///< X25519
  Operation make_pair;  ///< X25519, from a random secret
};

/// Both may be called from any thread.
PublicKeyWork public_key_work();
void forget_public_key_work();

}  // namespace bauta::bench
