// `bauta-coordinator roster`: the coordinator follows a change that the partners have signed. It can make none.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/settings.h"

namespace bauta::coordinator {

// Each returns what is to be printed.

Result<std::string> show_roster(const Settings& settings);

/// Puts `next` in the place of the roster in force where enough partners of that have signed, the check that each of
/// them makes; in force from the next start on. Errors: threshold_lost, wrong_context; busy beside the running daemon,
/// or while an attempt is open, which `abandon` gives up: the next start makes it void.
Result<std::string> apply_roster(const Settings& settings, const std::filesystem::path& next,
                                 const std::vector<std::filesystem::path>& signatures, bool abandon);

}  // namespace bauta::coordinator
