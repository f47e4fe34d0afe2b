// Binary cross-entropy on logits.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace bauta {

/// −log σ(±z), without overflow.
template <class Scalar>
Scalar logistic_loss(Scalar logit, bool label) {
  const Scalar margin = label ? logit : -logit;
  return (margin < 0 ? -margin : Scalar(0)) + std::log1p(std::exp(-std::abs(margin)));
}

/// dL/dz = σ(z) − label.
template <class Scalar>
Scalar logistic_gradient(Scalar logit, bool label) {
  const Scalar e = std::exp(-std::abs(logit));
  const Scalar sigmoid = logit >= 0 ? 1 / (1 + e) : e / (1 + e);
  return sigmoid - (label ? Scalar(1) : Scalar(0));
}

}  // namespace bauta
