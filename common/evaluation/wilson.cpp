#include "common/evaluation/wilson.h"

#include <algorithm>
#include <cmath>

namespace bauta {

Interval wilson_interval(double hits, double trials, double z) {
  if (!(trials > 0)) return {0, 1};
  const double share = hits / trials;
  const double scale = 1 + z * z / trials;
  const double centre = (share + z * z / (2 * trials)) / scale;
  const double half = z / scale * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace bauta
