// What this partner gains: the shared model against one that it trained alone with the same compute, on its own
// held-out test data.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "client/agent/client_settings.h"
#include "common/base/log.h"

namespace bauta::client {

/// Trains the local-only twin, chooses on the validation data what this service serves (choose_served), keeps it with
/// its calibration in the state directory (ServingModel) and returns the report as JSON: local, shared, personalised
/// and served model on the test data, the last three with their difference to local, and recency, which is no model
/// (by_recency). The personalised
/// model and the local one get as many steps of local training (fine_tuning_steps). Nothing was chosen by the test
/// data. Errors: not_found when no round has been completed; those of the data and of training.
Result<std::string> evaluate(const ClientSettings& settings, const Logger& log);

/// The report's figures as a table for people.
std::string evaluation_text(std::string_view report);

}  // namespace bauta::client
