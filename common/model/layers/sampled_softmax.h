// Which of N items comes next, by K of them: the cross-entropy over the positive and K shared candidates, each of which
// stands for 1/q of its kind (q: its probability of being among the candidates). The positive is always there, so its
// own q is 1; where a candidate is the positive it is left out. With all N items as candidates and q = 1 this is the
// full softmax, not an estimate (Bengio, Senécal 2008; Yi et al. 2019 for the correction by log q).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/layers/vector_math.h"

namespace bauta {

template <class Scalar>
class SampledSoftmax {
 public:
  using Index = Eigen::Index;

  /// Candidates are the first `log_q.size()` columns of `items` [D × items]; `bias` has one number an item.
  /// `positives[i]` is the column of the item that followed `queries`' column i. Adds weight · dL to the gradients
  /// (`query_gradient` like queries, the others like items and bias); returns weight · Σ loss.
  Scalar forward_backward(const Columns<Scalar>& queries, std::span<const std::uint32_t> positives,
                          const Columns<Scalar>& items, const Scalar* bias, std::span<const Scalar> log_q,
                          Scalar weight, Columns<Scalar>& query_gradient, Columns<Scalar>& item_gradient,
                          Scalar* bias_gradient) {
    const auto candidates = static_cast<Index>(log_q.size());
    const Index d = items.rows();
    offset_.resize(log_q.size());
    for (std::size_t i = 0; i < log_q.size(); ++i) offset_[i] = bias[i] - log_q[i];
    Scalar loss = 0;
    for (Index first = 0; first < queries.count(); first += kTile) {
      const Index count = std::min(kTile, queries.count() - first);
      scores_.resize(candidates, count);
      scores_.view().noalias() =
          items.view().leftCols(candidates).transpose() * queries.view().middleCols(first, count);
      for (Index i = 0; i < count; ++i) {
        const Index query = first + i;
        const Index positive = positives[static_cast<std::size_t>(query)];
        Scalar* scores = scores_.column(i);
        lanes::add(offset_.data(), scores, candidates);
        if (positive < candidates) scores[positive] = -std::numeric_limits<Scalar>::infinity();
        const Scalar own = lanes::dot(items.column(positive), queries.column(query), d) + bias[positive];
        const Scalar top = std::max(own, lanes::largest(scores, candidates));
        const Scalar own_part = std::exp(own - top);
        const Scalar total = own_part + lanes::exp_shifted(scores, candidates, top);
        loss += top + std::log(total) - own;
        const Scalar scale = weight / total;
        lanes::scale(scale, scores, candidates);
        const Scalar own_gradient = own_part * scale - weight;
        lanes::add_scaled(own_gradient, items.column(positive), query_gradient.column(query), d);
        lanes::add_scaled(own_gradient, queries.column(query), item_gradient.column(positive), d);
        bias_gradient[positive] += own_gradient;
        lanes::add(scores, bias_gradient, candidates);
      }
      query_gradient.view().middleCols(first, count).noalias() += items.view().leftCols(candidates) * scores_.view();
      item_gradient.view().leftCols(candidates).noalias() +=
          queries.view().middleCols(first, count) * scores_.view().transpose();
    }
    return weight * loss;
  }

 private:
  static constexpr Index kTile = 64;  // scores of a tile stay in the second-level cache

  Columns<Scalar> scores_;  // [candidates × tile]
  std::vector<Scalar> offset_;
};

}  // namespace bauta
