// The commands a partner's operator gives its own client; none of them connects to anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "client/agent/client_settings.h"

namespace bauta::client {

// Each returns what is to be printed. The daemon must not be running where the state is changed: `busy`.

/// What a person gives as --reason, kept for ever with what it explains.
Status check_reason(const std::string& reason);

/// Lets this client sign another U3 on `model_hash` (hex), or take part again in a run it distrusts. Logged for ever.
Result<std::string> release_model(const ClientSettings& settings, const std::string& model_hash,
                                  const std::string& reason);
Result<std::string> release_run(const ClientSettings& settings, const std::string& run_id, const std::string& reason);
/// After a restored backup: takes part only in rounds after `round_no`.
Result<std::string> resume_after(const ClientSettings& settings, std::uint64_t round_no);
Result<std::string> status(const ClientSettings& settings);
/// Puts the plan on the allow-list, when this partner's own policy could ever accept it.
Result<std::string> allow_plan(const ClientSettings& settings, const std::filesystem::path& file);

}  // namespace bauta::client
