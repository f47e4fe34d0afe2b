// Models of the benchmark "training", composed of the layers in common/model/layers as the scripts that they are
// compared with define them.
//
// A step cuts its batch into micro-batches, micro-batch i adds to gradient slot i mod kSlots, slots are one task each
// and are summed in their order: the same bits whatever the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "common/model/adam.h"
#include "common/model/parameters.h"

namespace bauta::bench {

inline constexpr std::size_t kSlots = 8;

class TrainedModel {
 public:
  virtual ~TrainedModel() = default;

  /// One step of Adam on batch `index`; returns the mean loss before it.
  virtual double step(std::size_t index, const Executor& executor) = 0;
  virtual std::size_t batch_size() const = 0;
  virtual std::size_t batches() const = 0;
  /// Multiply-adds of the forward pass of batch `index`, of real events only, with the attention's first layer in its
  /// factored form. Look-ups, activations and the optimiser count as nothing.
  virtual double multiply_adds(std::size_t index) const = 0;
  virtual std::span<const float> parameters() const = 0;
};

enum class Interest { din, dien };

/// DIN (Zhou et al. 2018) or DIEN without its auxiliary loss (Zhou et al. 2019).
std::unique_ptr<TrainedModel> interest_model(Interest kind, std::size_t micro_batch);

/// Two bags of tokens, InfoNCE over the batch.
std::unique_ptr<TrainedModel> two_tower_model();

/// Dense tensors first, then tables, all in one flat vector with its gradient and optimiser.
class TrainedParameters {
 public:
  struct Shape {
    std::string name;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    float bound = 0;  ///< initial values are uniform in [−bound, bound] around `start`
    float start = 0;
  };

  TrainedParameters(std::span<const Shape> dense, std::span<const Shape> tables);

  std::size_t dense_size() const { return dense_size_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  std::span<const float> values() const { return values_; }
  const float* at(std::size_t tensor) const { return values_.data() + tensors_[tensor].offset; }
  /// Offset of a dense tensor, in the flat vector and in a slot's gradient alike.
  std::size_t offset(std::size_t tensor) const { return tensors_[tensor].offset; }
  Eigen::Map<const RowMajorMatrix<float>> view(std::size_t tensor) const {
    return {at(tensor), tensors_[tensor].rows, tensors_[tensor].columns};
  }
  float* table_gradient(std::size_t tensor) { return gradient_.flat.data() + tensors_[tensor].offset; }
  TouchedRows& touched(std::size_t table) { return gradient_.tables[table]; }

  /// Adds up the slots, takes the step and clears the gradient.
  void step(std::span<const std::vector<float>> slots, const Executor& executor);

 private:
  void sum_slots(std::span<const std::vector<float>> slots, const Executor& executor);
  void clear_tables(const Executor& executor);

  std::vector<Tensor> tensors_;
  std::size_t dense_size_ = 0;
  std::size_t first_table_ = 0;
  std::vector<float> values_;
  Gradient<float> gradient_;
  std::unique_ptr<Adam> adam_;
};

}  // namespace bauta::bench
