#include "common/privacy/clipping.h"

#include <cmath>
#include <string>

namespace bauta {

double l2_norm(std::span<const float> update) {
  double sum = 0;
  for (const float element : update) sum += static_cast<double>(element) * static_cast<double>(element);
  return std::sqrt(sum);
}

Result<double> clip_to_norm(std::span<float> update, double clip) {
  if (!std::isfinite(clip) || clip <= 0)
    return Error{ErrorCode::invalid_argument, "the clipping norm is " + std::to_string(clip) + ", it must be above 0"};
  for (std::size_t i = 0; i < update.size(); ++i)
    if (!std::isfinite(update[i]))
      return Error{ErrorCode::not_finite, "coordinate " + std::to_string(i) +
                                              " of the update is not a finite number; lower the learning rate"};
  const double before = l2_norm(update);
  // Rounding the scaled elements to float can leave the norm a few ulp above the bound: shrink until it holds.
  double target = clip;
  while (l2_norm(update) > clip) {
    const double scale = target / l2_norm(update);
    for (float& element : update) element = static_cast<float>(element * scale);
    target *= 1 - 1e-7;
  }
  return before;
}

}  // namespace bauta
