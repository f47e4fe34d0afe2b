// How times, amounts and horizons become rows of small tables. Part of the model: all partners must agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bauta {

inline constexpr std::size_t kTypeSlots = 32;
inline constexpr std::size_t kGapBuckets = 16;
inline constexpr std::uint8_t kNoGap = 16;  ///< the first event of a person
inline constexpr std::size_t kAmountBuckets = 16;
inline constexpr std::uint8_t kNoAmount = 16;
inline constexpr std::size_t kHours = 24;
inline constexpr std::uint8_t kNoHour = 24;
inline constexpr std::size_t kWeekdays = 7;
inline constexpr std::uint8_t kNoWeekday = 7;
inline constexpr std::size_t kChannelSlots = 8;  ///< 0: no channel
inline constexpr std::size_t kHorizonBuckets = 8;

/// 16 steps from the same minute to more than a year, by powers of two, wider below a quarter of a day. Negative counts
/// as 0.
std::uint8_t gap_bucket(std::int64_t seconds);

/// Up to 1, 3, 7, 14, 31, 92, 183 days, longer; 0 seconds or less (no horizon, as for an offer) is the first.
std::uint8_t horizon_bucket(std::int64_t seconds);

/// A channel by its name, 1–7, the same at every service; 0 for an empty one.
std::uint8_t channel_slot(std::string_view name);

/// Hour of day 0–23 and day of week 0–6 (Thursday = 0, the day of 1970-01-01) of a local wall clock in Unix seconds.
std::uint8_t hour_of(std::int64_t unix_seconds);
std::uint8_t weekday_of(std::int64_t unix_seconds);

/// Quantiles of one service's own amounts: free of currency and scale, and private.
class AmountQuantiles {
 public:
  AmountQuantiles() = default;
  /// NaN entries are skipped; no amounts at all puts every later amount into bucket 0.
  explicit AmountQuantiles(std::vector<float> amounts);
  /// kNoAmount for NaN.
  std::uint8_t bucket(float amount) const;

 private:
  std::vector<float> bounds_;  ///< ascending; bucket = bounds below or equal to the amount
};

}  // namespace bauta
