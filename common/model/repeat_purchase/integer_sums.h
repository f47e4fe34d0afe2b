// A partner's sums as integers, which masks can hide and which add up exactly. One lane holds too few digits for a
// fit, so each sum takes several: what the nearest integer of one lane leaves over is written in the next.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "common/masking/fixed_point.h"
#include "common/model/repeat_purchase/likelihood_sums.h"

namespace bauta {

/// With two lanes of 28 bits, as six partners can have, the range 2^24 and steps of 1e-9: about the digits of a double.
struct IntegerSums {
  Quantiser quantiser{0x1p24, 28};  ///< no partner's sum may exceed the range
  std::uint32_t lanes_per_sum = 2;  ///< 1 or 2
  std::uint32_t lane_bits = 32;     ///< see check_lane_capacity for how many partners fit

  LaneLayout layout(Eigen::Index parameters) const;
  /// Packed lanes of layout(). `out_of_range` when a sum exceeds the range (nothing is clamped: a clamped gradient
  /// would be a false one), `not_finite`, `invalid_argument` for settings out of bounds.
  Result<std::vector<std::uint64_t>> encode(const LikelihoodSums& sums) const;
  /// The sums that an aggregate of `partners` encoded vectors stands for; `out_of_range` when it cannot be one.
  Result<LikelihoodSums> decode(std::span<const std::uint64_t> words, Eigen::Index parameters,
                                std::uint32_t partners) const;
};

}  // namespace bauta
