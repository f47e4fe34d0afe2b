// `bauta-client audit`: looks at more of a finished round's sum than the default audit does, while the coordinator
// still has the uploads. Beside the running client, too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/agent/client_settings.h"

namespace bauta::client {

/// "0.25" or "25%"; above 0, at most 1. Nothing for any other text.
std::optional<double> parse_share(std::string_view text);

/// Checks a random share of the chunks, at least one, and returns what that covers; `say` gets lines in between.
/// Errors: the check that failed (audit_answer, audit_proof, audit_sum), or audit_refused, not_found (the round is kept
/// no longer, or this client was not in it), and those of the set-up and the network.
Result<std::string> audit_round(const ClientSettings& settings, std::uint64_t round_no, double share,
                                const std::function<void(std::string_view)>& say);

/// The table of what tampering escapes `checked` chunks of `chunks`: 1 %, 5 %, 10 % and 50 % of the chunks.
std::string describe_coverage(std::uint64_t chunks, std::uint64_t checked);

}  // namespace bauta::client
