// One partner's metrics of a model on its own validation data, each in [0, 1]; absent where it cannot be measured
// (for example a single class). Only their mean over the survivors is ever visible (docs/protocol.md §7).
#pragma once

#include <optional>

namespace bauta {

struct ValidationMetrics {
  std::optional<double> auc;
  std::optional<double> log_loss;  ///< clipped to [0, 1]
};

}  // namespace bauta
