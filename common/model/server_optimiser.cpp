#include "common/model/server_optimiser.h"

#include <cmath>

namespace bauta {

ModelState initial_state(const ParameterLayout& layout, const ServerSettings& settings) {
  ModelState state;
  state.parameters = initial_parameters(layout);
  state.first_moment.assign(layout.size(), 0.0F);
  state.second_moment.assign(layout.size(), static_cast<float>(settings.tau * settings.tau));
  return state;
}

Status apply(ModelState& state, std::span<const double> mean_delta, const ServerSettings& settings) {
  const std::size_t size = state.parameters.size();
  if (mean_delta.size() != size || state.first_moment.size() != size || state.second_moment.size() != size)
    return Error{ErrorCode::invalid_argument, "the aggregate has " + std::to_string(mean_delta.size()) +
                                                  " coordinates, the model " + std::to_string(size)};
  ModelState next = state;
  for (std::size_t i = 0; i < size; ++i) {
    const double delta = mean_delta[i];
    const double old_first = state.first_moment[i];
    const double old_second = state.second_moment[i];
    const double first = settings.beta1 * old_first + (1.0 - settings.beta1) * delta;
    const double second = settings.beta2 * old_second + (1.0 - settings.beta2) * (delta * delta);
    const double step = settings.learning_rate * first / (std::sqrt(second) + settings.tau);
    const double old_parameter = state.parameters[i];
    next.first_moment[i] = static_cast<float>(first);
    next.second_moment[i] = static_cast<float>(second);
    next.parameters[i] = static_cast<float>(old_parameter + step);
    if (!std::isfinite(next.first_moment[i]) || !std::isfinite(next.second_moment[i]) ||
        !std::isfinite(next.parameters[i]))
      return Error{ErrorCode::not_finite, "coordinate " + std::to_string(i) +
                                              " of the next model is not a finite number; check the plan's [server]"};
  }
  next.steps = state.steps + 1;
  state = std::move(next);
  return {};
}

}  // namespace bauta
