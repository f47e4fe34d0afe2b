// Bounds one partner's influence on the sum: the l2 norm of its update is at most C (docs/protocol.md §7).
#pragma once

#include <span>

#include "common/base/result.h"

namespace bauta {

/// Euclidean norm, summed in double in index order. Infinite or NaN where an element is.
double l2_norm(std::span<const float> update);

/// Scales `update` in place so that its norm, as l2_norm computes it, is at most `clip`; returns the norm before.
/// Refuses (not_finite) an update with a NaN or infinite element and (invalid_argument) a clip that is not
/// positive and finite; a refused update is left as it was.
Result<double> clip_to_norm(std::span<float> update, double clip);

}  // namespace bauta
