#include "common/model/behaviour_model.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "common/base/counter_random.h"
#include "common/model/layers/embedding_bag.h"
#include "common/model/micro_batch.h"

namespace bauta {
namespace {

// Part of what a result is: another number would add up gradients in another order.
constexpr std::size_t kSlots = 8;
constexpr std::size_t kSamplesEach = 16;  ///< of a micro-batch: their activations stay in the second-level cache
constexpr std::size_t kBagsEach = 128;
constexpr std::size_t kElementsEach = 8192;

std::size_t pieces(std::size_t total, std::size_t each) { return (total + each - 1) / each; }

BatchLosses& operator+=(BatchLosses& sum, const BatchLosses& more) {
  sum.next_item += more.next_item;
  sum.next_kind += more.next_kind;
  sum.demand += more.demand;
  sum.conversion += more.conversion;
  sum.churn += more.churn;
  sum.value += more.value;
  return sum;
}

/// How often each label occurs in a batch.
BatchLosses count_labels(std::span<const ModelSample> samples) {
  BatchLosses counts;
  for (const ModelSample& sample : samples) {
    const SampleLabels& labels = sample.labels;
    counts.conversion += labels.conversion >= 0 ? 1 : 0;
    counts.churn += labels.hazard >= 0 ? 1 : 0;
    counts.value += labels.value >= 0 ? 1 : 0;
    counts.demand += labels.future != kNone ? 1 : 0;
    if (!labels.next_events || sample.events.empty()) continue;
    counts.next_kind += static_cast<double>(sample.events.size() - 1);
    for (const EventCodes& event : sample.events.subspan(1)) counts.next_item += event.item != kNone ? 1 : 0;
  }
  return counts;
}

double over(double weight, double count) { return count > 0 ? weight / count : 0; }

}  // namespace

double BatchLosses::weighted(const LossWeights& weights) const {
  return next_item * weights.next_item + next_kind * weights.next_kind + demand * weights.demand +
         conversion * weights.conversion + churn * weights.churn + value * weights.value;
}

template <class Scalar>
class BehaviourModel<Scalar>::Workspace {
 public:
  using Index = Eigen::Index;

  Workspace(const ParameterLayout& layout, const ModelOptions& options)
      : size_(layout.size()), settings_(layout.settings()), t_(layout), options_(options) {
    slot_of_item_.assign(t_.residual.rows, kNoSlot);
    for (std::size_t i = 0; i < kSlots; ++i) micro_batches_.emplace_back(t_, settings_);
  }

  BatchLosses train(std::span<const Scalar> parameters, const ModelBatch& batch, std::uint64_t draw,
                    const Executor& executor) {
    prepare_gradient(executor);
    prepare(parameters, batch, draw, executor);
    const BatchLosses counts = count_labels(batch.samples);
    const LossWeights& w = options_.weights;
    view_.weight_of_one = {over(w.next_item, counts.next_item), over(w.next_kind, counts.next_kind),
                           over(w.demand, counts.demand),       over(w.conversion, counts.conversion),
                           over(w.churn, counts.churn),         over(w.value, counts.value)};
    view_.dropout = options_.dropout;
    view_.state_dropout = options_.state_dropout;
    slots_.resize(kSlots);
    executor(kSlots, [&](std::size_t index) {
      GradientSlot<Scalar>& slot = slots_[index];
      slot.dense.assign(t_.dense_size(), Scalar(0));
      slot.items.resize_zero(width(), view_.items.count());
      slot.item_bias.assign(wanted_.size(), Scalar(0));
      slot.texts.resize_zero(width(), view_.texts.units().count());
      slot.losses = {};
      std::array<const ModelSample*, kSamplesEach> samples{};
      for (std::size_t at = index; at < pieces(order_.size(), kSamplesEach); at += kSlots) {
        const std::span<const std::size_t> mine = piece(at);
        for (std::size_t i = 0; i < mine.size(); ++i) samples[i] = &batch.samples[mine[i]];
        micro_batches_[index].train(view_, std::span(samples).first(mine.size()), mix64(draw + at) | 1, slot);
      }
    });
    collect(batch, executor);
    BatchLosses losses;
    for (const auto& slot : slots_) losses += slot.losses;
    // Back from weighted sums to means.
    const auto mean = [](double sum, double weight) { return weight > 0 ? sum / weight : 0; };
    return {mean(losses.next_item, w.next_item),   mean(losses.next_kind, w.next_kind), mean(losses.demand, w.demand),
            mean(losses.conversion, w.conversion), mean(losses.churn, w.churn),         mean(losses.value, w.value)};
  }

  const Gradient<Scalar>& gradient() const { return gradient_; }

  void predict(std::span<const Scalar> parameters, const ModelBatch& batch, const Executor& executor,
               Predictions<Scalar>& predictions) {
    ModelBatch plain = batch;
    plain.texts = nullptr;
    plain.candidates = {};
    plain.candidate_log_q = {};
    prepare(parameters, plain, 0, executor);
    view_.dropout = 0;
    view_.state_dropout = 0;
    const auto count = static_cast<Index>(batch.samples.size());
    predictions.logits.resize(batch.samples.size());
    predictions.outlooks.resize(kOutlooks, count);
    predictions.next_item.resize(width(), count);
    predictions.demand.resize(width(), count);
    predictions.attention.resize(batch.samples.size());
    executor(kSlots, [&](std::size_t index) {
      std::array<const ModelSample*, kSamplesEach> samples{};
      for (std::size_t at = index; at < pieces(order_.size(), kSamplesEach); at += kSlots) {
        const std::span<const std::size_t> mine = piece(at);
        for (std::size_t i = 0; i < mine.size(); ++i) samples[i] = &batch.samples[mine[i]];
        micro_batches_[index].predict(view_, std::span(samples).first(mine.size()), mine, predictions);
      }
    });
  }

  void item_vectors(std::span<const Scalar> parameters, const TokenBags& items, std::span<const std::uint32_t> wanted,
                    Columns<Scalar>& vectors, std::vector<Scalar>& biases) const {
    const TensorMemory<const Scalar*> in{parameters.data()};
    Columns<Scalar> means;
    means.resize(static_cast<Index>(settings_.token_width), static_cast<Index>(wanted.size()));
    EmbeddingBag<Scalar>::forward(in.matrix(t_.table), items, wanted, 0, wanted.size(), means);
    vectors.resize(width(), means.count());
    vectors.view().noalias() = in.matrix(t_.projection) * means.view();
    biases.assign(wanted.size(), Scalar(0));
    for (std::size_t i = 0; i < wanted.size() && options_.item_residuals; ++i) {
      lanes::add(in.at(t_.residual) + std::size_t{wanted[i]} * t_.residual.columns,
                 vectors.column(static_cast<Index>(i)), width());
      biases[i] = in.at(t_.item_bias)[wanted[i]];
    }
  }

  void text_vectors(std::span<const Scalar> parameters, const TokenBags& texts, Columns<Scalar>& vectors) const {
    const TensorMemory<const Scalar*> in{parameters.data()};
    std::vector<std::uint32_t> all(texts.size());
    std::iota(all.begin(), all.end(), 0U);
    Columns<Scalar> means;
    means.resize(static_cast<Index>(settings_.token_width), static_cast<Index>(all.size()));
    EmbeddingBag<Scalar>::forward(in.matrix(t_.table), texts, all, 0, all.size(), means);
    vectors.resize(width(), means.count());
    vectors.view().noalias() = in.matrix(t_.demand_text) * means.view();
    UnitColumns<Scalar> units;
    vectors = units.forward(vectors);
  }

 private:
  Index width() const { return static_cast<Index>(settings_.width); }
  std::span<const std::size_t> piece(std::size_t at) const {
    return std::span(order_).subspan(at * kSamplesEach, std::min(kSamplesEach, order_.size() - at * kSamplesEach));
  }

  /// The order of the samples, the items of the batch with their vectors, and the texts with theirs.
  void prepare(std::span<const Scalar> parameters, const ModelBatch& batch, std::uint64_t draw,
               const Executor& executor) {
    BAUTA_CHECK(parameters.size() == size_ && batch.items->size() == slot_of_item_.size());
    BAUTA_CHECK(batch.candidates.size() == batch.candidate_log_q.size());
    for (const ModelSample& sample : batch.samples)
      BAUTA_CHECK(batch.texts == nullptr || sample.labels.future == kNone ||
                  sample.labels.future < batch.texts->size());
    in_ = {parameters.data(), 0};
    order_.resize(batch.samples.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return batch.samples[a].events.size() > batch.samples[b].events.size();
    });
    list_items(batch);
    embed_items(batch, draw, executor);
    embed_texts(batch, executor);
    view_.parameters = parameters;
    view_.slot_of_item = slot_of_item_;
    view_.candidate_log_q.assign(batch.candidate_log_q.begin(), batch.candidate_log_q.end());
  }

  /// Each item of the batch once, candidates first.
  void list_items(const ModelBatch& batch) {
    for (const std::uint32_t item : wanted_) slot_of_item_[item] = kNoSlot;
    wanted_.clear();
    const auto want = [&](std::uint32_t item) {
      if (item == kNone || slot_of_item_[item] != kNoSlot) return;
      slot_of_item_[item] = static_cast<std::uint32_t>(wanted_.size());
      wanted_.push_back(item);
    };
    for (const std::uint32_t item : batch.candidates) want(item);
    BAUTA_CHECK(wanted_.size() == batch.candidates.size());
    for (const ModelSample& sample : batch.samples) {
      for (const EventCodes& event : sample.events) want(event.item);
      want(sample.target.item);
    }
  }

  void embed_items(const ModelBatch& batch, std::uint64_t draw, const Executor& executor) {
    const std::size_t count = wanted_.size();
    residual_kept_.assign(count, options_.item_residuals ? Scalar(1) : Scalar(0));
    if (options_.item_residuals && options_.id_dropout > 0 && draw != 0) {
      CounterRandom random(draw, "residual");
      for (Scalar& kept : residual_kept_)
        kept = random.unit() < options_.id_dropout ? Scalar(0) : Scalar(1 / (1 - options_.id_dropout));
    }
    item_means_.resize(static_cast<Index>(settings_.token_width), static_cast<Index>(count));
    view_.items.resize(width(), static_cast<Index>(count));
    view_.item_bias.resize(count);
    const Scalar* residual = in_.at(t_.residual);
    executor(pieces(count, kBagsEach), [&](std::size_t at) {
      const std::size_t first = at * kBagsEach;
      const std::size_t used = std::min(kBagsEach, count - first);
      EmbeddingBag<Scalar>::forward(in_.matrix(t_.table), *batch.items, wanted_, first, used, item_means_);
      auto vectors = view_.items.view().middleCols(static_cast<Index>(first), static_cast<Index>(used));
      vectors.noalias() = in_.matrix(t_.projection) *
                          item_means_.view().middleCols(static_cast<Index>(first), static_cast<Index>(used));
      for (std::size_t i = first; i < first + used; ++i) {
        view_.item_bias[i] = options_.item_residuals ? in_.at(t_.item_bias)[wanted_[i]] : Scalar(0);
        lanes::add_scaled(residual_kept_[i], residual + std::size_t{wanted_[i]} * t_.residual.columns,
                          view_.items.column(static_cast<Index>(i)), width());
      }
    });
  }

  void embed_texts(const ModelBatch& batch, const Executor& executor) {
    const std::size_t count = batch.texts == nullptr ? 0 : batch.texts->size();
    texts_.resize(count);
    std::iota(texts_.begin(), texts_.end(), 0U);
    text_means_.resize(static_cast<Index>(settings_.token_width), static_cast<Index>(count));
    executor(pieces(count, kBagsEach), [&](std::size_t at) {
      EmbeddingBag<Scalar>::forward(in_.matrix(t_.table), *batch.texts, texts_, at * kBagsEach,
                                    std::min(kBagsEach, count - at * kBagsEach), text_means_);
    });
    text_vectors_.resize(width(), static_cast<Index>(count));
    text_vectors_.view().noalias() = in_.matrix(t_.demand_text) * text_means_.view();
    view_.texts.forward(text_vectors_);
  }

  /// Only what the last batch touched is not yet zero.
  void prepare_gradient(const Executor& executor) {
    if (gradient_.flat.empty()) {
      gradient_.flat.assign(size_, Scalar(0));
      for (const Tensor* table : {&t_.table, &t_.residual, &t_.item_bias}) gradient_.tables.emplace_back(table->rows);
      return;
    }
    executor(TouchedRows::kParts, [&](std::size_t part) {
      for (std::size_t k = 0; k < gradient_.tables.size(); ++k) {
        const Tensor& table = *sparse()[k];
        for (const std::uint32_t row : gradient_.tables[k].part(part))
          std::fill_n(gradient_.flat.data() + table.offset + std::size_t{row} * table.columns, table.columns,
                      Scalar(0));
        gradient_.tables[k].clear(part);
      }
    });
  }

  std::array<const Tensor*, 3> sparse() const { return {&t_.table, &t_.residual, &t_.item_bias}; }

  /// From the slots to one gradient, always in the order of the slots.
  void collect(const ModelBatch& batch, const Executor& executor) {
    const TensorMemory<Scalar*> out{gradient_.flat.data()};
    Scalar* dense = gradient_.flat.data() + t_.dense_first();
    const std::size_t bags = pieces(wanted_.size(), kBagsEach);
    item_mean_gradient_.resize(static_cast<Index>(settings_.token_width), static_cast<Index>(wanted_.size()));
    executor(pieces(t_.dense_size(), kElementsEach) + bags, [&](std::size_t task) {
      if (task < bags) {
        collect_items(batch, task * kBagsEach, std::min(kBagsEach, wanted_.size() - task * kBagsEach));
        return;
      }
      const std::size_t first = (task - bags) * kElementsEach;
      const std::size_t count = std::min(kElementsEach, t_.dense_size() - first);
      std::copy_n(slots_[0].dense.data() + first, count, dense + first);
      for (std::size_t s = 1; s < kSlots; ++s)
        lanes::add(slots_[s].dense.data() + first, dense + first, static_cast<Index>(count));
    });
    if (!options_.private_parts)
      std::fill_n(out.at(t_.adapter_down), t_.residual.offset - t_.adapter_down.offset, Scalar(0));
    // The projections are dense, but their gradients are known only now.
    out.matrix(t_.projection).noalias() += slots_[0].items.view() * item_means_.view().transpose();
    collect_texts(batch, out);
    executor(2 * TouchedRows::kParts, [&](std::size_t task) {
      const std::size_t part = task / 2;
      if (task % 2 == 0) {
        EmbeddingBag<Scalar>::backward(*batch.items, wanted_, item_mean_gradient_, part, out.at(t_.table),
                                       gradient_.tables[0]);
        if (batch.texts != nullptr)
          EmbeddingBag<Scalar>::backward(*batch.texts, texts_, text_mean_gradient_, part, out.at(t_.table),
                                         gradient_.tables[0]);
      } else if (options_.item_residuals) {
        collect_residuals(part, out);
      }
    });
  }

  /// slots_[0] ← the sum over the slots, for the items [first, first + count).
  void collect_items(const ModelBatch& batch, std::size_t first, std::size_t count) {
    const auto begin = static_cast<Index>(first);
    const auto elements = static_cast<Index>(count) * width();
    for (std::size_t s = 1; s < kSlots; ++s) {
      lanes::add(slots_[s].items.column(begin), slots_[0].items.column(begin), elements);
      lanes::add(slots_[s].item_bias.data() + first, slots_[0].item_bias.data() + first, static_cast<Index>(count));
    }
    const auto columns = static_cast<Index>(count);
    item_mean_gradient_.view().middleCols(begin, columns).noalias() =
        in_.matrix(t_.projection).transpose() * slots_[0].items.view().middleCols(begin, columns);
    EmbeddingBag<Scalar>::divide(*batch.items, wanted_, first, count, item_mean_gradient_);
  }

  void collect_texts(const ModelBatch& batch, const TensorMemory<Scalar*>& out) {
    if (batch.texts == nullptr || texts_.empty()) {
      text_mean_gradient_.resize(static_cast<Index>(settings_.token_width), 0);
      return;
    }
    Columns<Scalar>& sum = slots_[0].texts;
    for (std::size_t s = 1; s < kSlots; ++s)
      lanes::add(slots_[s].texts.column(0), sum.column(0), sum.count() * width());
    view_.texts.backward(sum);
    out.matrix(t_.demand_text).noalias() += sum.view() * text_means_.view().transpose();
    text_mean_gradient_.resize(static_cast<Index>(settings_.token_width), sum.count());
    text_mean_gradient_.view().noalias() = in_.matrix(t_.demand_text).transpose() * sum.view();
    EmbeddingBag<Scalar>::divide(*batch.texts, texts_, 0, texts_.size(), text_mean_gradient_);
  }

  void collect_residuals(std::size_t part, const TensorMemory<Scalar*>& out) {
    TouchedRows& rows = gradient_.tables[1];
    TouchedRows& biases = gradient_.tables[2];
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const std::uint32_t item = wanted_[i];
      if (rows.part_of(item) != part) continue;
      rows.touch(part, item);
      biases.touch(part, item);
      lanes::add_scaled(residual_kept_[i], slots_[0].items.column(static_cast<Index>(i)),
                        out.at(t_.residual) + std::size_t{item} * t_.residual.columns, width());
      out.at(t_.item_bias)[item] += slots_[0].item_bias[i];
    }
  }

  std::size_t size_;
  ModelSettings settings_;
  ModelTensors t_;
  ModelOptions options_;
  TensorMemory<const Scalar*> in_{nullptr};

  std::vector<std::size_t> order_;           // of the samples, longest history first
  std::vector<std::uint32_t> slot_of_item_;  // kNoSlot but for the items of the batch
  std::vector<std::uint32_t> wanted_;        // those, by slot
  std::vector<std::uint32_t> texts_;
  std::vector<Scalar> residual_kept_;  // by slot: 0, or the factor of what is kept
  Columns<Scalar> item_means_, item_mean_gradient_, text_means_, text_vectors_, text_mean_gradient_;
  BatchView<Scalar> view_;
  std::vector<MicroBatch<Scalar>> micro_batches_;  // one a slot
  std::vector<GradientSlot<Scalar>> slots_;
  Gradient<Scalar> gradient_;
};

template <class Scalar>
BehaviourModel<Scalar>::BehaviourModel(const ParameterLayout& layout, const ModelOptions& options)
    : workspace_(std::make_unique<Workspace>(layout, options)) {}
template <class Scalar>
BehaviourModel<Scalar>::~BehaviourModel() = default;
template <class Scalar>
BehaviourModel<Scalar>::BehaviourModel(BehaviourModel&&) noexcept = default;
template <class Scalar>
BehaviourModel<Scalar>& BehaviourModel<Scalar>::operator=(BehaviourModel&&) noexcept = default;

template <class Scalar>
BatchLosses BehaviourModel<Scalar>::train(std::span<const Scalar> parameters, const ModelBatch& batch,
                                          std::uint64_t draw, const Executor& executor) {
  return workspace_->train(parameters, batch, draw, executor);
}

template <class Scalar>
const Gradient<Scalar>& BehaviourModel<Scalar>::gradient() const {
  return workspace_->gradient();
}

template <class Scalar>
void BehaviourModel<Scalar>::predict(std::span<const Scalar> parameters, const ModelBatch& batch,
                                     const Executor& executor, Predictions<Scalar>& predictions) {
  workspace_->predict(parameters, batch, executor, predictions);
}

template <class Scalar>
void BehaviourModel<Scalar>::item_vectors(std::span<const Scalar> parameters, const TokenBags& items,
                                          std::span<const std::uint32_t> wanted, Columns<Scalar>& vectors,
                                          std::vector<Scalar>& biases) const {
  workspace_->item_vectors(parameters, items, wanted, vectors, biases);
}

template <class Scalar>
void BehaviourModel<Scalar>::text_vectors(std::span<const Scalar> parameters, const TokenBags& texts,
                                          Columns<Scalar>& vectors) const {
  workspace_->text_vectors(parameters, texts, vectors);
}

template class BehaviourModel<float>;
template class BehaviourModel<double>;

}  // namespace bauta
