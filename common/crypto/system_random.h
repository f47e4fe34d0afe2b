// The operating system's random source: the only one that daemons link.
#pragma once

#include "common/base/random_source.h"

namespace bauta {

/// getrandom(2): no file, setting or environment variable can replace or seed it. A failure ends the process.
/// Stateless, so one object may serve several threads.
class SystemRandom final : public RandomSource {
 public:
  void fill(MutableByteView out) override;
};

}  // namespace bauta
