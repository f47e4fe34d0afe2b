// Doing nothing for a while, as an argument.
#pragma once

#include <thread>

#include "common/base/clock.h"

namespace bauta::client {

class Waiter {
 public:
  virtual ~Waiter() = default;
  /// False: this client is being stopped, do not go on.
  virtual bool wait(Milliseconds time) = 0;
};

/// For what nobody stops.
class SleepingWaiter final : public Waiter {
 public:
  bool wait(Milliseconds time) override {
    std::this_thread::sleep_for(time);
    return true;
  }
};

}  // namespace bauta::client
