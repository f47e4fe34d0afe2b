#include "client/training/candidates.h"

#include <cmath>

namespace bauta::client {

CandidateSampler::CandidateSampler(std::span<const std::uint32_t> counts, std::uint32_t candidates)
    : inclusion_(counts.size(), 0.0) {
  for (std::uint32_t item = 0; item < counts.size(); ++item)
    if (counts[item] > 0) items_.push_back(item);
  all_ = items_.size() <= candidates;
  log_q_.assign(items_.size(), 0.0F);
  if (all_) return;
  // Items whose share exceeds one candidate are certain; the rest share what is left, until nothing changes.
  std::vector<double> weights(counts.size(), 0.0);
  double sum = 0;
  for (const std::uint32_t item : items_) sum += weights[item] = std::pow(counts[item], 0.75);
  auto left = static_cast<double>(candidates);
  for (bool changed = true; changed;) {
    changed = false;
    const double unit = sum / left;
    for (const std::uint32_t item : items_) {
      if (inclusion_[item] == 1 || weights[item] < unit) continue;
      inclusion_[item] = 1;
      changed = true;
      sum -= weights[item];
      left -= 1;
    }
  }
  for (const std::uint32_t item : items_)
    if (inclusion_[item] != 1) inclusion_[item] = weights[item] * left / sum;
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
