// Time that passes only when everybody waits: a simulated federation never sleeps.
#pragma once

#include "common/base/clock.h"

namespace bauta::simulation {

class SimulatedClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime(elapsed_); }
  WallTime wall() const override { return WallTime(kStart + elapsed_); }
  void advance(Milliseconds by) { elapsed_ += by; }

 private:
  static constexpr Milliseconds kStart{1'767'225'600'000};  // 2026-01-01, so that reports of equal seeds are equal
  Milliseconds elapsed_{0};
};

}  // namespace bauta::simulation
