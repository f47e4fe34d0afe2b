// Where randomness comes from. The core takes it as an argument; daemons link only crypto/system_random,
// the simulation and the tests bring a seeded one of their own.
#pragma once

#include "common/base/bytes.h"

namespace bauta {

/// Thread-compatible: one thread at a time.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  /// Fills all of `out` with uniformly random bytes; never fails (a broken system source ends the process).
  virtual void fill(MutableByteView out) = 0;
};

}  // namespace bauta
