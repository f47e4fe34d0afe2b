// Several learned queries read one history: pooled_j = Σ_t softmax_t(g_j·k_t / √D) · k_t (Lin et al. 2017, with the
// scaled products of Vaswani et al. 2017). No target: one vector of a person for every purpose.
#pragma once

#include <cmath>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/layers/sequence_pack.h"
#include "common/model/layers/vector_math.h"
#include "common/model/parameters.h"

namespace bauta {

template <class Scalar>
class QueryPooling {
 public:
  using Index = Eigen::Index;
  using ConstMatrix = Eigen::Map<const RowMajorMatrix<Scalar>>;
  using MutableMatrix = Eigen::Map<RowMajorMatrix<Scalar>>;

  /// queries [J × D], keys [D × positions], pooled [J·D × sequences] by rank; an empty history pools to zero.
  void forward(const ConstMatrix& queries, const SequencePack& pack, const Columns<Scalar>& keys,
               Columns<Scalar>& pooled) {
    const Index d = queries.cols();
    const Index j = queries.rows();
    pooled.resize_zero(j * d, pack.sequences());
    weights_.resize(j, pack.positions());
    if (pack.positions() == 0) return;
    weights_.view().noalias() = queries * keys.view();
    const Scalar scale = Scalar(1) / std::sqrt(Scalar(d));
    for (Index rank = 0; rank < pack.sequences(); ++rank) {
      const Index length = pack.length(rank);
      if (length == 0) continue;
      history_.resize(static_cast<std::size_t>(length));
      for (Index query = 0; query < j; ++query) {
        for (Index t = 0; t < length; ++t)
          history_[static_cast<std::size_t>(t)] = scale * weights_.column(pack.column(rank, t))[query];
        lanes::softmax(history_.data(), length);
        for (Index t = 0; t < length; ++t) {
          const Index p = pack.column(rank, t);
          const Scalar weight = history_[static_cast<std::size_t>(t)];
          weights_.column(p)[query] = weight;
          lanes::add_scaled(weight, keys.column(p), pooled.column(rank) + query * d, d);
        }
      }
    }
  }

  /// Adds to the gradients of queries and keys.
  void backward(const ConstMatrix& queries, const SequencePack& pack, const Columns<Scalar>& keys,
                const Columns<Scalar>& pooled_gradient, MutableMatrix query_gradient, Columns<Scalar>& key_gradient) {
    const Index d = queries.cols();
    const Index j = queries.rows();
    if (pack.positions() == 0) return;
    const Scalar scale = Scalar(1) / std::sqrt(Scalar(d));
    score_gradient_.resize(j, pack.positions());
    for (Index rank = 0; rank < pack.sequences(); ++rank) {
      for (Index query = 0; query < j; ++query) {
        const Scalar* g = pooled_gradient.column(rank) + query * d;
        Scalar mean = 0;
        for (Index t = 0; t < pack.length(rank); ++t) {
          const Index p = pack.column(rank, t);
          const Scalar weight = weights_.column(p)[query];
          const Scalar along = lanes::dot(g, keys.column(p), d);
          score_gradient_.column(p)[query] = along;
          mean += weight * along;
          lanes::add_scaled(weight, g, key_gradient.column(p), d);
        }
        for (Index t = 0; t < pack.length(rank); ++t) {
          const Index p = pack.column(rank, t);
          Scalar& score = score_gradient_.column(p)[query];
          score = scale * weights_.column(p)[query] * (score - mean);
        }
      }
    }
    query_gradient.noalias() += score_gradient_.view() * keys.view().transpose();
    key_gradient.view().noalias() += queries.transpose() * score_gradient_.view();
  }

 private:
  Columns<Scalar> weights_;         // [J × positions]
  Columns<Scalar> score_gradient_;  // [J × positions]
  std::vector<Scalar> history_;
};

}  // namespace bauta
