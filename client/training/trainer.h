// What the round asks of local training. The real one is behaviour_trainer; tests bring a tiny one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "common/evaluation/validation_metrics.h"

namespace bauta::client {

/// One thread at a time; `train` may run for hours and polls `stop_requested`.
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// Metrics of the parameters that round `round_no` begins with, on this service's own validation samples. The same
  /// before and after that round was trained.
  virtual Result<ValidationMetrics> validate(std::span<const float> parameters, std::uint64_t round_no) = 0;
  /// The parameter change after the plan's local steps from `parameters`; same length, not yet clipped.
  /// Deterministic in (data, parameters, round_no).
  virtual Result<std::vector<float>> train(std::span<const float> parameters, std::uint64_t round_no) = 0;
};

}  // namespace bauta::client
