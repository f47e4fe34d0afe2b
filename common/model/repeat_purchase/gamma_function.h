// The logarithm of the gamma function with its first two derivatives, and differences of it that do not cancel.
#pragma once

#include <cstdint>

namespace bauta {

/// A function's value with its first and second derivative at one point.
struct Derivatives {
  double value = 0;
  double first = 0;
  double second = 0;
};

/// ln Γ(z), ψ(z) and ψ'(z) for z > 0: recurrence up to z >= 10, then the asymptotic series (Abramowitz and Stegun
/// 6.1.41, 6.3.18, 6.4.12). Errors of a few units in the last place, absolute where the value is near zero.
Derivatives log_gamma(double z);

/// ln Γ(z + count) − ln Γ(z) with its derivatives by z, for z > 0: a plain sum while `count` is small, so that nothing
/// cancels for large z.
Derivatives log_rising(double z, std::uint32_t count);

}  // namespace bauta
