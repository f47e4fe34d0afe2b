// Losses of one sample and their gradients by the model's raw outputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "common/model/layers/vector_math.h"

namespace bauta {

/// Binary cross-entropy on a logit: −log σ(±z), without overflow.
template <class Scalar>
Scalar logistic_loss(Scalar logit, bool label) {
  const Scalar margin = label ? logit : -logit;
  return (margin < 0 ? -margin : Scalar(0)) + std::log1p(std::exp(-std::abs(margin)));
}

template <class Scalar>
Scalar sigmoid(Scalar logit) {
  const Scalar e = std::exp(-std::abs(logit));
  return logit >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/// dL/dz = σ(z) − label.
template <class Scalar>
Scalar logistic_gradient(Scalar logit, bool label) {
  return sigmoid(logit) - (label ? Scalar(1) : Scalar(0));
}

/// Cross-entropy of a few classes. scores ← weight · dL/dscores; returns weight · loss.
template <class Scalar>
Scalar class_loss(std::span<Scalar> scores, std::size_t label, Scalar weight) {
  const Scalar own = scores[label];
  const Scalar log_total = lanes::softmax(scores.data(), static_cast<Eigen::Index>(scores.size()));
  for (Scalar& score : scores) score *= weight;
  scores[label] -= weight;
  return weight * (log_total - own);
}

/// Discrete-time survival (Gensheimer, Narasimhan 2019): logit j is that of the hazard in interval j, given survival so
/// far. The event came in interval `interval` when `seen`; else all before `interval` were survived and nothing is
/// known from there on. scores ← weight · dL/dscores; returns weight · loss.
template <class Scalar>
Scalar hazard_loss(std::span<Scalar> scores, std::size_t interval, bool seen, Scalar weight) {
  Scalar loss = 0;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    const bool known = j < interval || (seen && j == interval);
    const bool event = seen && j == interval;
    if (known) loss += logistic_loss(scores[j], event);
    scores[j] = known ? weight * logistic_gradient(scores[j], event) : Scalar(0);
  }
  return weight * loss;
}

/// Zero-inflated log-normal (Wang, Liu, Miao 2019): raw outputs are the logit of value > 0, μ and log σ of log value.
template <class Scalar>
struct Ziln {
  static constexpr Scalar kMaxMu = Scalar(12);       ///< of log value: e^12 units
  static constexpr Scalar kMaxLogSigma = Scalar(2);  ///< σ between e^-2 and e^2

  /// `value` ≥ 0 in the service's own unit. raw ← weight · dL/draw (zero where clipped); returns weight · loss.
  static Scalar loss(std::span<Scalar, 3> raw, Scalar value, Scalar weight) {
    const bool positive = value > 0;
    Scalar total = logistic_loss(raw[0], positive);
    raw[0] = weight * logistic_gradient(raw[0], positive);
    if (!positive) {
      raw[1] = raw[2] = 0;
      return weight * total;
    }
    const Scalar mu = std::clamp(raw[1], -kMaxMu, kMaxMu);
    const Scalar log_sigma = std::clamp(raw[2], -kMaxLogSigma, kMaxLogSigma);
    const Scalar inverse = std::exp(-log_sigma);
    const Scalar z = (std::log(value) - mu) * inverse;
    total += std::log(value) + log_sigma + z * z / 2 + Scalar(0.91893853320467274);  // log √2π
    raw[1] = mu == raw[1] ? -weight * z * inverse : Scalar(0);
    raw[2] = log_sigma == raw[2] ? weight * (1 - z * z) : Scalar(0);
    return weight * total;
  }

  static Scalar mean(std::span<const Scalar, 3> raw) {
    const Scalar mu = std::clamp(raw[1], -kMaxMu, kMaxMu);
    const Scalar sigma = std::exp(std::clamp(raw[2], -kMaxLogSigma, kMaxLogSigma));
    return sigmoid(raw[0]) * std::exp(mu + sigma * sigma / 2);
  }
};

}  // namespace bauta
