#include "common/federation/thresholds.h"

#include <algorithm>
#include <cmath>

namespace bauta {

Thresholds thresholds_for(std::uint32_t n, std::uint32_t f, std::uint32_t min_participants) {
  const std::uint32_t shamir = std::max(f + 1, n / 2 + 1);
  const std::uint32_t certify = (n + f) / 2 + 1;
  return {shamir, certify, std::max(certify, min_participants)};
}

std::uint32_t colluding_for(std::uint32_t n, double max_colluding) {
  return std::max(1U, static_cast<std::uint32_t>(std::floor(max_colluding * n)));
}

}  // namespace bauta
