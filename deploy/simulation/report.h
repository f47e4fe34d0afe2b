// What a demo or a simulation has to say in the end, in one form: per service the local-only and the shared model on
// held-out data, and the figures of the run.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace bauta::simulation {

struct RunFigures {
  std::uint64_t rounds_completed = 0;
  std::uint64_t dropouts_survived = 0;
  double bytes_per_client_round = 0;
  double seconds = 0;
  std::string model_hash;
};

/// `services` are the texts that `bauta-client evaluate` writes. Adds the run's figures.
/// Errors: malformed, naming the service whose text is no such report.
Result<nlohmann::ordered_json> make_report(const std::vector<std::string>& services, const RunFigures& figures);

/// The figures out of a run as the operator's REST API shows it (`bauta -o json runs show`); "seconds" is the demo's
/// own.
Result<RunFigures> figures_of_run(std::string_view run_json);

/// For people: one line a service, then the run.
std::string table_of(const nlohmann::ordered_json& report);

}  // namespace bauta::simulation
