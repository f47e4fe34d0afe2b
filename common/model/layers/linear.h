// y = W·x + b for every column of a batch.
#pragma once

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/parameters.h"

namespace bauta {

template <class Scalar>
class Linear {
 public:
  using ConstMatrix = Eigen::Map<const RowMajorMatrix<Scalar>>;
  using MutableMatrix = Eigen::Map<RowMajorMatrix<Scalar>>;

  /// weight [out, in], bias [1, out], input [in × batch], output [out × batch].
  static void forward(const ConstMatrix& weight, const ConstMatrix& bias, const Columns<Scalar>& input,
                      Columns<Scalar>& output) {
    output.resize(weight.rows(), input.count());
    output.view().noalias() = weight * input.view();
    for (Eigen::Index i = 0; i < output.count(); ++i) lanes::add(bias.data(), output.column(i), weight.rows());
  }

  /// Adds to the gradients of weight and bias; overwrites that of the input.
  static void backward(const ConstMatrix& weight, const Columns<Scalar>& input, const Columns<Scalar>& output_gradient,
                       MutableMatrix weight_gradient, MutableMatrix bias_gradient, Columns<Scalar>& input_gradient) {
    weight_gradient.noalias() += output_gradient.view() * input.view().transpose();
    for (Eigen::Index i = 0; i < output_gradient.count(); ++i)
      lanes::add(output_gradient.column(i), bias_gradient.data(), weight.rows());
    input_gradient.resize(weight.cols(), input.count());
    input_gradient.view().noalias() = weight.transpose() * output_gradient.view();
  }
};

}  // namespace bauta
