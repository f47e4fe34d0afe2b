// Vector loops over short columns, eight elements at a time. Sums are always taken in the same order whatever the
// addresses are; Eigen's own reductions over mapped memory start at an aligned element and would differ by a bit.
#pragma once

#include <Eigen/Core>

namespace bauta::lanes {

using Index = Eigen::Index;

template <class Scalar>
using Lane = Eigen::Array<Scalar, 8, 1>;

template <class Scalar>
Eigen::Map<const Lane<Scalar>> load(const Scalar* x) {
  return Eigen::Map<const Lane<Scalar>>(x);
}

/// Begins to fetch n elements that are soon read and perhaps written: rows of a large table lie where no processor
/// expects them. A hint, without effect on results; x need not be valid.
template <class Scalar>
void prefetch(const Scalar* x, Index n) {
  constexpr Index kCacheLine = 64 / sizeof(Scalar);
  for (Index i = 0; i < n; i += kCacheLine) __builtin_prefetch(x + i);
}

/// y += x
template <class Scalar>
void add(const Scalar* x, Scalar* y, Index n) {
  Index i = 0;
  for (; i + 8 <= n; i += 8) Eigen::Map<Lane<Scalar>>(y + i) += load(x + i);
  for (; i < n; ++i) y[i] += x[i];
}

/// y −= x
template <class Scalar>
void subtract(const Scalar* x, Scalar* y, Index n) {
  Index i = 0;
  for (; i + 8 <= n; i += 8) Eigen::Map<Lane<Scalar>>(y + i) -= load(x + i);
  for (; i < n; ++i) y[i] -= x[i];
}

/// y += a·x
template <class Scalar>
void add_scaled(Scalar a, const Scalar* x, Scalar* y, Index n) {
  Index i = 0;
  for (; i + 8 <= n; i += 8) Eigen::Map<Lane<Scalar>>(y + i) += a * load(x + i);
  for (; i < n; ++i) y[i] += a * x[i];
}

template <class Scalar>
Scalar total(const Lane<Scalar>& l) {
  return ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7]));
}

template <class Scalar>
Scalar sum(const Scalar* x, Index n) {
  Lane<Scalar> lanes = Lane<Scalar>::Zero();
  Index i = 0;
  for (; i + 8 <= n; i += 8) lanes += load(x + i);
  Scalar result = total<Scalar>(lanes);
  for (; i < n; ++i) result += x[i];
  return result;
}

template <class Scalar>
Scalar dot(const Scalar* x, const Scalar* y, Index n) {
  Lane<Scalar> lanes = Lane<Scalar>::Zero();
  Index i = 0;
  for (; i + 8 <= n; i += 8) lanes += load(x + i) * load(y + i);
  Scalar result = total<Scalar>(lanes);
  for (; i < n; ++i) result += x[i] * y[i];
  return result;
}

}  // namespace bauta::lanes
