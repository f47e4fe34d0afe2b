// The model's parameters: named tensors one after another in one flat vector, so that an update is one vector and a sum
// of updates needs no knowledge of the model. Names, shapes and order follow from ModelSettings alone.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/federation/plan.h"

namespace bauta {

/// A row-major matrix inside the flat vector.
struct Tensor {
  std::string name;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::size_t offset = 0;  ///< of element (0, 0)
  float bound = 0;         ///< initial values are uniform in [−bound, bound] around `start`
  float start = 0;
  bool sparse = false;  ///< a table of which a batch touches few rows

  std::size_t size() const { return std::size_t{rows} * columns; }
};

/// The shared tensors come first: they are what a model file holds and an update changes. Behind them a service may
/// have private ones, which never leave it.
class ParameterLayout {
 public:
  /// The shared tensors alone. Refuses (invalid_argument) settings this model cannot build: another kind, widths that
  /// are no multiple of 8, a table whose rows are no power of two, or more than 2^27 parameters.
  static Result<ParameterLayout> create(const ModelSettings& settings);
  /// The same with the private tensors of a service that sells `items` different items.
  ParameterLayout with_private(std::uint32_t items) const;

  const ModelSettings& settings() const { return settings_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  /// `name` must exist.
  const Tensor& at(std::string_view name) const;
  std::size_t size() const { return size_; }
  /// Elements of the shared tensors, [0, shared_size()) of the flat vector.
  std::size_t shared_size() const { return shared_size_; }

 private:
  Tensor& add(std::string name, std::uint32_t rows, std::uint32_t columns, float bound, float start = 0);

  ModelSettings settings_;
  std::vector<Tensor> tensors_;
  std::size_t size_ = 0;
  std::size_t shared_size_ = 0;
};

/// A function of the layout and settings().seed alone, bit for bit on every machine: uniform values made by IEEE
/// arithmetic, for a normal distribution would need the machine's own logarithm.
std::vector<float> initial_parameters(const ParameterLayout& layout);
/// Of the private tensors alone: the elements of initial_parameters from shared_size() on.
std::vector<float> initial_private_parameters(const ParameterLayout& layout);

template <class Scalar>
using RowMajorMatrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Views of one tensor in a flat vector of layout.size() elements.
template <class Scalar>
Eigen::Map<const RowMajorMatrix<Scalar>> tensor_view(std::span<const Scalar> flat, const Tensor& tensor) {
  return {flat.data() + tensor.offset, tensor.rows, tensor.columns};
}
template <class Scalar>
Eigen::Map<RowMajorMatrix<Scalar>> tensor_view(std::span<Scalar> flat, const Tensor& tensor) {
  return {flat.data() + tensor.offset, tensor.rows, tensor.columns};
}

}  // namespace bauta
