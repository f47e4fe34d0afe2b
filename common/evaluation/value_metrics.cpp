#include "common/evaluation/value_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/result.h"

namespace bauta {
namespace {

using Amount = double Valued::*;

bool all_finite(std::span<const Valued> samples) {
  return std::all_of(samples.begin(), samples.end(),
                     [](const Valued& s) { return std::isfinite(s.predicted) && std::isfinite(s.actual); });
}

std::vector<std::size_t> ascending(std::span<const Valued> samples, Amount amount) {
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return samples[a].*amount < samples[b].*amount; });
  return order;
}

/// Calls visit(first, last) for every run of equal `amount` in `order`.
template <class Visit>
void for_each_tie(std::span<const Valued> samples, const std::vector<std::size_t>& order, Amount amount, Visit visit) {
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last < order.size() && samples[order[last]].*amount == samples[order[first]].*amount) ++last;
    visit(first, last);
    first = last;
  }
}

}  // namespace

GiniRanking::GiniRanking(std::span<const Valued> samples)
    : samples_(samples),
      by_prediction_(ascending(samples, &Valued::predicted)),
      by_actual_(ascending(samples, &Valued::actual)) {}

std::optional<double> GiniRanking::normalised(std::span<const double> weights,
                                              std::span<const std::uint32_t> weight_of) const {
  BAUTA_CHECK(weight_of.size() == samples_.size());
  double count = 0;
  double sum = 0;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    count += weights[weight_of[i]];
    sum += weights[weight_of[i]] * samples_[i].actual;
  }
  // Up to a common factor, a Gini coefficient is the covariance of the rank and the actual amount.
  const auto covariance = [&](const std::vector<std::size_t>& order, Amount ranked) {
    double below = 0;
    double total = 0;
    for_each_tie(samples_, order, ranked, [&](std::size_t first, std::size_t last) {
      double tied = 0;
      double excess = 0;
      for (std::size_t i = first; i < last; ++i) {
        const double weight = weights[weight_of[order[i]]];
        tied += weight;
        excess += weight * (samples_[order[i]].actual - sum / count);
      }
      total += (below + tied / 2 - count / 2) * excess;
      below += tied;
    });
    return total;
  };
  const double best = count > 0 ? covariance(by_actual_, &Valued::actual) : 0;
  if (!(best > 0)) return std::nullopt;
  return covariance(by_prediction_, &Valued::predicted) / best;
}

std::optional<double> normalised_gini(std::span<const Valued> samples) {
  if (!all_finite(samples)) return std::nullopt;
  const double once[] = {1};
  return GiniRanking(samples).normalised(once, std::vector<std::uint32_t>(samples.size(), 0));
}

std::optional<ValueCalibration> value_calibration(std::span<const Valued> samples, std::size_t bins) {
  if (samples.empty() || bins == 0 || !all_finite(samples)) return std::nullopt;
  const double width = static_cast<double>(samples.size()) / static_cast<double>(bins);
  const auto order = ascending(samples, &Valued::predicted);
  std::vector<ValueBin> sums(bins);
  for_each_tie(samples, order, &Valued::predicted, [&](std::size_t first, std::size_t last) {
    double actual = 0;
    for (std::size_t i = first; i < last; ++i) actual += samples[order[i]].actual;
    actual /= static_cast<double>(last - first);
    const auto begin = static_cast<double>(first);
    const auto end = static_cast<double>(last);
    for (auto bin = std::min(bins - 1, static_cast<std::size_t>(begin / width)); bin < bins; ++bin) {
      const double from = static_cast<double>(bin) * width;
      const double share = std::min(end, from + width) - std::max(begin, from);
      if (share <= 0) continue;  // rounding at the border, or beyond the run
      sums[bin].count += share;
      sums[bin].mean_predicted += share * samples[order[first]].predicted;
      sums[bin].mean_actual += share * actual;
    }
  });
  ValueCalibration calibration;
  double predicted = 0;
  double actual = 0;
  for (ValueBin& bin : sums) {
    predicted += bin.mean_predicted;
    actual += bin.mean_actual;
    calibration.relative_error += std::fabs(bin.mean_predicted - bin.mean_actual);
    bin.mean_predicted /= bin.count;
    bin.mean_actual /= bin.count;
  }
  if (!(actual > 0)) return std::nullopt;
  calibration.bins = std::move(sums);
  calibration.relative_error /= actual;
  calibration.total_error = predicted / actual - 1;
  return calibration;
}

}  // namespace bauta
