#include "common/masking/fixed_point.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "common/base/secret_bytes.h"
#include "common/masking/keystream.h"

namespace bauta {
namespace {

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

Status check_quantising(const Quantiser& quantiser, const LaneLayout& layout, double weight) {
  BAUTA_CHECK(is_lane_width(layout.lane_bits));
  BAUTA_RETURN_IF_ERROR(quantiser.check());
  if (quantiser.bits > layout.lane_bits) {
    return Error{ErrorCode::invalid_argument, "update.bits is " + std::to_string(quantiser.bits) +
                                                  ", more than update.lane = " + std::to_string(layout.lane_bits)};
  }
  if (!(weight > 0 && weight <= 1)) {
    return Error{ErrorCode::invalid_argument, "the weight of an update must lie in (0, 1]"};
  }
  return {};
}

Status check_finite(std::span<const float> update) {
  for (std::size_t i = 0; i < update.size(); ++i) {
    if (!std::isfinite(update[i])) {
      return Error{ErrorCode::not_finite, "coordinate " + std::to_string(i) + " of the update is not a finite number"};
    }
  }
  return {};
}

/// Uniform 32-bit numbers, 4 KiB at a time.
class LaneWriter::Noise {
 public:
  explicit Noise(const SecretBytes<32>& seed) : stream_(seed.reveal().first<16>(), seed.reveal().last<16>()) {}
  ~Noise() { explicit_bzero(words_.data(), sizeof words_); }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

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

LaneWriter::LaneWriter(const Quantiser& quantiser, const LaneLayout& layout, RandomSource& rounding, WordSink sink)
    : range_(quantiser.range),
      largest_(static_cast<double>(quantiser.largest())),
      lane_bits_(layout.lane_bits),
      words_left_(layout.word_count()),
      sink_(std::move(sink)) {
  SecretBytes<32> seed;
  rounding.fill(seed.reveal_mutable());
  noise_ = std::make_unique<Noise>(seed);
  chunk_.reserve(std::min(kChunkWords, words_left_));
}

LaneWriter::~LaneWriter() { explicit_bzero(chunk_.data(), chunk_.capacity() * sizeof(std::uint64_t)); }

Status LaneWriter::quantise(std::span<const double> values) {
  const double scale = largest_ / range_;
  for (const double x : values) {
    if (std::fabs(x) > range_) ++report_.saturated;
    const double scaled = std::fmin(std::fmax(x * scale, -largest_), largest_);
    const double below = std::floor(scaled);
    const bool up = static_cast<double>(noise_->next()) < (scaled - below) * 0x1p32;
    BAUTA_RETURN_IF_ERROR(put(static_cast<std::int64_t>(below) + (up ? 1 : 0)));
  }
  return {};
}

Status LaneWriter::put(std::int64_t lane) {
  word_ |= (static_cast<std::uint64_t>(lane) & ((1ULL << lane_bits_) - 1)) << shift_;
  shift_ += lane_bits_;
  if (shift_ + lane_bits_ <= 64) return {};
  return end_word();
}

Status LaneWriter::end_word() {
  BAUTA_CHECK(words_left_ > chunk_.size());
  chunk_.push_back(word_);
  word_ = 0;
  shift_ = 0;
  return chunk_.size() == kChunkWords ? flush() : Status();
}

Status LaneWriter::flush() {
  BAUTA_RETURN_IF_ERROR(sink_(chunk_));
  words_left_ -= chunk_.size();
  chunk_.clear();
  return {};
}

Status LaneWriter::finish() {
  while (words_left_ > chunk_.size()) BAUTA_RETURN_IF_ERROR(end_word());
  return chunk_.empty() ? Status() : flush();
}

Result<QuantiseReport> quantise(std::span<const float> update, double weight, const Quantiser& quantiser,
                                const LaneLayout& layout, RandomSource& rounding, std::span<std::uint64_t> words) {
  BAUTA_CHECK(words.size() == layout.word_count() && update.size() <= layout.dimension);
  BAUTA_RETURN_IF_ERROR(check_quantising(quantiser, layout, weight));
  BAUTA_RETURN_IF_ERROR(check_finite(update));
  LaneWriter writer(quantiser, layout, rounding, [&](std::span<const std::uint64_t> chunk) -> Status {
    std::copy(chunk.begin(), chunk.end(), words.begin());
    words = words.subspan(chunk.size());
    return {};
  });
  std::array<double, 512> piece;
  for (std::size_t first = 0; first < update.size(); first += piece.size()) {
    const auto part = update.subspan(first, std::min(piece.size(), update.size() - first));
    for (std::size_t i = 0; i < part.size(); ++i) piece[i] = static_cast<double>(part[i]) * weight;
    BAUTA_RETURN_IF_ERROR(writer.quantise(std::span(piece).first(part.size())));
  }
  BAUTA_RETURN_IF_ERROR(writer.finish());
  return writer.report();
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

std::uint32_t least_lane(std::uint32_t bits, std::uint32_t cohort_size) {
  for (const std::uint32_t lane : {8U, 12U, 16U}) {
    if (check_lane_capacity(bits, lane, cohort_size).ok()) return lane;
  }
  return 32;
}

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
  std::array<std::int64_t, 1024> values;
  for (std::size_t first = 0; first < layout.dimension; first += values.size()) {
    const auto block = std::span(values).first(std::min(values.size(), layout.dimension - first));
    read_lanes(words, layout, first, block);
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (block[i] > bound || block[i] < -bound) return lane_error(first + i, block[i], bound);
    }
  }
  const LaneLayout whole{layout.lane_bits, layout.word_count() * layout.lanes_per_word()};
  for (std::size_t i = layout.dimension; i < whole.dimension; ++i) {
    if (const std::int64_t value = lane_at(words, whole, i); value != 0) return lane_error(i, value, 0);
  }
  return {};
}

}  // namespace bauta
