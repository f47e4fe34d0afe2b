// Weighted sums of each sample's own events; with weights that add to one, means.
#pragma once

#include <cstdint>
#include <span>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"

namespace bauta {

template <class Scalar>
class Pooling {
 public:
  /// Events of sample s are the columns [first[s], first[s+1]) of `events` [width × events]; `weights` is
  /// [poolings × events]. Overwrites the top poolings·width rows of `output`; a sample without events gets zeros.
  static void forward(const Columns<Scalar>& events, std::span<const std::uint32_t> first,
                      const Columns<Scalar>& weights, Columns<Scalar>& output) {
    const Eigen::Index width = events.rows();
    const Eigen::Index poolings = weights.rows();
    for (std::size_t s = 0; s + 1 < first.size(); ++s) {
      Scalar* out = output.column(static_cast<Eigen::Index>(s));
      std::fill(out, out + poolings * width, Scalar(0));
      for (Eigen::Index e = first[s]; e < Eigen::Index{first[s + 1]}; ++e)
        for (Eigen::Index k = 0; k < poolings; ++k)
          lanes::add_scaled(weights.column(e)[k], events.column(e), out + k * width, width);
    }
  }

  /// Adds to the events' gradient.
  static void backward(std::span<const std::uint32_t> first, const Columns<Scalar>& weights,
                       const Columns<Scalar>& output_gradient, Columns<Scalar>& event_gradient) {
    const Eigen::Index width = event_gradient.rows();
    const Eigen::Index poolings = weights.rows();
    for (std::size_t s = 0; s + 1 < first.size(); ++s) {
      const Scalar* g = output_gradient.column(static_cast<Eigen::Index>(s));
      for (Eigen::Index e = first[s]; e < Eigen::Index{first[s + 1]}; ++e)
        for (Eigen::Index k = 0; k < poolings; ++k)
          lanes::add_scaled(weights.column(e)[k], g + k * width, event_gradient.column(e), width);
    }
  }
};

}  // namespace bauta
