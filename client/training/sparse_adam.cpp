#include "client/training/sparse_adam.h"

#include <cmath>

namespace bauta::client {
namespace {

constexpr float kBeta1 = 0.9F;
constexpr float kBeta2 = 0.999F;
constexpr double kEpsilon = 1e-8;

}  // namespace

SparseAdam::SparseAdam(const ParameterLayout& layout, double learning_rate)
    : table_(layout.at("token.table")),
      learning_rate_(learning_rate),
      first_moment_(layout.size(), 0.0F),
      second_moment_(layout.size(), 0.0F) {}

void SparseAdam::step(std::span<float> parameters, const Gradient<float>& gradient) {
  ++steps_;
  const double correction1 = 1 - std::pow(static_cast<double>(kBeta1), static_cast<double>(steps_));
  const double correction2 = std::sqrt(1 - std::pow(static_cast<double>(kBeta2), static_cast<double>(steps_)));
  step_size_ = static_cast<float>(learning_rate_ * correction2 / correction1);
  scaled_epsilon_ = static_cast<float>(kEpsilon * correction2);
  update(parameters, gradient.flat, 0, table_.offset);
  for (const std::uint32_t row : gradient.touched_rows)
    update(parameters, gradient.flat, table_.offset + std::size_t{row} * table_.columns, table_.columns);
  const std::size_t behind = table_.offset + table_.size();
  update(parameters, gradient.flat, behind, parameters.size() - behind);
}

// Plain loops of single IEEE operations: a vector library takes another way at the ends of a range, and where they lie
// follows from the address of the memory, so that equal runs would differ in the last bits.
void SparseAdam::update(std::span<float> parameters, std::span<const float> gradient, std::size_t first,
                        std::size_t count) {
  const float* g = gradient.data() + first;
  float* m = first_moment_.data() + first;
  float* v = second_moment_.data() + first;
  float* x = parameters.data() + first;
  for (std::size_t i = 0; i < count; ++i) {
    m[i] = kBeta1 * m[i] + (1 - kBeta1) * g[i];
    v[i] = kBeta2 * v[i] + (1 - kBeta2) * g[i] * g[i];
    x[i] -= step_size_ * m[i] / (std::sqrt(v[i]) + scaled_epsilon_);
  }
}

}  // namespace bauta::client
