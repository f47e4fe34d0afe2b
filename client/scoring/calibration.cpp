#include "client/scoring/calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "common/base/counter_random.h"
#include "common/base/result.h"
#include "common/model/layers/losses.h"

namespace bauta::client {
namespace {

constexpr int kMaxSteps = 100;
constexpr double kTolerance = 1e-10;
constexpr std::uint64_t kFolds = 5;
constexpr double kRidge = 1e-9;  // keeps the Hessian of separable samples invertible

struct Fit {
  double slope, offset;
  double loss = 0, by_slope = 0, by_offset = 0, slope2 = 0, both = 0, offset2 = 0;
};

}  // namespace

double Calibration::probability(double raw) const { return sigmoid(logit(raw)); }

Calibration Calibration::fit(std::span<const Scored> samples) {
  double positives = 0;
  for (const Scored& sample : samples) positives += sample.label ? 1 : 0;
  const double negatives = static_cast<double>(samples.size()) - positives;
  if (positives == 0 || negatives == 0) return {};
  const double high = (positives + 1) / (positives + 2);
  const double low = 1 / (negatives + 2);
  const auto at = [&](double tried_slope, double tried_offset) {
    Fit fit{tried_slope, tried_offset};
    for (const Scored& sample : samples) {
      const double z = tried_slope * sample.logit + tried_offset;
      const double target = sample.label ? high : low;
      fit.loss += target * logistic_loss(z, true) + (1 - target) * logistic_loss(z, false);
      const double p = sigmoid(z);
      const double g = p - target;
      const double h = p * (1 - p);
      fit.by_slope += g * sample.logit;
      fit.by_offset += g;
      fit.slope2 += h * sample.logit * sample.logit;
      fit.both += h * sample.logit;
      fit.offset2 += h;
    }
    return fit;
  };
  Fit fit = at(1, 0);
  for (int step = 0; step < kMaxSteps; ++step) {
    const double a = fit.slope2 + kRidge;
    const double d = fit.offset2 + kRidge;
    const double determinant = a * d - fit.both * fit.both;
    if (!(determinant > 0)) break;
    double by_slope = (d * fit.by_slope - fit.both * fit.by_offset) / determinant;
    double by_offset = (a * fit.by_offset - fit.both * fit.by_slope) / determinant;
    if (by_slope > fit.slope) {  // the least of the quadratic on the bound
      by_slope = fit.slope;
      by_offset = (fit.by_offset - fit.both * by_slope) / d;
    }
    double length = 1;
    Fit next = at(std::max(0.0, fit.slope - by_slope), fit.offset - by_offset);
    while (next.loss > fit.loss && length > 1e-6) {
      length /= 2;
      next = at(std::max(0.0, fit.slope - length * by_slope), fit.offset - length * by_offset);
    }
    const bool still = std::abs(next.loss - fit.loss) <= kTolerance * (1 + std::abs(fit.loss));
    if (next.loss <= fit.loss) fit = next;
    if (still) break;
  }
  return {fit.slope, fit.offset};
}

Calibration Calibration::proven(std::span<const Scored> samples, std::span<const std::uint32_t> persons) {
  BAUTA_CHECK(samples.size() == persons.size());
  std::map<std::uint32_t, double> gains;  // of each person's samples, together
  for (std::uint64_t fold = 0; fold < kFolds; ++fold) {
    const auto held_out = [&](std::size_t i) { return mix64(persons[i]) % kFolds == fold; };
    std::vector<Scored> others;
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (!held_out(i)) others.push_back(samples[i]);
    const Calibration fitted = fit(others);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (!held_out(i)) continue;
      const auto& [logit, label] = samples[i];
      gains[persons[i]] += logistic_loss(logit, label) - logistic_loss(fitted.logit(logit), label);
    }
  }
  double sum = 0, squares = 0;
  for (const auto& [person, gain] : gains) {
    sum += gain;
    squares += gain * gain;
  }
  const auto count = static_cast<double>(gains.size());
  const double error = std::sqrt(std::max(0.0, squares - sum * sum / count));  // of the sum
  return sum > error ? fit(samples) : Calibration();
}

}  // namespace bauta::client
