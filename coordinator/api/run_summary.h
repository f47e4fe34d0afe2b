// What the rounds of a run add up to.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "coordinator/storage/round_store.h"

namespace bauta::coordinator {

struct RunSummary {
  /// Partners that took part (U1) and vanished (not in U3) while the round still finished.
  std::uint64_t dropouts_survived = 0;
  std::uint64_t attempts_void = 0;
  std::uint64_t survivors = 0;       ///< sum of |U3| over finished rounds
  std::uint64_t bytes_received = 0;  ///< from those survivors
  std::optional<double> mean_auc;    ///< of the model that the last finished round began with
  std::optional<double> mean_log_loss;

  void add(const RoundRow& round);
  /// Mean bytes received from one survivor in one finished round; 0 before the first.
  std::uint64_t bytes_per_client_round() const { return survivors == 0 ? 0 : bytes_received / survivors; }
};

/// Reads all rounds of the run.
Result<RunSummary> summarise(const RoundStore& rounds, std::string_view run_id);

}  // namespace bauta::coordinator
