#include "common/evaluation/histogram_auc.h"

#include <algorithm>
#include <cmath>

namespace bauta {

bool LogitHistogram::add(double logit, bool label) {
  if (std::isnan(logit)) return false;
  const double position = (logit + kLogitLimit) / (2 * kLogitLimit) * static_cast<double>(kBins);
  const auto bin = static_cast<std::size_t>(std::clamp(position, 0.0, static_cast<double>(kBins - 1)));
  ++(label ? positives_ : negatives_)[bin];
  return true;
}

void LogitHistogram::merge(const LogitHistogram& other) {
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    positives_[bin] += other.positives_[bin];
    negatives_[bin] += other.negatives_[bin];
  }
}

std::optional<LogitHistogram::Estimate> LogitHistogram::estimate() const {
  double positives = 0;
  double below = 0;  // negatives in lower bins
  double won = 0;
  double undecided = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const auto p = static_cast<double>(positives_[bin]);
    const auto n = static_cast<double>(negatives_[bin]);
    won += p * below;
    undecided += p * n;
    positives += p;
    below += n;
  }
  const double pairs = positives * below;
  if (pairs == 0) return std::nullopt;
  return Estimate{(won + undecided / 2) / pairs, undecided / 2 / pairs};
}

}  // namespace bauta
