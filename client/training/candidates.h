// Which items stand for all of a service's in the next-item loss of one step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/counter_random.h"

namespace bauta::client {

/// Draws items with probabilities proportional to occurrences^¾ (Mikolov et al. 2013), the most frequent ones for
/// certain, those that have not occurred yet never (that they exist is known only later), by systematic sampling: the
/// number is fixed and every item's probability of being drawn is known exactly.
class CandidateSampler {
 public:
  CandidateSampler(std::span<const std::uint32_t> counts, std::uint32_t candidates);

  /// Different items, and log of each one's probability of being among them. All that occurred, with 0, where there are
  /// no more than asked for. The spans live until the next draw.
  void draw(CounterRandom& random);
  std::span<const std::uint32_t> items() const { return items_; }
  std::span<const float> log_q() const { return log_q_; }

 private:
  std::vector<double> inclusion_;  // of each item; they add up to the number of candidates
  std::vector<std::uint32_t> items_;
  std::vector<float> log_q_;
  bool all_ = false;
};

}  // namespace bauta::client
