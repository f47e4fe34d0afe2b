// A clock that moves only when the test says so.
#pragma once

#include "common/base/clock.h"

namespace bauta::testing {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_milliseconds = 1'700'000'000'000) : now_(unix_milliseconds) {}
  SteadyTime steady() const override { return SteadyTime(now_); }
  WallTime wall() const override { return WallTime(now_); }
  void advance(Milliseconds by) { now_ += by; }

 private:
  Milliseconds now_;
};

}  // namespace bauta::testing
