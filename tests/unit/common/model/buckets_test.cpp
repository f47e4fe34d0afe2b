#include "common/model/buckets.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace bauta;

TEST_CASE("gap buckets rise from the same minute to years") {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kDay = 86400;
  CHECK(gap_bucket(-5) == 0);
  CHECK(gap_bucket(59) == 0);
  CHECK(gap_bucket(kMinute) == 1);
  CHECK(gap_bucket(10 * kMinute) == 2);
  CHECK(gap_bucket(2 * 3600) == 3);
  CHECK(gap_bucket(kDay) == 6);
  CHECK(gap_bucket(7 * kDay) == 9);
  CHECK(gap_bucket(30 * kDay) == 11);
  CHECK(gap_bucket(400 * kDay) == 15);
  CHECK(gap_bucket(std::numeric_limits<std::int64_t>::max()) == 15);
  std::uint8_t previous = 0;
  bool rising = true;
  std::vector<bool> met(kGapBuckets);
  for (std::int64_t gap = 0; gap < 800 * kDay; gap += kMinute) {
    const std::uint8_t bucket = gap_bucket(gap);
    rising = rising && bucket >= previous;
    previous = bucket;
    met[bucket] = true;
  }
  CHECK(rising);
  CHECK(met == std::vector<bool>(kGapBuckets, true));
}

TEST_CASE("horizons of a week, four weeks and half a year differ") {
  CHECK(horizon_bucket(0) == 0);
  CHECK(horizon_bucket(7 * 86400) == 2);
  CHECK(horizon_bucket(28 * 86400) == 4);
  CHECK(horizon_bucket(183 * 86400) == 6);
  CHECK(horizon_bucket(std::numeric_limits<std::int64_t>::max()) == kHorizonBuckets - 1);
}

TEST_CASE("hour and weekday of the epoch, of a known day and before the epoch") {
  CHECK(hour_of(0) == 0);
  CHECK(weekday_of(0) == 0);
  CHECK(hour_of(1512309600) == 14);  // 2017-12-03T14:00:00Z, a Sunday
  CHECK(weekday_of(1512309600) == 3);
  CHECK(hour_of(-1) == 23);
  CHECK(weekday_of(-1) == 6);
}

TEST_CASE("each amount bucket holds a sixteenth of the service's own amounts, whatever the currency") {
  std::vector<float> amounts;
  for (int i = 0; i < 1600; ++i) amounts.push_back(static_cast<float>(std::exp(i / 200.0)));
  const AmountQuantiles quantiles(amounts);
  std::vector<float> yen;
  for (const float amount : amounts) yen.push_back(amount * 128);
  const AmountQuantiles other_currency(yen);
  std::vector<int> counts(kAmountBuckets);
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    ++counts[quantiles.bucket(amounts[i])];
    CHECK(quantiles.bucket(amounts[i]) == other_currency.bucket(yen[i]));
  }
  for (const int count : counts) CHECK(count == 100);
}

TEST_CASE("no amount is a bucket of its own, and no history of amounts is no failure") {
  CHECK(AmountQuantiles({1, 2, 3}).bucket(std::nanf("")) == kNoAmount);
  CHECK(AmountQuantiles({std::nanf("")}).bucket(5) == 0);
  CHECK(AmountQuantiles().bucket(-1) == 0);
}
