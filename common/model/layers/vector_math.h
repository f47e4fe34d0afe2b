// Transcendental functions over whole columns, eight elements at a time: a result depends on its argument alone, never
// on where in memory it stands.
#pragma once

#include <algorithm>
#include <cmath>

#include "common/model/layers/lanes.h"

namespace bauta::lanes {

/// y = function(x) for a function of Lane<Scalar>; y may be x. The rest of a column is padded to a whole lane.
template <class Scalar, class Function>
void map(const Scalar* x, Scalar* y, Index n, Function function) {
  Index i = 0;
  for (; i + 8 <= n; i += 8) {
    const Lane<Scalar> lane = load(x + i);
    Eigen::Map<Lane<Scalar>>(y + i) = function(lane);
  }
  if (i == n) return;
  Lane<Scalar> rest = Lane<Scalar>::Zero();
  for (Index k = i; k < n; ++k) rest[k - i] = x[k];
  rest = function(rest);
  for (Index k = i; k < n; ++k) y[k] = rest[k - i];
}

template <class Scalar>
void sigmoid(const Scalar* x, Scalar* y, Index n) {
  map(x, y, n, [](const Lane<Scalar>& lane) -> Lane<Scalar> { return lane.logistic(); });
}

template <class Scalar>
void tanh(const Scalar* x, Scalar* y, Index n) {
  map(x, y, n, [](const Lane<Scalar>& lane) -> Lane<Scalar> { return lane.tanh(); });
}

/// n > 0.
template <class Scalar>
Scalar largest(const Scalar* x, Index n) {
  Lane<Scalar> tops = Lane<Scalar>::Constant(x[0]);
  Index i = 0;
  for (; i + 8 <= n; i += 8) tops = tops.max(load(x + i));
  Scalar result = tops[0];
  for (Index k = 1; k < 8; ++k) result = std::max(result, tops[k]);
  for (; i < n; ++i) result = std::max(result, x[i]);
  return result;
}

/// x ← factor·x
template <class Scalar>
void scale(Scalar factor, Scalar* x, Index n) {
  map(x, x, n, [factor](const Lane<Scalar>& lane) -> Lane<Scalar> { return lane * factor; });
}

/// x ← e^(x − top), and its sum: the softmax before the division, `top` the largest of all that is added up.
template <class Scalar>
Scalar exp_shifted(Scalar* x, Index n, Scalar top) {
  map(x, x, n, [top](const Lane<Scalar>& lane) -> Lane<Scalar> { return (lane - top).exp(); });
  return sum(x, n);
}

/// x ← softmax(x); log Σ e^x. n > 0.
template <class Scalar>
Scalar softmax(Scalar* x, Index n) {
  const Scalar top = largest(x, n);
  const Scalar total = exp_shifted(x, n, top);
  scale(Scalar(1) / total, x, n);
  return top + std::log(total);
}

}  // namespace bauta::lanes
