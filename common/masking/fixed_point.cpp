#include "common/masking/fixed_point.h"

#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "common/base/secret_bytes.h"
#include "common/masking/keystream.h"

namespace bauta {
namespace {

/// Uniform 32-bit numbers, 4 KiB at a time.
class RoundingNoise {
 public:
  explicit RoundingNoise(const SecretBytes<32>& seed) : stream_(seed.reveal().first<16>(), seed.reveal().last<16>()) {}
  ~RoundingNoise() { explicit_bzero(words_.data(), sizeof words_); }
  RoundingNoise(const RoundingNoise&) = delete;
  RoundingNoise& operator=(const RoundingNoise&) = delete;

  std::uint32_t next() {
    if (used_ == words_.size()) {
      stream_.read({reinterpret_cast<std::uint8_t*>(words_.data()), sizeof words_});
      used_ = 0;
    }
    return words_[used_++];
  }

 private:
  Keystream stream_;
  std::array<std::uint32_t, 1024> words_{};
  std::size_t used_ = words_.size();
};

Error lane_error(std::size_t lane, std::int64_t value, std::int64_t bound) {
  return Error{ErrorCode::out_of_range, "lane " + std::to_string(lane) + " of the aggregate is " +
                                            std::to_string(value) + ", outside ±" + std::to_string(bound)};
}

}  // namespace

Status Quantiser::check() const {
  if (!std::isfinite(range) || range <= 0) {
    return Error{ErrorCode::invalid_argument, "update.range must be a finite number above zero"};
  }
  if (bits < 2 || bits > 31) {
    return Error{ErrorCode::invalid_argument, "update.bits is " + std::to_string(bits) + ": it must be from 2 to 31"};
  }
  return {};
}

Result<QuantiseReport> quantise(std::span<const float> update, double weight, const Quantiser& quantiser,
                                const LaneLayout& layout, RandomSource& rounding, std::span<std::uint64_t> words) {
  BAUTA_CHECK(is_lane_width(layout.lane_bits) && words.size() == layout.word_count());
  BAUTA_CHECK(update.size() <= layout.dimension);
  BAUTA_RETURN_IF_ERROR(quantiser.check());
  if (quantiser.bits > layout.lane_bits) {
    return Error{ErrorCode::invalid_argument, "update.bits is " + std::to_string(quantiser.bits) +
                                                  ", more than update.lane = " + std::to_string(layout.lane_bits)};
  }
  if (!(weight > 0 && weight <= 1)) {
    return Error{ErrorCode::invalid_argument, "the weight of an update must lie in (0, 1]"};
  }
  for (std::size_t i = 0; i < update.size(); ++i) {
    if (!std::isfinite(update[i])) {
      return Error{ErrorCode::not_finite, "coordinate " + std::to_string(i) + " of the update is not a finite number"};
    }
  }

  SecretBytes<32> seed;
  rounding.fill(seed.reveal_mutable());
  RoundingNoise noise(seed);
  const double largest = static_cast<double>(quantiser.largest());
  const double scale = largest / quantiser.range;
  const std::uint64_t lane_mask = (1ULL << layout.lane_bits) - 1;
  QuantiseReport report;
  std::size_t coordinate = 0;
  for (std::uint64_t& word : words) {
    std::uint64_t packed = 0;
    for (std::uint32_t shift = 0; shift + layout.lane_bits <= 64 && coordinate < update.size();
         shift += layout.lane_bits, ++coordinate) {
      const double x = static_cast<double>(update[coordinate]) * weight;
      if (std::fabs(x) > quantiser.range) ++report.saturated;
      const double scaled = std::fmin(std::fmax(x * scale, -largest), largest);
      const double below = std::floor(scaled);
      const bool up = static_cast<double>(noise.next()) < (scaled - below) * 0x1p32;
      const std::int64_t value = static_cast<std::int64_t>(below) + (up ? 1 : 0);
      packed |= (static_cast<std::uint64_t>(value) & lane_mask) << shift;
    }
    word = packed;
  }
  return report;
}

std::int64_t quantise_unit(double value, std::uint32_t bits) {
  BAUTA_CHECK(!std::isnan(value) && bits >= 2 && bits <= 31);
  const double largest = static_cast<double>(Quantiser{1.0, bits}.largest());
  return static_cast<std::int64_t>(std::floor(std::fmin(std::fmax(value, 0.0), 1.0) * largest + 0.5));
}

double dequantise(std::int64_t lane_sum, const Quantiser& quantiser) {
  return static_cast<double>(lane_sum) * quantiser.range / static_cast<double>(quantiser.largest());
}

double dequantise_unit(std::int64_t lane_sum, std::uint32_t bits) { return dequantise(lane_sum, Quantiser{1.0, bits}); }

Status check_lane_capacity(std::uint32_t bits, std::uint32_t lane_bits, std::uint32_t cohort_size) {
  if (!is_lane_width(lane_bits)) {
    return Error{ErrorCode::invalid_argument,
                 "update.lane is " + std::to_string(lane_bits) + ": it must be 8, 12, 16 or 32"};
  }
  if (cohort_size == 0) return Error{ErrorCode::invalid_argument, "an empty cohort"};
  const std::uint32_t carry = static_cast<std::uint32_t>(std::bit_width(cohort_size - 1));
  if (bits < 2 || bits > 31 || bits + carry + 1 > lane_bits) {
    return Error{ErrorCode::invalid_argument,
                 "update.bits = " + std::to_string(bits) + " for " + std::to_string(cohort_size) +
                     " participants does not fit update.lane = " + std::to_string(lane_bits) + ": it needs 2 to " +
                     std::to_string(static_cast<std::int64_t>(lane_bits) - carry - 1) + " bits or a wider lane"};
  }
  return {};
}

Status check_sum_range(std::span<const std::uint64_t> words, const LaneLayout& layout, std::uint32_t survivors,
                       std::uint32_t bits) {
  BAUTA_CHECK(bits >= 2 && bits <= 31);
  BAUTA_RETURN_IF_ERROR(validate_padding(words, layout));
  const std::int64_t bound = static_cast<std::int64_t>(survivors) << (bits - 1);
  for (std::size_t i = 0; i < layout.dimension; ++i) {
    const std::int64_t value = lane_at(words, layout, i);
    if (value > bound || value < -bound) return lane_error(i, value, bound);
  }
  const LaneLayout whole{layout.lane_bits, layout.word_count() * layout.lanes_per_word()};
  for (std::size_t i = layout.dimension; i < whole.dimension; ++i) {
    if (const std::int64_t value = lane_at(words, whole, i); value != 0) return lane_error(i, value, 0);
  }
  return {};
}

}  // namespace bauta
