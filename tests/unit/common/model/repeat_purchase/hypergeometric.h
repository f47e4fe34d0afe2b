// Gauss's hypergeometric function, the plain way: what the paper's formula is written with and ours is checked against.
#pragma once

#include <cmath>

namespace bauta {

/// 2F1(a, b; c; z) for |z| < 1 by its series, for z <= -1/2 by Pfaff's transformation (Abramowitz and Stegun 15.3.4).
inline double gauss_hypergeometric(double a, double b, double c, double z) {
  if (z <= -0.5) return std::pow(1 - z, -a) * gauss_hypergeometric(a, c - b, c, z / (z - 1));
  double term = 1;
  double sum = 1;
  for (double n = 0; n < 1e6 && (std::fabs(term) > 1e-17 * std::fabs(sum) || n < 50); n += 1) {
    term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
    sum += term;
  }
  return sum;
}

}  // namespace bauta
