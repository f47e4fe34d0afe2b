#include "common/base/time_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace bauta {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

std::chrono::year_month_day day_of(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(unix_seconds)};
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(instant));
}

/// The number in text[first, first + count), or nothing where one of them is no digit. `text` is long enough.
std::optional<int> digits(std::string_view text, std::size_t first, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(first, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::string format_date(std::int64_t unix_seconds) {
  const auto day = day_of(std::clamp(unix_seconds, kEarliestTime, kLatestTime));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string format_time(std::int64_t unix_seconds) {
  const std::int64_t instant = std::clamp(unix_seconds, kEarliestTime, kLatestTime);
  const std::int64_t second = ((instant % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay;
  return fmt::format("{}T{:02}:{:02}:{:02}Z", format_date(instant), second / 3600, second / 60 % 60, second % 60);
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * kSecondsPerDay;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
    return std::nullopt;
  const auto midnight = parse_date(text.substr(0, 10));
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!midnight || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return *midnight + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace bauta
