// Doing nothing for a while, as an argument.
#pragma once

#include "common/base/clock.h"

namespace bauta::client {

class Waiter {
 public:
  virtual ~Waiter() = default;
  /// False: this client is being stopped, do not go on.
  virtual bool wait(Milliseconds time) = 0;
};

}  // namespace bauta::client
