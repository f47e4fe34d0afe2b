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

/// m ← β₁m + (1−β₁)Δ;  v ← β₂v + (1−β₂)Δ²;  x ← x + η·m/(√v + τ).
/// `mean_delta` is the weighted mean of the survivors' updates, x_partner − x. Refuses, with `state` unchanged, a wrong
/// length (invalid_argument) and a result that is not finite (not_finite).
Status apply(ModelState& state, std::span<const double> mean_delta, const ServerSettings& settings);

}  // namespace bauta
