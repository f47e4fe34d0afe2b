// DIN's activation unit (Zhou et al. 2018): how much step t of a history matters for the target q. The first layer over
// [q, k, q − k, q∘k] is kept in its factored form, for q and k enter linearly: A·q once a sequence, and [B C]·[k, q∘k]
// once a step. Two hidden layers with sigmoid, then one score, which becomes the weight of the step.
#pragma once

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/layers/sequence_pack.h"
#include "common/model/layers/vector_math.h"
#include "common/model/parameters.h"

namespace bauta {

/// Row-major: target A [M1 × D], step [B C] [M1 × 2D], bias1 [M1], second [M2 × M1], bias2 [M2], score [M2], offset
/// [1].
template <class Pointer>
struct AttentionWeights {
  Pointer target;
  Pointer step;
  Pointer bias1;
  Pointer second;
  Pointer bias2;
  Pointer score;
  Pointer offset;
};

/// What a score becomes: itself, as in Zhou et al. 2018; σ(score), bounded, which still keeps the intensity of an
/// interest; or its softmax over the history.
enum class AttentionScore { raw, sigmoid, softmax };

struct AttentionShape {
  Eigen::Index width = 0;    ///< D, of q and k
  Eigen::Index hidden1 = 0;  ///< M1
  Eigen::Index hidden2 = 0;  ///< M2
  AttentionScore score = AttentionScore::sigmoid;
};

template <class Scalar>
class AttentionUnit {
 public:
  using Index = Eigen::Index;
  using Weights = AttentionWeights<const Scalar*>;
  using WeightGradients = AttentionWeights<Scalar*>;

  explicit AttentionUnit(const AttentionShape& shape) : shape_(shape) {}

  /// `targets` [D × sequences] by rank, `keys` [D × positions]; `weights_out` gets one weight a position.
  void forward(const Weights& weights, const SequencePack& pack, const Columns<Scalar>& targets,
               const Columns<Scalar>& keys, Scalar* weights_out) {
    const auto& [d, m1, m2, score] = shape_;
    const Index positions = pack.positions();
    pairs_.resize(2 * d, positions);
    for (Index t = 0; t < pack.steps(); ++t)
      for (Index i = 0; i < pack.active(t); ++i) {
        const Index p = pack.first(t) + i;
        const Scalar* k = keys.column(p);
        const Scalar* q = targets.column(i);
        Scalar* pair = pairs_.column(p);
        for (Index row = 0; row < d; ++row) {
          pair[row] = k[row];
          pair[d + row] = q[row] * k[row];
        }
      }
    target_part_.resize(m1, targets.count());
    target_part_.view().noalias() = matrix(weights.target, m1, d) * targets.view();
    for (Index s = 0; s < targets.count(); ++s) lanes::add(weights.bias1, target_part_.column(s), m1);
    hidden1_.resize(m1, positions);
    hidden1_.view().noalias() = matrix(weights.step, m1, 2 * d) * pairs_.view();
    for (Index t = 0; t < pack.steps(); ++t)
      for (Index i = 0; i < pack.active(t); ++i) {
        Scalar* column = hidden1_.column(pack.first(t) + i);
        lanes::add(target_part_.column(i), column, m1);
        lanes::sigmoid(column, column, m1);
      }
    hidden2_.resize(m2, positions);
    hidden2_.view().noalias() = matrix(weights.second, m2, m1) * hidden1_.view();
    scores_.resize(1, positions);
    for (Index p = 0; p < positions; ++p) {
      Scalar* column = hidden2_.column(p);
      lanes::add(weights.bias2, column, m2);
      lanes::sigmoid(column, column, m2);
      *scores_.column(p) = lanes::dot(weights.score, column, m2) + *weights.offset;
    }
    if (positions == 0) return;
    if (score == AttentionScore::sigmoid) lanes::sigmoid(scores_.column(0), scores_.column(0), positions);
    if (score == AttentionScore::softmax)
      for (Index rank = 0; rank < pack.sequences(); ++rank) softmax_over_history(pack, rank);
    std::copy_n(scores_.column(0), positions, weights_out);
  }

  /// From dL/dweights (one a position). Adds to the weights' gradients and to `target_gradient` and `key_gradient`.
  void backward(const Weights& weights, const SequencePack& pack, const Columns<Scalar>& targets,
                const Scalar* weight_gradient, const WeightGradients& gradients, Columns<Scalar>& target_gradient,
                Columns<Scalar>& key_gradient) {
    const auto& [d, m1, m2, score] = shape_;
    const Index positions = pack.positions();
    if (positions == 0) return;
    score_gradient(pack, weight_gradient);
    gradient2_.resize(m2, positions);
    for (Index p = 0; p < positions; ++p) {
      const Scalar g = score_gradient_[static_cast<std::size_t>(p)];
      const Scalar* active = hidden2_.column(p);
      Scalar* out = gradient2_.column(p);
      lanes::add_scaled(g, active, gradients.score, m2);
      *gradients.offset += g;
      for (Index row = 0; row < m2; ++row) out[row] = g * weights.score[row] * active[row] * (Scalar(1) - active[row]);
      lanes::add(out, gradients.bias2, m2);
    }
    Eigen::Map<RowMajorMatrix<Scalar>>(gradients.second, m2, m1).noalias() +=
        gradient2_.view() * hidden1_.view().transpose();
    gradient1_.resize(m1, positions);
    gradient1_.view().noalias() = matrix(weights.second, m2, m1).transpose() * gradient2_.view();
    target_part_.view().setZero();  // from here on: its gradient
    for (Index t = 0; t < pack.steps(); ++t)
      for (Index i = 0; i < pack.active(t); ++i) {
        const Index p = pack.first(t) + i;
        const Scalar* active = hidden1_.column(p);
        Scalar* g = gradient1_.column(p);
        for (Index row = 0; row < m1; ++row) g[row] *= active[row] * (Scalar(1) - active[row]);
        lanes::add(g, target_part_.column(i), m1);
      }
    Eigen::Map<RowMajorMatrix<Scalar>>(gradients.step, m1, 2 * d).noalias() +=
        gradient1_.view() * pairs_.view().transpose();
    Eigen::Map<RowMajorMatrix<Scalar>>(gradients.target, m1, d).noalias() +=
        target_part_.view() * targets.view().transpose();
    for (Index s = 0; s < targets.count(); ++s) lanes::add(target_part_.column(s), gradients.bias1, m1);
    target_gradient.view().noalias() += matrix(weights.target, m1, d).transpose() * target_part_.view();
    pair_gradient_.resize(2 * d, positions);
    pair_gradient_.view().noalias() = matrix(weights.step, m1, 2 * d).transpose() * gradient1_.view();
    for (Index t = 0; t < pack.steps(); ++t)
      for (Index i = 0; i < pack.active(t); ++i) {
        const Index p = pack.first(t) + i;
        const Scalar* g = pair_gradient_.column(p);
        const Scalar* k = pairs_.column(p);
        const Scalar* q = targets.column(i);
        Scalar* key = key_gradient.column(p);
        Scalar* target = target_gradient.column(i);
        for (Index row = 0; row < d; ++row) {
          key[row] += g[row] + g[d + row] * q[row];
          target[row] += g[d + row] * k[row];
        }
      }
  }

 private:
  static Eigen::Map<const RowMajorMatrix<Scalar>> matrix(const Scalar* data, Index rows, Index columns) {
    return {data, rows, columns};
  }

  void softmax_over_history(const SequencePack& pack, Index rank) {
    const Index length = pack.length(rank);
    if (length == 0) return;
    history_.resize(static_cast<std::size_t>(length));
    for (Index t = 0; t < length; ++t) history_[static_cast<std::size_t>(t)] = *scores_.column(pack.column(rank, t));
    lanes::softmax(history_.data(), length);
    for (Index t = 0; t < length; ++t) *scores_.column(pack.column(rank, t)) = history_[static_cast<std::size_t>(t)];
  }

  void score_gradient(const SequencePack& pack, const Scalar* weight_gradient) {
    score_gradient_.resize(static_cast<std::size_t>(pack.positions()));
    if (shape_.score == AttentionScore::raw) {
      std::copy_n(weight_gradient, score_gradient_.size(), score_gradient_.begin());
      return;
    }
    if (shape_.score == AttentionScore::sigmoid) {
      for (std::size_t p = 0; p < score_gradient_.size(); ++p) {
        const Scalar a = *scores_.column(static_cast<Index>(p));
        score_gradient_[p] = weight_gradient[p] * a * (Scalar(1) - a);
      }
      return;
    }
    for (Index rank = 0; rank < pack.sequences(); ++rank) {
      Scalar mean = 0;
      for (Index t = 0; t < pack.length(rank); ++t) {
        const Index p = pack.column(rank, t);
        mean += *scores_.column(p) * weight_gradient[p];
      }
      for (Index t = 0; t < pack.length(rank); ++t) {
        const Index p = pack.column(rank, t);
        score_gradient_[static_cast<std::size_t>(p)] = *scores_.column(p) * (weight_gradient[p] - mean);
      }
    }
  }

  AttentionShape shape_;
  Columns<Scalar> pairs_;        // [k; q∘k]
  Columns<Scalar> target_part_;  // A·q + b1
  Columns<Scalar> hidden1_, hidden2_, scores_;
  Columns<Scalar> gradient1_, gradient2_, pair_gradient_;
  std::vector<Scalar> score_gradient_, history_;
};

}  // namespace bauta
