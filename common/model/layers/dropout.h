// Inverted dropout (Srivastava et al. 2014): single elements are left out at random, the others scaled up.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/counter_random.h"
#include "common/model/layers/columns.h"

namespace bauta {

template <class Scalar>
class Dropout {
 public:
  /// Drops `share` of the first `count` columns, as drawn from (`draw`, `stream`), eight elements for each drawn
  /// number; nothing where draw or share is 0.
  void forward(double share, std::uint64_t draw, std::string_view stream, Eigen::Index count,
               Columns<Scalar>& columns) {
    kept_.clear();
    if (share <= 0 || draw == 0) return;
    const auto bound = static_cast<std::uint64_t>(std::lround(share * 256));
    const Scalar scale = Scalar(256) / Scalar(256 - bound);
    CounterRandom random(draw, stream);
    kept_.resize(static_cast<std::size_t>(count * columns.rows()));
    for (std::size_t i = 0; i < kept_.size(); i += 8) {
      std::uint64_t bits = random.next();
      for (std::size_t k = i; k < std::min(i + 8, kept_.size()); ++k, bits >>= 8)
        kept_[k] = (bits & 255) < bound ? Scalar(0) : scale;
    }
    apply(columns);
  }

  /// The gradient of what forward() changed.
  void backward(Columns<Scalar>& gradient) const { apply(gradient); }

 private:
  void apply(Columns<Scalar>& columns) const {
    if (kept_.empty()) return;
    Scalar* x = columns.column(0);
    for (std::size_t i = 0; i < kept_.size(); ++i) x[i] *= kept_[i];
  }

  std::vector<Scalar> kept_;
};

}  // namespace bauta
