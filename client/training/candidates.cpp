#include "client/training/candidates.h"

#include <cmath>
#include <numeric>

namespace bauta::client {

CandidateSampler::CandidateSampler(std::span<const std::uint32_t> counts, std::uint32_t candidates)
    : inclusion_(counts.size(), 1.0), all_(counts.size() <= candidates) {
  if (all_) {
    items_.resize(counts.size());
    std::iota(items_.begin(), items_.end(), 0U);
    log_q_.assign(counts.size(), 0.0F);
    return;
  }
  std::vector<double> weights;
  for (const std::uint32_t count : counts) weights.push_back(std::pow(count + 1.0, 0.75));
  // Items whose share exceeds one candidate are certain; the rest share what is left, until nothing changes.
  auto left = static_cast<double>(candidates);
  double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<bool> certain(counts.size(), false);
  for (bool changed = true; changed;) {
    changed = false;
    const double unit = sum / left;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (certain[i] || weights[i] < unit) continue;
      certain[i] = changed = true;
      sum -= weights[i];
      left -= 1;
    }
  }
  for (std::size_t i = 0; i < weights.size(); ++i) inclusion_[i] = certain[i] ? 1.0 : weights[i] * left / sum;
}

void CandidateSampler::draw(CounterRandom& random) {
  if (all_) return;
  items_.clear();
  log_q_.clear();
  double at = random.unit();  // where the next candidate lies on the line of summed probabilities
  double end = 0;
  for (std::size_t i = 0; i < inclusion_.size(); ++i) {
    end += inclusion_[i];
    if (at >= end) continue;
    items_.push_back(static_cast<std::uint32_t>(i));
    log_q_.push_back(static_cast<float>(std::log(inclusion_[i])));
    at += 1;
  }
}

}  // namespace bauta::client
