// y = x where x > 0, else slope·x, with one learned slope a unit (He et al. 2015).
#pragma once

#include "common/model/layers/columns.h"

namespace bauta {

template <class Scalar>
class PRelu {
 public:
  static void forward(const Scalar* slope, const Columns<Scalar>& input, Columns<Scalar>& output) {
    output.resize(input.rows(), input.count());
    for (Eigen::Index i = 0; i < input.count(); ++i) {
      const Scalar* x = input.column(i);
      Scalar* y = output.column(i);
      for (Eigen::Index unit = 0; unit < input.rows(); ++unit) y[unit] = x[unit] > 0 ? x[unit] : slope[unit] * x[unit];
    }
  }

  /// Turns the output's gradient into the input's in place; adds to the slopes' gradient.
  static void backward(const Scalar* slope, const Columns<Scalar>& input, Columns<Scalar>& gradient,
                       Scalar* slope_gradient) {
    for (Eigen::Index i = 0; i < input.count(); ++i) {
      const Scalar* x = input.column(i);
      Scalar* g = gradient.column(i);
      for (Eigen::Index unit = 0; unit < input.rows(); ++unit) {
        if (x[unit] > 0) continue;
        slope_gradient[unit] += g[unit] * x[unit];
        g[unit] *= slope[unit];
      }
    }
  }
};

}  // namespace bauta
