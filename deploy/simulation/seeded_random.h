// The simulation's randomness: repeatable, so that one seed gives one model. Daemons cannot link it.
#pragma once

#include <string_view>

#include "common/base/counter_random.h"
#include "common/base/random_source.h"

namespace bauta::simulation {

class SeededRandom final : public RandomSource {
 public:
  SeededRandom(std::uint64_t seed, std::string_view stream) : random_(seed, stream) {}
  void fill(MutableByteView out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random_.next() >> 56);
  }

 private:
  CounterRandom random_;
};

}  // namespace bauta::simulation
