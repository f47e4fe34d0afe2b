// RFC 3339 in its one form used here: UTC, whole seconds, "2024-02-29T12:00:00Z"; and plain dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bauta {

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the instants that RFC 3339 can write.
inline constexpr std::int64_t kEarliestTime = -62'167'219'200;
inline constexpr std::int64_t kLatestTime = 253'402'300'799;

/// "YYYY-MM-DDTHH:MM:SSZ". Instants RFC 3339 cannot write become the nearest one that it can.
std::string format_time(std::int64_t unix_seconds);
/// "YYYY-MM-DD", the UTC day of the instant; clamped likewise.
std::string format_date(std::int64_t unix_seconds);

/// Exactly the form format_time writes, of a day that exists; no leap second, no offset, no fraction.
std::optional<std::int64_t> parse_time(std::string_view text);
/// Exactly "YYYY-MM-DD"; the result is that day's midnight UTC.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace bauta
