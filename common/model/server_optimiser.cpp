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

double learning_rate_at(const ServerSettings& settings, std::uint64_t steps) {
  if (settings.decay_rounds == 0) return settings.learning_rate;
  const auto rounds = static_cast<double>(settings.decay_rounds);
  const auto left = steps < settings.decay_rounds ? static_cast<double>(settings.decay_rounds - steps) : 1.0;
  return settings.learning_rate * (left / rounds);
}

Status ServerStep::apply(std::size_t first, std::span<const double> mean_delta) {
  ModelState& state = *state_;
  const std::size_t size = state.parameters.size();
  if (first != done_ || mean_delta.size() > size - done_) {
    return Error{ErrorCode::invalid_argument,
                 "the aggregate has more coordinates than the model's " + std::to_string(size)};
  }
  const double learning_rate = learning_rate_at(settings_, state.steps);
  for (std::size_t k = 0; k < mean_delta.size(); ++k) {
    const std::size_t i = first + k;
    const double delta = mean_delta[k];
    const double old_first = state.first_moment[i];
    const double old_second = state.second_moment[i];
    const double first_moment = settings_.beta1 * old_first + (1.0 - settings_.beta1) * delta;
    const double second_moment = settings_.beta2 * old_second + (1.0 - settings_.beta2) * (delta * delta);
    const double step = learning_rate * first_moment / (std::sqrt(second_moment) + settings_.tau);
    const double old_parameter = state.parameters[i];
    state.first_moment[i] = static_cast<float>(first_moment);
    state.second_moment[i] = static_cast<float>(second_moment);
    state.parameters[i] = static_cast<float>(old_parameter + step);
    if (!std::isfinite(state.first_moment[i]) || !std::isfinite(state.second_moment[i]) ||
        !std::isfinite(state.parameters[i]))
      return Error{ErrorCode::not_finite, "coordinate " + std::to_string(i) +
                                              " of the next model is not a finite number; check the plan's [server]"};
  }
  done_ += mean_delta.size();
  return {};
}

Status ServerStep::finish() {
  if (done_ != state_->parameters.size()) {
    return Error{ErrorCode::invalid_argument, "the aggregate has " + std::to_string(done_) +
                                                  " coordinates, the model " +
                                                  std::to_string(state_->parameters.size())};
  }
  ++state_->steps;
  return {};
}

Status apply(ModelState& state, std::span<const double> mean_delta, const ServerSettings& settings) {
  ModelState next = state;
  ServerStep step(next, settings);
  BAUTA_RETURN_IF_ERROR(step.apply(0, mean_delta));
  BAUTA_RETURN_IF_ERROR(step.finish());
  state = std::move(next);
  return {};
}

}  // namespace bauta
