// How many must agree: recomputed by everybody, never taken from the wire (docs/protocol.md §6).
#pragma once

#include <cstdint>

namespace bauta {

struct Thresholds {
  std::uint32_t shamir = 0;  ///< t: shares needed to open one secret; max(f+1, floor(n/2)+1)
  std::uint32_t certify =
      0;  ///< T: signatures on one U3; floor((n+f)/2)+1, so that two certificates need a double signer
  std::uint32_t n_min = 0;  ///< least number of survivors

  bool operator==(const Thresholds&) const = default;
};

/// n = |cohort|, f = f_max. n_min = max(T, min_participants).
Thresholds thresholds_for(std::uint32_t n, std::uint32_t f, std::uint32_t min_participants);

/// max(1, floor(max_colluding * n)).
std::uint32_t colluding_for(std::uint32_t n, double max_colluding);

}  // namespace bauta
