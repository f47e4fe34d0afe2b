// GRU (Cho et al. 2014, with the reset gate behind the recurrent product as in cuDNN and PyTorch; z replaces the state
// here, where it keeps it there) and AUGRU (Zhou et al. 2019, DIEN, eq. 4–5: the attention scales the update gate):
//
//   z = σ(Wz·x + Uz·h + bz)   r = σ(Wr·x + Ur·h + br)   q = Un·h + c   n = tanh(Wn·x + bn + r∘q)
//   h ← h + w∘(n − h)          w = z, or a·z with the attention a of the step
#pragma once

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/layers/sequence_pack.h"
#include "common/model/layers/vector_math.h"
#include "common/model/parameters.h"

namespace bauta {

/// Pointers into the flat vectors, row-major: input [3H × in], recurrent [3H × H], bias [3H], candidate_bias c [H]; the
/// three blocks of rows are z, r, n.
template <class Pointer>
struct GruWeights {
  Pointer input;
  Pointer recurrent;
  Pointer bias;
  Pointer candidate_bias;
};

template <class Scalar>
class Gru {
 public:
  using Index = Eigen::Index;
  using Weights = GruWeights<const Scalar*>;
  using WeightGradients = GruWeights<Scalar*>;

  /// `x` [in × positions]; `attention` one number a position, or null for a GRU. States start at zero; `states`
  /// [hidden × positions] holds the state after each step.
  void forward(const Weights& weights, const SequencePack& pack, const Columns<Scalar>& x, const Scalar* attention,
               Index hidden, Columns<Scalar>& states) {
    const Index h3 = 3 * hidden;
    const Index positions = pack.positions();
    gates_.resize(h3, positions);
    kept_.resize(hidden, positions);
    states.resize(hidden, positions);
    if (positions == 0) return;
    gates_.view().noalias() = matrix(weights.input, h3, x.rows()) * x.view();
    const auto recurrent = matrix(weights.recurrent, h3, hidden);
    for (Index t = 0; t < pack.steps(); ++t) {
      const Index active = pack.active(t);
      const Index first = pack.first(t);
      if (t > 0) {
        product_.resize(h3, active);
        product_.view().noalias() = recurrent * states.view().middleCols(pack.first(t - 1), active);
      } else {
        product_.resize_zero(h3, active);
      }
      for (Index i = 0; i < active; ++i) {
        const Index p = first + i;
        const Scalar* before = t > 0 ? states.column(pack.first(t - 1) + i) : nullptr;
        step(weights, product_.column(i), before, attention == nullptr ? Scalar(1) : attention[p], hidden,
             gates_.column(p), kept_.column(p), states.column(p));
      }
    }
  }

  /// `state_gradient` is dL/dstates of everything but the recurrence, and is used up. Adds to the weights' gradients,
  /// overwrites `x_gradient`, and writes one number a position to `attention_gradient` (with `attention` only).
  void backward(const Weights& weights, const SequencePack& pack, const Columns<Scalar>& x, const Scalar* attention,
                const Columns<Scalar>& states, Columns<Scalar>& state_gradient, const WeightGradients& gradients,
                Columns<Scalar>& x_gradient, Scalar* attention_gradient) {
    const Index hidden = states.rows();
    const Index h3 = 3 * hidden;
    const Index positions = pack.positions();
    x_gradient.resize(x.rows(), positions);
    if (positions == 0) return;
    recurrent_gradient_.resize(h3, positions);  // [δz δr dq]; gates_ becomes [δz δr δn]
    const auto recurrent = matrix(weights.recurrent, h3, hidden);
    for (Index t = pack.steps(); t-- > 0;) {
      const Index active = pack.active(t);
      const Index first = pack.first(t);
      for (Index i = 0; i < active; ++i) {
        const Index p = first + i;
        const Scalar* before = t > 0 ? states.column(pack.first(t - 1) + i) : nullptr;
        const Scalar a = attention == nullptr ? Scalar(1) : attention[p];
        const Scalar da = step_back(before, a, hidden, gates_.column(p), kept_.column(p), state_gradient.column(p),
                                    recurrent_gradient_.column(p));
        if (attention_gradient != nullptr) attention_gradient[p] = da;
      }
      if (t == 0) continue;
      // step_back left G∘(1 − w) in state_gradient; the rest of dL/dh comes through the gates.
      auto earlier = state_gradient.view().middleCols(pack.first(t - 1), active);
      earlier += state_gradient.view().middleCols(first, active);
      earlier.noalias() += recurrent.transpose() * recurrent_gradient_.view().middleCols(first, active);
    }
    Eigen::Map<RowMajorMatrix<Scalar>>(gradients.input, h3, x.rows()).noalias() += gates_.view() * x.view().transpose();
    x_gradient.view().noalias() = matrix(weights.input, h3, x.rows()).transpose() * gates_.view();
    const Index later = positions - pack.active(0);
    if (later > 0) {
      before_.resize(hidden, later);
      for (Index t = 1; t < pack.steps(); ++t)
        before_.view().middleCols(pack.first(t) - pack.active(0), pack.active(t)) =
            states.view().middleCols(pack.first(t - 1), pack.active(t));
      Eigen::Map<RowMajorMatrix<Scalar>>(gradients.recurrent, h3, hidden).noalias() +=
          recurrent_gradient_.view().rightCols(later) * before_.view().transpose();
    }
    for (Index p = 0; p < positions; ++p) {
      lanes::add(gates_.column(p), gradients.bias, h3);
      lanes::add(recurrent_gradient_.column(p) + 2 * hidden, gradients.candidate_bias, hidden);
    }
  }

 private:
  using Lane = lanes::Lane<Scalar>;
  using MutableLane = Eigen::Map<Lane>;

  static Eigen::Map<const RowMajorMatrix<Scalar>> matrix(const Scalar* data, Index rows, Index columns) {
    return {data, rows, columns};
  }

  /// gates: W·x on entry, z, r, n on return. kept: q.
  static void step(const Weights& weights, const Scalar* product, const Scalar* before, Scalar attention, Index hidden,
                   Scalar* gates, Scalar* kept, Scalar* after) {
    const Index h2 = 2 * hidden;
    for (Index k = 0; k < hidden; k += 8) {
      const auto sum = [&](Index row) -> Lane {
        return lanes::load(gates + row) + lanes::load(product + row) + lanes::load(weights.bias + row);
      };
      const Lane z = sum(k).logistic();
      const Lane r = sum(hidden + k).logistic();
      const Lane q = lanes::load(product + h2 + k) + lanes::load(weights.candidate_bias + k);
      const Lane n = (lanes::load(gates + h2 + k) + lanes::load(weights.bias + h2 + k) + r * q).tanh();
      MutableLane(gates + k) = z;
      MutableLane(gates + hidden + k) = r;
      MutableLane(gates + h2 + k) = n;
      MutableLane(kept + k) = q;
      const Lane w = attention * z;
      if (before == nullptr) {
        MutableLane(after + k) = w * n;
      } else {
        const Lane h = lanes::load(before + k);
        MutableLane(after + k) = h + w * (n - h);
      }
    }
  }

  /// gates: z, r, n on entry, δz, δr, δn on return; gradient: G on entry, G∘(1 − w) on return; returns dL/da.
  static Scalar step_back(const Scalar* before, Scalar attention, Index hidden, Scalar* gates, const Scalar* kept,
                          Scalar* gradient, Scalar* recurrent) {
    const Index h2 = 2 * hidden;
    Lane along = Lane::Zero();
    for (Index k = 0; k < hidden; k += 8) {
      const Lane z = lanes::load(gates + k);
      const Lane r = lanes::load(gates + hidden + k);
      const Lane n = lanes::load(gates + h2 + k);
      const Lane q = lanes::load(kept + k);
      const Lane g = lanes::load(gradient + k);
      Lane h = Lane::Zero();
      if (before != nullptr) h = lanes::load(before + k);
      const Lane w = attention * z;
      const Lane dw = g * (n - h);
      along += dw * z;
      const Lane delta_n = g * w * (Scalar(1) - n * n);
      const Lane delta_z = attention * dw * z * (Scalar(1) - z);
      const Lane delta_r = delta_n * q * r * (Scalar(1) - r);
      MutableLane(gates + k) = delta_z;
      MutableLane(gates + hidden + k) = delta_r;
      MutableLane(gates + h2 + k) = delta_n;
      MutableLane(recurrent + k) = delta_z;
      MutableLane(recurrent + hidden + k) = delta_r;
      MutableLane(recurrent + h2 + k) = delta_n * r;
      MutableLane(gradient + k) = g * (Scalar(1) - w);
    }
    return lanes::total<Scalar>(along);
  }

  Columns<Scalar> gates_;  // [3H × positions]
  Columns<Scalar> kept_;   // q
  Columns<Scalar> product_, recurrent_gradient_, before_;
};

}  // namespace bauta
