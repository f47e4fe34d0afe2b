// y = gain ∘ (x − mean(x)) / √(var(x) + ε) + bias for every column (Ba et al. 2016). Statistics of one vector, never of
// a batch: a batch's would differ from service to service.
#pragma once

#include <cmath>
#include <vector>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"

namespace bauta {

template <class Scalar>
class LayerNorm {
 public:
  static constexpr Scalar kEpsilon = Scalar(1e-5);

  /// Replaces `x` by its normalised columns, before gain and bias, and writes y.
  void forward(const Scalar* gain, const Scalar* bias, Columns<Scalar>& x, Columns<Scalar>& y) {
    const Eigen::Index n = x.rows();
    y.resize(n, x.count());
    inverse_deviation_.resize(static_cast<std::size_t>(x.count()));
    for (Eigen::Index i = 0; i < x.count(); ++i) {
      Scalar* column = x.column(i);
      const Scalar mean = lanes::sum(column, n) / Scalar(n);
      for (Eigen::Index row = 0; row < n; row += 8) Eigen::Map<lanes::Lane<Scalar>>(column + row) -= mean;
      const Scalar inverse = Scalar(1) / std::sqrt(lanes::dot(column, column, n) / Scalar(n) + kEpsilon);
      inverse_deviation_[static_cast<std::size_t>(i)] = inverse;
      Scalar* out = y.column(i);
      for (Eigen::Index row = 0; row < n; row += 8) {
        Eigen::Map<lanes::Lane<Scalar>> lane(column + row);
        lane *= inverse;
        Eigen::Map<lanes::Lane<Scalar>>(out + row) = lane * lanes::load(gain + row) + lanes::load(bias + row);
      }
    }
  }

  /// `normalised` is x as forward left it. Turns dL/dy into dL/dx in place:
  /// dx = (g − mean(g) − x̂·mean(g∘x̂)) / deviation with g = gain ∘ dy. Adds to the gradients of gain and bias.
  void backward(const Scalar* gain, const Columns<Scalar>& normalised, Columns<Scalar>& gradient, Scalar* gain_gradient,
                Scalar* bias_gradient) const {
    const Eigen::Index n = normalised.rows();
    for (Eigen::Index i = 0; i < gradient.count(); ++i) {
      const Scalar* x = normalised.column(i);
      Scalar* g = gradient.column(i);
      for (Eigen::Index row = 0; row < n; row += 8) {
        Eigen::Map<lanes::Lane<Scalar>> lane(g + row);
        Eigen::Map<lanes::Lane<Scalar>>(gain_gradient + row) += lane * lanes::load(x + row);
        Eigen::Map<lanes::Lane<Scalar>>(bias_gradient + row) += lane;
        lane *= lanes::load(gain + row);
      }
      const Scalar mean = lanes::sum(g, n) / Scalar(n);
      const Scalar along = lanes::dot(g, x, n) / Scalar(n);
      const Scalar inverse = inverse_deviation_[static_cast<std::size_t>(i)];
      for (Eigen::Index row = 0; row < n; row += 8) {
        Eigen::Map<lanes::Lane<Scalar>> lane(g + row);
        lane = (lane - mean - along * lanes::load(x + row)) * inverse;
      }
    }
  }

 private:
  std::vector<Scalar> inverse_deviation_;
};

}  // namespace bauta
