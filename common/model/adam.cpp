#include "common/model/adam.h"

#include <algorithm>
#include <cmath>

#include "common/base/allocator.h"
#include "common/base/result.h"

namespace bauta {
namespace {

constexpr float kBeta1 = 0.9F;
constexpr float kBeta2 = 0.999F;
constexpr double kEpsilon = 1e-8;
constexpr std::size_t kPiece = 16 * 1024;
constexpr std::size_t kAhead = 4;  // rows between asking for memory and using it

}  // namespace

Adam::Adam(std::span<const Tensor> tensors, double learning_rate) : learning_rate_(learning_rate) {
  std::size_t size = 0;
  for (const Tensor& tensor : tensors) {
    size = tensor.offset + tensor.size();
    if (tensor.sparse) {
      tables_.push_back(tensor);
      continue;
    }
    for (std::size_t done = 0; done < tensor.size(); done += kPiece)
      dense_.push_back({tensor.offset + done, std::min(kPiece, tensor.size() - done)});
  }
  first_moment_ = zeros_on_huge_pages<float>(size);
  second_moment_ = zeros_on_huge_pages<float>(size);
}

void Adam::step(std::span<float> parameters, const Gradient<float>& gradient, const Executor& executor) {
  BAUTA_CHECK(parameters.size() == first_moment_.size() && gradient.tables.size() == tables_.size());
  ++steps_;
  const double correction1 = 1 - std::pow(static_cast<double>(kBeta1), static_cast<double>(steps_));
  const double correction2 = std::sqrt(1 - std::pow(static_cast<double>(kBeta2), static_cast<double>(steps_)));
  step_size_ = static_cast<float>(learning_rate_ * correction2 / correction1);
  scaled_epsilon_ = static_cast<float>(kEpsilon * correction2);
  const std::size_t parts = tables_.size() * TouchedRows::kParts;
  executor(parts + dense_.size(), [&](std::size_t task) {
    if (task >= parts) {
      update(parameters, gradient.flat, dense_[task - parts]);
      return;
    }
    const Tensor& table = tables_[task / TouchedRows::kParts];
    const auto rows = gradient.tables[task / TouchedRows::kParts].part(task % TouchedRows::kParts);
    const auto range = [&](std::size_t i) -> Range {
      return {table.offset + std::size_t{rows[i]} * table.columns, table.columns};
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + kAhead < rows.size()) prefetch(parameters, gradient.flat, range(i + kAhead));
      update(parameters, gradient.flat, range(i));
    }
  });
}

void Adam::restore(std::uint64_t steps, std::span<const float> first_moment, std::span<const float> second_moment) {
  BAUTA_CHECK(first_moment.size() == first_moment_.size() && second_moment.size() == second_moment_.size());
  steps_ = steps;
  first_moment_.assign(first_moment.begin(), first_moment.end());
  second_moment_.assign(second_moment.begin(), second_moment.end());
}

void Adam::prefetch(std::span<const float> parameters, std::span<const float> gradient, Range range) const {
  for (const float* vector : {gradient.data(), first_moment_.data(), second_moment_.data(), parameters.data()})
    lanes::prefetch(vector + range.first, static_cast<Eigen::Index>(range.count));
}

// Plain loops of single IEEE operations: a vector library takes another way at the ends of a range, and where they lie
// follows from the address of the memory, so that equal runs would differ in the last bits.
void Adam::update(std::span<float> parameters, std::span<const float> gradient, Range range) {
  const float* g = gradient.data() + range.first;
  float* m = first_moment_.data() + range.first;
  float* v = second_moment_.data() + range.first;
  float* x = parameters.data() + range.first;
  for (std::size_t i = 0; i < range.count; ++i) {
    m[i] = kBeta1 * m[i] + (1 - kBeta1) * g[i];
    v[i] = kBeta2 * v[i] + (1 - kBeta2) * g[i] * g[i];
    x[i] -= step_size_ * m[i] / (std::sqrt(v[i]) + scaled_epsilon_);
  }
}

}  // namespace bauta
