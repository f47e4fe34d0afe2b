// A whole federation in one process: real masking, real signatures, real stores, the daemons' own code; only sockets,
// waiting and randomness are replaced. The same seed gives the same model.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "common/base/log.h"
#include "common/base/result.h"

namespace bauta::simulation {

struct SimulationSettings {
  std::filesystem::path data;           ///< as `make-data` writes it, or the nine real services
  std::filesystem::path services;       ///< folder of service TOML files; empty: DATA/services, or the demo's
  std::string plan;                     ///< TOML text; empty: the demo's
  std::optional<std::uint32_t> rounds;  ///< instead of the plan's
  std::uint64_t seed = 1;
  double drop = 0;             ///< chance that a partner is killed in a round, at a random step
  std::filesystem::path work;  ///< state directories; created
  bool evaluate = true;        ///< train the local-only twins and test both
};

struct SimulationProgress {
  std::uint64_t round = 0;
  std::uint64_t rounds = 0;
  std::string doing;
};

/// The report of deploy/simulation/report.h.
Result<nlohmann::ordered_json> run_simulation(const SimulationSettings& settings, const Logger& log,
                                              const std::function<void(const SimulationProgress&)>& on_progress);

}  // namespace bauta::simulation
