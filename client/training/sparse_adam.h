// Adam (Kingma, Ba 2015) over a flat vector, lazy on the token table: only rows with a gradient move, and the moments
// of the others wait unchanged.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/model/behaviour_model.h"
#include "common/model/parameters.h"

namespace bauta::client {

class SparseAdam {
 public:
  SparseAdam(const ParameterLayout& layout, double learning_rate);
  /// One step on `parameters`, which have the layout's size.
  void step(std::span<float> parameters, const Gradient<float>& gradient);

 private:
  void update(std::span<float> parameters, std::span<const float> gradient, std::size_t first, std::size_t count);

  Tensor table_;
  double learning_rate_;
  std::uint64_t steps_ = 0;
  float step_size_ = 0;  // learning rate with both bias corrections
  float scaled_epsilon_ = 0;
  std::vector<float> first_moment_;
  std::vector<float> second_moment_;
};

}  // namespace bauta::client
