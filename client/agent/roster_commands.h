// `bauta-client roster`: how this partner's pinned roster is looked at, signed, changed and, as a last resort, set.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "client/agent/client_settings.h"
#include "common/federation/roster.h"

namespace bauta::client {

// Each returns what is to be printed.

Result<std::string> show_roster(const ClientSettings& settings);

/// What would change; with `out` (may be empty: only look) also this partner's signature on it, as a file. Works beside
/// the running daemon. This client signs one successor of a roster: another only with `again`, since two could each
/// find enough signatures.
Result<std::string> sign_roster(const ClientSettings& settings, const std::filesystem::path& next,
                                const std::filesystem::path& out, bool again);

/// Puts `next` in the place of the pinned roster, where enough partners of that have signed. Keeps both and the
/// signatures as a record. Errors: threshold_lost, wrong_context; busy beside the running daemon, or while an attempt
/// is under way, which `abandon` gives up.
Result<std::string> apply_roster(const ClientSettings& settings, const std::filesystem::path& next,
                                 const std::vector<std::filesystem::path>& signatures, bool abandon);

/// Pins `next` on this partner's own word alone; logged for ever as a release. As apply_roster otherwise.
Result<std::string> trust_roster(const ClientSettings& settings, const std::filesystem::path& next,
                                 const std::string& reason, bool abandon);

/// `refused_by_policy` where another roster than `roster` is pinned.
Status check_pinned_roster(const ClientStore& store, const Roster& roster);
/// At the daemon's start: the same, and pins `roster` where none was before.
Status start_with_roster(ClientStore& store, const Roster& roster);

}  // namespace bauta::client
