#include "common/model/repeat_purchase/gamma_function.h"

#include <cmath>

namespace bauta {
namespace {

constexpr double kHalfLogTwoPi = 0.91893853320467274178;
constexpr double kSeriesFrom = 10;      // the first term left out is below 1e-16 from here on
constexpr std::uint32_t kSumUpTo = 32;  // beyond, count / z is large enough for a difference

Derivatives series(double z) {
  const double w = 1 / z;
  const double w2 = w * w;
  const double tail =
      1.0 / 12 -
      w2 * (1.0 / 360 - w2 * (1.0 / 1260 - w2 * (1.0 / 1680 - w2 * (1.0 / 1188 - w2 * (691.0 / 360360 - w2 / 156)))));
  const double first_tail =
      1.0 / 12 -
      w2 * (1.0 / 120 - w2 * (1.0 / 252 - w2 * (1.0 / 240 - w2 * (1.0 / 132 - w2 * (691.0 / 32760 - w2 / 12)))));
  const double second_tail =
      1.0 / 6 -
      w2 * (1.0 / 30 - w2 * (1.0 / 42 - w2 * (1.0 / 30 - w2 * (5.0 / 66 - w2 * (691.0 / 2730 - w2 * 7 / 6)))));
  const double log_z = std::log(z);
  return {(z - 0.5) * log_z - z + kHalfLogTwoPi + w * tail, log_z - 0.5 * w - w2 * first_tail,
          w + 0.5 * w2 + w * w2 * second_tail};
}

}  // namespace

Derivatives log_gamma(double z) {
  double product = 1;
  double first = 0;
  double second = 0;
  for (; z < kSeriesFrom; z += 1) {
    product *= z;
    first += 1 / z;
    second += 1 / (z * z);
  }
  const Derivatives above = series(z);
  return {above.value - std::log(product), above.first - first, above.second + second};
}

Derivatives log_rising(double z, std::uint32_t count) {
  if (count > kSumUpTo) {
    const Derivatives above = log_gamma(z + count);
    const Derivatives below = log_gamma(z);
    return {above.value - below.value, above.first - below.first, above.second - below.second};
  }
  Derivatives sum;
  for (std::uint32_t k = 0; k < count; ++k) {
    const double term = z + k;
    sum.value += std::log(term);
    sum.first += 1 / term;
    sum.second -= 1 / (term * term);
  }
  return sum;
}

}  // namespace bauta
