// Wall-clock times as the sources write them. Their time zone is the service's own and is never converted.
#pragma once

#include <optional>
#include <string_view>

#include "client/data/event_log.h"

namespace bauta::client {

/// `YYYY-MM-DD`, or that followed by `T` or a blank and `HH:MM:SS`, then an optional fraction (cut off) and an optional
/// `Z`. Years 1970 to 2199 only; a numeric offset, a missing digit or a date that does not exist gives nothing.
std::optional<UnixSeconds> parse_timestamp(std::string_view text);

}  // namespace bauta::client
