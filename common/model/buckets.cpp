#include "common/model/buckets.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "common/base/counter_random.h"

namespace bauta {
namespace {

constexpr std::int64_t kDay = 86400;

std::int64_t floor_mod(std::int64_t value, std::int64_t divisor) {
  const std::int64_t remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

}  // namespace

std::uint8_t gap_bucket(std::int64_t seconds) {
  if (seconds < 60) return 0;
  const int width = std::bit_width(static_cast<std::uint64_t>(seconds / 60));
  if (width <= 3) return 1;                                   // below 8 minutes
  if (width <= 6) return 2;                                   // below 64 minutes
  if (width <= 8) return 3;                                   // below 4.3 hours
  return static_cast<std::uint8_t>(std::min(width - 5, 15));  // 8.5 hours, 17 hours, 1.4 days … 364 days, longer
}

std::uint8_t horizon_bucket(std::int64_t seconds) {
  constexpr std::array<std::int64_t, kHorizonBuckets - 1> kDays = {1, 3, 7, 14, 31, 92, 183};
  std::uint8_t bucket = 0;
  for (const std::int64_t days : kDays) bucket += seconds > days * kDay;
  return bucket;
}

std::uint8_t channel_slot(std::string_view name) {
  return name.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(1 + fnv1a64(name) % (kChannelSlots - 1));
}

std::uint8_t hour_of(std::int64_t unix_seconds) {
  return static_cast<std::uint8_t>(floor_mod(unix_seconds, kDay) / 3600);
}

std::uint8_t weekday_of(std::int64_t unix_seconds) {
  return static_cast<std::uint8_t>(floor_mod(unix_seconds, 7 * kDay) / kDay);
}

AmountQuantiles::AmountQuantiles(std::vector<float> amounts) {
  std::erase_if(amounts, [](float amount) { return std::isnan(amount); });
  if (amounts.empty()) return;
  std::sort(amounts.begin(), amounts.end());
  for (std::size_t k = 1; k < kAmountBuckets; ++k) bounds_.push_back(amounts[k * amounts.size() / kAmountBuckets]);
}

std::uint8_t AmountQuantiles::bucket(float amount) const {
  if (std::isnan(amount)) return kNoAmount;
  return static_cast<std::uint8_t>(std::upper_bound(bounds_.begin(), bounds_.end(), amount) - bounds_.begin());
}

}  // namespace bauta
