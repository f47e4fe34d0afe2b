// The shared behaviour model P-1: a person's newest events and what is asked become logits, hazards, a value and
// vectors that meet items and texts. Forward and hand-written backward, instantiated for float (training) and double
// (checking).
//
//   event  x = LayerNorm(item + type + gap + amount + hour + weekday + channel), then the private adapter     [D]
//   item     = projection · mean(token rows) + private residual of the id
//   state  h = GRU(x);  key k = h + embedding of the event's age at the cut
//   target q = the same embedding of what is asked, as an event at the cut
//   a_t      = attention(q, k_t)    interest = Σ a_t·k_t/√T    evolution = last state of AUGRU(h, a)
//   person u = Linear(four learned queries over k)
//   logit    = MLP[interest, evolution, q, q∘interest, u, context, horizon] + private offset, head deltas
//   outlook  = MLP[u, context, horizon]: hazards of the next event, zero-inflated log-normal value
//   next     = h_t → scores of all items, type, gap and amount of the event after t
//   demand   = cosine of Linear(u) with Linear(mean(token rows of a text))
//
// Published parts: DIN (Zhou 2018), DIEN (Zhou 2019), InfoNCE (van den Oord 2018), ZILN (Wang 2019).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/base/executor.h"
#include "common/federation/plan.h"
#include "common/model/adam.h"
#include "common/model/layers/columns.h"
#include "common/model/model_input.h"
#include "common/model/parameters.h"

namespace bauta {

/// Means over the labels that were there; 0 where there were none.
struct BatchLosses {
  double next_item = 0;
  double next_kind = 0;
  double demand = 0;
  double conversion = 0;
  double churn = 0;
  double value = 0;

  double weighted(const LossWeights& weights) const;
};

struct ModelOptions {
  LossWeights weights;
  double dropout = 0;  ///< of event vectors, in training only
  double id_dropout =
      0;  ///< how often an item's private residual is left out in training, for the shared part to suffice
  bool item_residuals = true;
  bool private_parts = true;  ///< false: adapter and head deltas do not move
  double state_dropout = 0;   ///< of the states that the next event is told from, in training only
};

/// What the model says about samples, in their order.
template <class Scalar>
struct Predictions {
  std::vector<Scalar> logits;                  ///< one a sample
  Columns<Scalar> outlooks;                    ///< [kOutlooks × samples], raw: hazard logits, then ZILN
  Columns<Scalar> next_item;                   ///< [D × samples]: what the items' vectors are multiplied with
  Columns<Scalar> demand;                      ///< [D × samples], unit vectors
  std::vector<std::vector<Scalar>> attention;  ///< a weight for each event of each sample
};

/// Keeps its buffers between calls: one caller at a time. Deterministic: the same inputs give the same bits in one
/// build on one kind of processor, whatever the executor.
template <class Scalar>
class BehaviourModel {
 public:
  /// `layout` with private tensors; their number of items is that of every later batch.
  BehaviourModel(const ParameterLayout& layout, const ModelOptions& options);
  ~BehaviourModel();
  BehaviourModel(BehaviourModel&&) noexcept;
  BehaviourModel& operator=(BehaviourModel&&) noexcept;

  /// Loss and gradient of one batch. `parameters` has layout.size() elements; `draw` seeds the dropout. The gradient
  /// lives until the next call.
  BatchLosses train(std::span<const Scalar> parameters, const ModelBatch& batch, std::uint64_t draw,
                    const Executor& executor);
  const Gradient<Scalar>& gradient() const;

  /// Nothing is dropped. `batch` needs no candidates.
  void predict(std::span<const Scalar> parameters, const ModelBatch& batch, const Executor& executor,
               Predictions<Scalar>& predictions);

  /// Vectors [D × items] and biases of the given items: a next-item score is their product with
  /// Predictions::next_item, plus the bias.
  void item_vectors(std::span<const Scalar> parameters, const TokenBags& items, std::span<const std::uint32_t> wanted,
                    Columns<Scalar>& vectors, std::vector<Scalar>& biases) const;
  /// Unit vectors [D × texts] that Predictions::demand is multiplied with.
  void text_vectors(std::span<const Scalar> parameters, const TokenBags& texts, Columns<Scalar>& vectors) const;

 private:
  class Workspace;
  std::unique_ptr<Workspace> workspace_;
};

extern template class BehaviourModel<float>;
extern template class BehaviourModel<double>;

}  // namespace bauta
