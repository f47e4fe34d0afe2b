// Masked rounds with thousands of virtual partners in one process. All cryptography is real; what is byte for byte the
// same for all partners is verified once. Memory grows with the partners' keys and shares and with the vector, never
// with their product.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/federation/graph.h"

namespace bauta::simulation {

struct ScaleSettings {
  std::uint32_t partners = 1000;
  std::uint64_t dimension = 100'000;  ///< coordinates, evaluation lanes included
  double drop = 0.1;                  ///< share of the partners that vanish in phase 3, before their upload
  double colluding = 0.05;            ///< share that the thresholds and the graph withstand
  std::optional<GraphKind> graph;     ///< nothing: by the plan's work budget
  std::uint32_t bits = 16;
  std::uint32_t lane = 32;
  std::uint32_t threads = 2;
  std::uint64_t seed = 1;
};

/// The phase that begins, and how many of its steps are done.
struct ScaleProgress {
  std::string phase;
  std::uint64_t done = 0;
  std::uint64_t of = 0;
};

/// One round. The report holds graph, thresholds, sets, bytes a partner, seconds a phase, peak memory and "exact": the
/// unmasked sum compared with the sum of what the survivors put in, lane by lane.
/// Errors: invalid_argument for settings without a possible round, threshold_lost when the round is void.
Result<nlohmann::ordered_json> run_scale(const ScaleSettings& settings,
                                         const std::function<void(const ScaleProgress&)>& progress);

/// For people.
std::string scale_table(const nlohmann::ordered_json& report);

}  // namespace bauta::simulation
