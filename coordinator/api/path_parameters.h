// Parameters of paths, queries and headers, parsed strictly: one text for each value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "coordinator/storage/round_journal.h"

namespace bauta::coordinator {

/// Decimal without sign or leading zeros, at most `max`.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max);

std::optional<RoundKey> parse_round_key(std::string_view round_no, std::string_view attempt);

/// "12.3", as in ?after=.
std::optional<RoundKey> parse_round_key(std::string_view text);

}  // namespace bauta::coordinator
