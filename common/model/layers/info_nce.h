// InfoNCE (van den Oord et al. 2018): which of m texts belongs to which of n persons, by the cosine over a temperature.
// Rows always; with `both_ways` also which person belongs to which text (n = m and positives on the diagonal), and the
// loss is the mean of the two. Pairs of the same group that are not each other's positive would be false negatives;
// they are set to −∞ before the exponential.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/layers/vector_math.h"

namespace bauta {

/// Unit vectors and the way back: x̂ = x/‖x‖; dx = (dx̂ − x̂⟨x̂, dx̂⟩)/‖x‖. A vector of length zero stays zero.
template <class Scalar>
class UnitColumns {
 public:
  using Index = Eigen::Index;

  const Columns<Scalar>& forward(const Columns<Scalar>& x) {
    units_.resize(x.rows(), x.count());
    inverse_.resize(static_cast<std::size_t>(x.count()));
    for (Index i = 0; i < x.count(); ++i) {
      const Scalar length = std::sqrt(lanes::dot(x.column(i), x.column(i), x.rows()));
      const Scalar inverse = length > Scalar(1e-12) ? Scalar(1) / length : Scalar(0);
      inverse_[static_cast<std::size_t>(i)] = inverse;
      for (Index row = 0; row < x.rows(); ++row) units_.column(i)[row] = x.column(i)[row] * inverse;
    }
    return units_;
  }

  /// Turns the gradient by the unit vectors into that by x, in place.
  void backward(Columns<Scalar>& gradient) const {
    for (Index i = 0; i < gradient.count(); ++i) {
      Scalar* g = gradient.column(i);
      const Scalar* unit = units_.column(i);
      const Scalar along = lanes::dot(g, unit, gradient.rows());
      const Scalar inverse = inverse_[static_cast<std::size_t>(i)];
      for (Index row = 0; row < gradient.rows(); ++row) g[row] = (g[row] - unit[row] * along) * inverse;
    }
  }

  const Columns<Scalar>& units() const { return units_; }

 private:
  Columns<Scalar> units_;
  std::vector<Scalar> inverse_;
};

struct InfoNceOptions {
  double inverse_temperature = 20;  ///< at most 100
  bool both_ways = false;
};

/// `persons` [D × n] and `texts` [D × m] are unit vectors, positives[i] the text of person i; groups may be empty (none
/// masked). Adds weight · dL to the gradients (by the unit vectors); returns weight · Σ over persons.
template <class Scalar>
class InfoNce {
 public:
  using Index = Eigen::Index;

  Scalar forward_backward(const Columns<Scalar>& persons, const Columns<Scalar>& texts,
                          std::span<const std::uint32_t> positives, std::span<const std::uint32_t> person_groups,
                          std::span<const std::uint32_t> text_groups, const InfoNceOptions& options, Scalar weight,
                          Columns<Scalar>& person_gradient, Columns<Scalar>& text_gradient) {
    const Index n = persons.count();
    const Index m = texts.count();
    const auto tau = static_cast<Scalar>(std::min(options.inverse_temperature, 100.0));
    rows_.resize(m, n);
    rows_.view().noalias() = (texts.view() * tau).transpose() * persons.view();
    for (Index i = 0; i < n && !person_groups.empty(); ++i)
      for (Index j = 0; j < m; ++j)
        if (j != Index{positives[static_cast<std::size_t>(i)]} &&
            person_groups[static_cast<std::size_t>(i)] == text_groups[static_cast<std::size_t>(j)])
          rows_.column(i)[j] = -std::numeric_limits<Scalar>::infinity();
    if (options.both_ways) columns_.resize(n, m), columns_.view() = rows_.view().transpose();
    const Scalar share = options.both_ways ? weight / Scalar(2) : weight;
    Scalar loss = 0;
    for (Index i = 0; i < n; ++i)
      loss += share * cross_entropy(rows_.column(i), m, positives[static_cast<std::size_t>(i)], share * tau);
    if (options.both_ways) {
      for (Index j = 0; j < m; ++j)
        loss += share * cross_entropy(columns_.column(j), n, static_cast<std::uint32_t>(j), share * tau);
      rows_.view() += columns_.view().transpose();
    }
    person_gradient.view().noalias() += texts.view() * rows_.view();
    text_gradient.view().noalias() += persons.view() * rows_.view().transpose();
    return loss;
  }

 private:
  /// scores ← factor · (softmax − one-hot); returns the loss.
  static Scalar cross_entropy(Scalar* scores, Index n, std::uint32_t positive, Scalar factor) {
    const Scalar own = scores[positive];
    const Scalar top = lanes::largest(scores, n);
    const Scalar total = lanes::exp_shifted(scores, n, top);
    lanes::scale(factor / total, scores, n);
    scores[positive] -= factor;
    return top + std::log(total) - own;
  }

  Columns<Scalar> rows_;     // [m × n] scores, then gradients
  Columns<Scalar> columns_;  // [n × m]
};

}  // namespace bauta
