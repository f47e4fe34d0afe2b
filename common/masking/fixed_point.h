// From floating-point updates to lanes and back (docs/protocol.md §7).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "common/base/random_source.h"
#include "common/base/result.h"
#include "common/masking/packed_vector.h"

namespace bauta {

/// A coordinate x in [-range, range] becomes an integer in [-(2^(bits-1)-1), 2^(bits-1)-1].
struct Quantiser {
  double range = 0.1;       ///< finite, above zero
  std::uint32_t bits = 20;  ///< signed bits, 2 to 31

  /// The largest integer: 2^(bits-1)-1.
  std::int64_t largest() const { return (std::int64_t{1} << (bits - 1)) - 1; }
  /// `invalid_argument`, naming the plan's setting.
  Status check() const;
};

struct QuantiseReport {
  std::size_t saturated = 0;  ///< coordinates that met the range; reported to the partner alone
};

/// Checks the settings for quantise(): `invalid_argument` names the plan's setting that is out of bounds.
Status check_quantising(const Quantiser& quantiser, const LaneLayout& layout, double weight);

/// `not_finite`, naming the first coordinate that is NaN or infinite.
Status check_finite(std::span<const float> update);

/// Lanes 0 … update.size()-1 become round(clamp(weight * update[i], ±range) * largest / range), rounded up or down at
/// random so that the expectation is exact; all other lanes become zero. `weight` is in (0, 1].
/// `rounding` is read once (32 bytes), whatever the length. Errors leave `words` unspecified:
/// `not_finite` names the first coordinate that is NaN or infinite; `invalid_argument` for settings out of bounds.
Result<QuantiseReport> quantise(std::span<const float> update, double weight, const Quantiser& quantiser,
                                const LaneLayout& layout, RandomSource& rounding, std::span<std::uint64_t> words);

/// Takes the words of a packed vector in order, some at a time.
using WordSink = std::function<Status(std::span<const std::uint64_t> words)>;

/// quantise() in pieces: coordinate after coordinate, with memory for one chunk of words. The settings have passed
/// check_quantising.
class LaneWriter {
 public:
  /// Words of a chunk; the last one may be shorter.
  static constexpr std::size_t kChunkWords = 8192;

  /// Reads `rounding` once. An error of `sink` comes back from the call that met it and ends the writing.
  LaneWriter(const Quantiser& quantiser, const LaneLayout& layout, RandomSource& rounding, WordSink sink);
  ~LaneWriter();
  LaneWriter(const LaneWriter&) = delete;
  LaneWriter& operator=(const LaneWriter&) = delete;

  /// The next lanes, quantised; finite values.
  Status quantise(std::span<const double> values);
  /// The next lane as it is, modulo 2^lane_bits.
  Status put(std::int64_t lane);
  /// All further lanes are zero.
  Status finish();
  const QuantiseReport& report() const { return report_; }

 private:
  class Noise;
  Status end_word();
  Status flush();

  double range_;
  double largest_;
  std::uint32_t lane_bits_;
  std::size_t words_left_;  ///< of the layout, beyond the chunk
  std::unique_ptr<Noise> noise_;
  WordSink sink_;
  std::vector<std::uint64_t> chunk_;
  std::uint64_t word_ = 0;
  std::uint32_t shift_ = 0;
  QuantiseReport report_;
};

/// For the evaluation lanes: the nearest integer to value * (2^(bits-1)-1), value clamped to [0, 1]. Not NaN.
std::int64_t quantise_unit(double value, std::uint32_t bits);

/// The real number that a lane, or a sum of lanes, stands for.
double dequantise(std::int64_t lane_sum, const Quantiser& quantiser);
/// The same for an evaluation lane.
double dequantise_unit(std::int64_t lane_sum, std::uint32_t bits);

/// The least lane width in which the sum of so many partners is exact; 32 where none is.
std::uint32_t least_lane(std::uint32_t bits, std::uint32_t cohort_size);

/// An exact sum over the cohort needs bits + ceil(log2(cohort_size)) + 1 <= lane_bits; the one spare bit is what
/// check_sum_range sees. `invalid_argument` says which plan setting to change.
Status check_lane_capacity(std::uint32_t bits, std::uint32_t lane_bits, std::uint32_t cohort_size);

/// For an unmasked aggregate: every lane within ±survivors * 2^(bits-1), padding and lanes beyond the dimension zero;
/// otherwise `out_of_range` naming the lane.
Status check_sum_range(std::span<const std::uint64_t> words, const LaneLayout& layout, std::uint32_t survivors,
                       std::uint32_t bits);

}  // namespace bauta
