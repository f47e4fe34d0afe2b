#include "common/evaluation/metrics.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bauta {
namespace {

bool any_nan(std::span<const Scored> samples) {
  return std::any_of(samples.begin(), samples.end(), [](const Scored& s) { return std::isnan(s.logit); });
}

}  // namespace

std::optional<double> auc(std::span<const Scored> samples) {
  if (any_nan(samples)) return std::nullopt;
  std::vector<Scored> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end(), [](const Scored& a, const Scored& b) { return a.logit < b.logit; });
  double positives = 0;
  double negatives = 0;
  double twice_won = 0;  // 2 · pairs won + pairs tied
  for (std::size_t i = 0; i < sorted.size();) {
    double tied_positives = 0;
    double tied_negatives = 0;
    const double logit = sorted[i].logit;
    for (; i < sorted.size() && sorted[i].logit == logit; ++i) (sorted[i].label ? tied_positives : tied_negatives) += 1;
    twice_won += tied_positives * (2 * negatives + tied_negatives);
    positives += tied_positives;
    negatives += tied_negatives;
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return twice_won / (2 * positives * negatives);
}

std::optional<double> precision_at(std::span<const Scored> samples, double share) {
  if (samples.empty() || any_nan(samples) || !(share > 0) || share > 1) return std::nullopt;
  std::vector<Scored> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end(), [](const Scored& a, const Scored& b) { return a.logit > b.logit; });
  const double wanted = share * static_cast<double>(sorted.size());
  double taken = 0;
  double hits = 0;
  for (std::size_t i = 0; i < sorted.size() && taken < wanted;) {
    double tied = 0;
    double tied_positives = 0;
    const double score = sorted[i].logit;
    for (; i < sorted.size() && sorted[i].logit == score; ++i) {
      tied += 1;
      tied_positives += sorted[i].label ? 1 : 0;
    }
    const double part = std::min(1.0, (wanted - taken) / tied);
    taken += part * tied;
    hits += part * tied_positives;
  }
  return hits / wanted;
}

std::optional<double> lift(std::span<const Scored> samples, double share) {
  const auto precision = precision_at(samples, share);
  const auto positives = std::count_if(samples.begin(), samples.end(), [](const Scored& s) { return s.label; });
  if (!precision || positives == 0) return std::nullopt;
  return *precision * static_cast<double>(samples.size()) / static_cast<double>(positives);
}

std::optional<double> log_loss(std::span<const Scored> samples) {
  if (samples.empty() || any_nan(samples)) return std::nullopt;
  double sum = 0;
  for (const Scored& s : samples) {
    const double margin = s.label ? s.logit : -s.logit;
    sum += std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
  }
  return sum / static_cast<double>(samples.size());
}

std::optional<double> calibration_error(std::span<const Scored> samples, std::size_t bins) {
  if (samples.empty() || bins == 0 || any_nan(samples)) return std::nullopt;
  std::vector<double> excess(bins, 0.0);  // sum of prediction − label
  for (const Scored& s : samples) {
    const double probability = 1 / (1 + std::exp(-s.logit));
    const auto bin = std::min(bins - 1, static_cast<std::size_t>(probability * static_cast<double>(bins)));
    excess[bin] += probability - (s.label ? 1.0 : 0.0);
  }
  double sum = 0;
  for (const double e : excess) sum += std::abs(e);
  return sum / static_cast<double>(samples.size());
}

}  // namespace bauta
