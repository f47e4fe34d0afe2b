// Random draws that are the same with every standard library, unlike the distributions of <random>.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>

#include "common/base/counter_random.h"

namespace bauta::simulation {

/// One named stream of draws; its values depend on (seed, stream) alone.
class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view stream) : random_(seed, stream) {}

  double unit() { return random_.unit(); }
  bool chance(double probability) { return random_.unit() < probability; }
  /// Uniform in [0, bound).
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_.below(bound)); }
  /// Uniform in [low, high].
  int between(int low, int high) {
    return low + static_cast<int>(random_.below(static_cast<std::uint64_t>(high - low) + 1));
  }

  /// Standard normal, Box and Muller 1958.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - unit()));
    return radius * std::cos(2 * std::numbers::pi * unit());
  }

  /// Knuth's product of uniforms; for small means.
  int poisson(double mean) {
    const double limit = std::exp(-mean);
    int count = 0;
    for (double product = unit(); product > limit; product *= unit()) ++count;
    return count;
  }

  /// An index drawn with probability proportional to its weight; at least one weight is positive.
  std::size_t weighted(std::span<const double> weights) {
    double total = 0;
    for (const double weight : weights) total += weight;
    double left = unit() * total;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      left -= weights[i];
      if (left < 0) return i;
    }
    return weights.size() - 1;
  }

 private:
  CounterRandom random_;
};

}  // namespace bauta::simulation
