#include "common/model/repeat_purchase/integer_sums.h"

#include <cmath>
#include <string>

#include "common/masking/packed_vector.h"

namespace bauta {

LaneLayout IntegerSums::layout(Eigen::Index parameters) const {
  return {lane_bits, lanes_per_sum * LikelihoodSums::flat_size(static_cast<std::size_t>(parameters))};
}

Result<std::vector<std::uint64_t>> IntegerSums::encode(const LikelihoodSums& sums) const {
  const LaneLayout lanes = layout(sums.gradient.size());
  BAUTA_RETURN_IF_ERROR(check_quantising(quantiser, lanes, 1.0));
  if (lanes_per_sum != 1 && lanes_per_sum != 2) return Error{ErrorCode::invalid_argument, "a sum takes 1 or 2 lanes"};
  const auto largest = static_cast<double>(quantiser.largest());
  std::vector<std::uint64_t> words(lanes.word_count());
  std::size_t lane = 0;
  for (const double sum : sums.flat()) {
    if (!std::isfinite(sum)) return Error{ErrorCode::not_finite, "a sum is not a finite number"};
    if (std::fabs(sum) > quantiser.range) {
      return Error{ErrorCode::out_of_range, "a sum is " + std::to_string(sum) + ", beyond the range " +
                                                std::to_string(quantiser.range) + ": choose a larger one"};
    }
    double rest = sum / quantiser.range;
    for (std::uint32_t i = 0; i < lanes_per_sum; ++i) {
      const double scaled = rest * largest;
      const double nearest = std::nearbyint(scaled);
      set_lane(words, lanes, lane++, static_cast<std::int64_t>(nearest));
      rest = scaled - nearest;
    }
  }
  return words;
}

Result<LikelihoodSums> IntegerSums::decode(std::span<const std::uint64_t> words, Eigen::Index parameters,
                                           std::uint32_t partners) const {
  const LaneLayout lanes = layout(parameters);
  BAUTA_RETURN_IF_ERROR(check_sum_range(words, lanes, partners, quantiser.bits));
  std::vector<double> flat(lanes.dimension / lanes_per_sum);
  for (std::size_t i = 0; i < flat.size(); ++i) {
    for (std::uint32_t part = lanes_per_sum; part-- > 0;) {
      const std::int64_t lane = lane_at(words, lanes, i * lanes_per_sum + part);
      flat[i] = (static_cast<double>(lane) + flat[i]) / static_cast<double>(quantiser.largest());
    }
    flat[i] *= quantiser.range;
  }
  return LikelihoodSums::from_flat(flat, parameters);
}

}  // namespace bauta
