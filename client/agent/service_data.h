// The partner's own data, read and cut as its configuration says, and the trainer on it.
#pragma once

#include <functional>

#include "client/agent/client_settings.h"
#include "client/training/behaviour_trainer.h"
#include "common/base/log.h"

namespace bauta::client {

struct ServiceData {
  LoadedData loaded;
  SampleSets samples;
};

/// Training needs samples; what a model says can also be asked where none can be cut yet, and then there are none.
enum class Samples : std::uint8_t { needed, where_they_can_be_cut };

/// Logs what was read and every kind of bad row. Errors: bad_data with file and line, io.
Result<ServiceData> load_service_data(const ClientSettings& settings, const Logger& log,
                                      Samples samples = Samples::needed);

/// `data` must outlive the trainer. The order of the batches follows from the partner's name and
/// the plan's seed. `base_log_odds` of a model that was trained before; empty for one that begins.
Result<BehaviourTrainer> make_trainer(const ClientSettings& settings, const ServiceData& data, const Plan& plan,
                                      std::function<bool()> stop_requested, std::optional<float> base_log_odds = {});

}  // namespace bauta::client
