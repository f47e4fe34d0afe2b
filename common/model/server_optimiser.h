// FedAdam: how the aggregate of a round becomes the next model. Every client and the coordinator run this same code and
// must get the same bits (docs/protocol.md §8), so it is plain loops of single IEEE operations in double: no library
// mathematics but sqrt, no vector types, no contraction to FMA.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "common/federation/plan.h"
#include "common/model/parameters.h"

namespace bauta {

/// All three vectors have the layout's size.
struct ModelState {
  std::vector<float> parameters;
  std::vector<float> first_moment;
  std::vector<float> second_moment;
  std::uint64_t steps = 0;  ///< aggregates applied so far

  bool operator==(const ModelState&) const = default;
};

/// Before the first round: initial_parameters, first moment 0, second moment τ² (Reddi et al. 2021, Algorithm 2).
ModelState initial_state(const ParameterLayout& layout, const ServerSettings& settings);

/// η of the step after `steps` others: learning_rate · ((decay_rounds − steps) / decay_rounds), from the last of those
/// rounds on learning_rate / decay_rounds; without decay_rounds learning_rate itself.
double learning_rate_at(const ServerSettings& settings, std::uint64_t steps);

/// One step of FedAdam, in pieces:
/// m ← β₁m + (1−β₁)Δ;  v ← β₂v + (1−β₂)Δ²;  x ← x + η·m/(√v + τ), η of the round (learning_rate_at).
/// `mean_delta` is the weighted mean of the survivors' updates, x_partner − x. After an error the state is of no use.
class ServerStep {
 public:
  /// `state` must outlive this; its three vectors are of equal length.
  ServerStep(ModelState& state, const ServerSettings& settings) : state_(&state), settings_(settings) {}

  /// Coordinates first … first + mean_delta.size() − 1; pieces follow each other. Errors: invalid_argument for another
  /// piece than the next, not_finite for a result that is not finite.
  Status apply(std::size_t first, std::span<const double> mean_delta);
  /// Counts the step; invalid_argument when coordinates are missing.
  Status finish();

 private:
  ModelState* state_;
  ServerSettings settings_;
  std::size_t done_ = 0;
};

/// A whole step. After an error `state` is unchanged.
Status apply(ModelState& state, std::span<const double> mean_delta, const ServerSettings& settings);

}  // namespace bauta
