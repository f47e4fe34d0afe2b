// The model a service serves: what was chosen on its validation samples, with its calibration, in the state directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/scoring/calibration.h"
#include "client/training/serving_choice.h"
#include "common/base/bytes.h"
#include "common/base/result.h"

namespace bauta::client {

struct ServingModel {
  std::string service;  ///< name of the service that chose it
  std::string task;     ///< and what it was asked (task_text)
  ServingChoice choice;
  Calibration calibration;
  Digest plan_hash{};              ///< of the plan it was made with
  Digest newest_shared{};          ///< the shared model of the last round then
  float base_log_odds = 0;         ///< what its logits are relative to
  std::vector<std::string> items;  ///< ids, in the order of the private rows
  std::vector<float> local;        ///< shared and private parameters; empty where its share is 0
  std::vector<float> federated;    ///< likewise, of the shared or personalised model; empty where its share is 0
};

/// serving.vectors in `state_directory`.
Status write_serving_model(const std::filesystem::path& state_directory, const ServingModel& model);
/// Empty where none was chosen yet. `malformed` for a damaged file and for one that no writing can have made: another
/// kind, a missing part, a negative slope, a share outside 0 to 1.
Result<std::optional<ServingModel>> read_serving_model(const std::filesystem::path& state_directory);

}  // namespace bauta::client
