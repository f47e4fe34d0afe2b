// Adam (Kingma, Ba 2015) over a flat vector, lazy on tables: only rows with a gradient move, and the moments of the
// others wait unchanged.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/executor.h"
#include "common/model/layers/embedding_bag.h"
#include "common/model/parameters.h"

namespace bauta {

/// Gradient of a loss by all parameters; rows of a table that are not listed as touched are zero.
template <class Scalar>
struct Gradient {
  std::vector<Scalar> flat;
  std::vector<TouchedRows> tables;  ///< parallel to the layout's sparse tensors
};

class Adam {
 public:
  /// The tensors of `layout` marked sparse are the tables; everything else is dense.
  Adam(std::span<const Tensor> tensors, double learning_rate);
  /// Of the steps that follow.
  void set_learning_rate(double learning_rate) { learning_rate_ = learning_rate; }
  /// One step on `parameters`. The result does not depend on the executor.
  void step(std::span<float> parameters, const Gradient<float>& gradient, const Executor& executor);

  // For a checkpoint: everything that a later step depends on.
  std::uint64_t steps() const { return steps_; }
  std::span<const float> first_moment() const { return first_moment_; }
  std::span<const float> second_moment() const { return second_moment_; }
  /// Both vectors as long as the parameters.
  void restore(std::uint64_t steps, std::span<const float> first_moment, std::span<const float> second_moment);

 private:
  struct Range {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  void prefetch(std::span<const float> parameters, std::span<const float> gradient, Range range) const;
  void update(std::span<float> parameters, std::span<const float> gradient, Range range);

  std::vector<Range> dense_;  // pieces of bounded length
  std::vector<Tensor> tables_;
  double learning_rate_;
  std::uint64_t steps_ = 0;
  float step_size_ = 0;  // learning rate with both bias corrections
  float scaled_epsilon_ = 0;
  std::vector<float> first_moment_;
  std::vector<float> second_moment_;
};

}  // namespace bauta
