#include <algorithm>

#include "common/base/allocator.h"
#include "common/base/counter_random.h"
#include "tests/bench/training_models.h"

namespace bauta::bench {
namespace {

constexpr double kLearningRate = 1e-3;
constexpr std::size_t kPiece = 4096;

}  // namespace

TrainedParameters::TrainedParameters(std::span<const Shape> dense, std::span<const Shape> tables) {
  std::size_t size = 0;
  const auto add = [&](const Shape& shape, bool sparse) {
    tensors_.push_back({shape.name, shape.rows, shape.columns, size, shape.bound, shape.start, sparse});
    size += tensors_.back().size();
  };
  for (const Shape& shape : dense) add(shape, false);
  dense_size_ = size;
  first_table_ = dense.size();
  for (const Shape& shape : tables) add(shape, true);
  values_ = zeros_on_huge_pages<float>(size);
  for (const Tensor& tensor : tensors_) {
    CounterRandom random(1, tensor.name);
    for (float& value : std::span(values_).subspan(tensor.offset, tensor.size()))
      value = tensor.start + tensor.bound * static_cast<float>(2 * random.unit() - 1);
  }
  gradient_.flat = zeros_on_huge_pages<float>(size);
  for (const Shape& shape : tables) gradient_.tables.emplace_back(shape.rows);
  adam_ = std::make_unique<Adam>(tensors_, kLearningRate);
}

void TrainedParameters::step(std::span<const std::vector<float>> slots, const Executor& executor) {
  sum_slots(slots, executor);
  adam_->step(values_, gradient_, executor);
  clear_tables(executor);
}

void TrainedParameters::sum_slots(std::span<const std::vector<float>> slots, const Executor& executor) {
  executor((dense_size_ + kPiece - 1) / kPiece, [&](std::size_t piece) {
    const std::size_t first = piece * kPiece;
    const std::size_t count = std::min(kPiece, dense_size_ - first);
    float* sum = gradient_.flat.data() + first;
    std::copy_n(slots[0].data() + first, count, sum);
    for (const std::vector<float>& slot : slots.subspan(1))
      lanes::add(slot.data() + first, sum, static_cast<Eigen::Index>(count));
  });
}

void TrainedParameters::clear_tables(const Executor& executor) {
  executor(gradient_.tables.size() * TouchedRows::kParts, [&](std::size_t task) {
    TouchedRows& rows = gradient_.tables[task / TouchedRows::kParts];
    const Tensor& table = tensors_[first_table_ + task / TouchedRows::kParts];
    const std::size_t part = task % TouchedRows::kParts;
    for (const std::uint32_t row : rows.part(part))
      std::fill_n(gradient_.flat.data() + table.offset + std::size_t{row} * table.columns, table.columns, 0.0F);
    rows.clear(part);
  });
}

}  // namespace bauta::bench
