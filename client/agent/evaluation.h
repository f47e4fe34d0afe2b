// What this partner gains: the shared model against one that it trained alone with the same compute, on its own
// held-out test data.
#pragma once

#include <filesystem>
#include <string>

#include "client/agent/client_settings.h"
#include "common/base/log.h"

namespace bauta::client {

/// The report as JSON. Both arms get rounds × local_steps steps of local training and are looked at on the validation
/// data every local_steps steps; each is represented by the state that did best there. Nothing was chosen by the test
/// data. Errors: not_found when no round has been completed; those of the data and of training.
Result<std::string> evaluate(const ClientSettings& settings, const Logger& log);

}  // namespace bauta::client
