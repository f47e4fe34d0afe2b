// Forward and backward of a few samples: what one thread works on while it stays in its cache.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "common/model/behaviour_model.h"
#include "common/model/layers/dropout.h"
#include "common/model/layers/info_nce.h"
#include "common/model/layers/layer_norm.h"
#include "common/model/layers/linear.h"
#include "common/model/layers/losses.h"
#include "common/model/layers/prelu.h"
#include "common/model/layers/query_pooling.h"
#include "common/model/layers/sampled_softmax.h"
#include "common/model/layers/sequence_pack.h"
#include "common/model/model_tensors.h"

namespace bauta {

/// What all micro-batches of a batch read.
template <class Scalar>
struct BatchView {
  std::span<const Scalar> parameters;
  std::span<const std::uint32_t> slot_of_item;
  Columns<Scalar> items;          ///< [D × slots]; the candidates come first
  std::vector<Scalar> item_bias;  ///< one a slot
  std::vector<Scalar> candidate_log_q;
  UnitColumns<Scalar> texts;  ///< [D × texts]
  BatchLosses weight_of_one;  ///< of a single label of each head: its weight over the labels of the batch
  double dropout = 0;
  double state_dropout = 0;
};

/// What the micro-batches of one slot add up, in their order.
template <class Scalar>
struct GradientSlot {
  std::vector<Scalar> dense;  ///< ModelTensors::dense_first onwards
  Columns<Scalar> items;      ///< like BatchView::items
  std::vector<Scalar> item_bias;
  Columns<Scalar> texts;  ///< by the unit vectors
  BatchLosses losses;     ///< weighted sums
};

template <class Scalar>
class MicroBatch {
 public:
  using Index = Eigen::Index;

  MicroBatch(const ModelTensors& tensors, const ModelSettings& settings)
      : t_(&tensors),
        width_(settings.width),
        attention_(settings.attention),
        evolution_attends_(settings.evolution_attends),
        unit_({width_, static_cast<Index>(tensors.attention.target.rows),
               static_cast<Index>(tensors.attention.second.rows),
               settings.attention == Attention::softmax ? AttentionScore::softmax : AttentionScore::sigmoid}) {}

  /// Losses and gradients of `samples`, added to `slot`.
  void train(const BatchView<Scalar>& batch, std::span<const ModelSample* const> samples, std::uint64_t draw,
             GradientSlot<Scalar>& slot) {
    batch_ = &batch;
    samples_ = samples;
    in_ = {batch.parameters.data(), 0};
    out_ = {slot.dense.data(), t_->dense_first()};
    const BatchLosses& weight = batch.weight_of_one;
    const bool heads = std::any_of(samples.begin(), samples.end(), [&](const ModelSample* sample) {
      const SampleLabels& labels = sample->labels;
      return (labels.conversion >= 0 && weight.conversion > 0) || (labels.hazard >= 0 && weight.churn > 0) ||
             (labels.value >= 0 && weight.value > 0) || (labels.future != kNone && weight.demand > 0);
    });
    encode(draw);
    state_gradient_.resize_zero(width_, pack_.positions());
    target_gradient_.resize_zero(width_, pack_.sequences());
    next_events(draw, slot);
    if (heads) {
      attend();
      summarise();
      conversion_head();
      outlook_head();
      key_gradient_.resize_zero(width_, pack_.positions());
      person_gradient_.resize_zero(width_, pack_.sequences());
      demand_loss(slot);
      outlook_loss(slot);
      conversion_loss(slot);
      attend_back();
    }
    encode_back(slot);
  }

  /// Nothing is dropped. `positions[i]` is where samples[i] stands in `predictions`.
  void predict(const BatchView<Scalar>& batch, std::span<const ModelSample* const> samples,
               std::span<const std::size_t> positions, Predictions<Scalar>& predictions) {
    batch_ = &batch;
    samples_ = samples;
    in_ = {batch.parameters.data(), 0};
    encode(0);
    attend();
    summarise();
    conversion_head();
    outlook_head();
    demand_input_.resize(width_, pack_.sequences());
    demand_input_.view().noalias() = in_.matrix(t_->demand_person) * person_.view();
    demand_units_.forward(demand_input_);
    const auto next = in_.matrix(t_->next_item);
    for (Index rank = 0; rank < pack_.sequences(); ++rank) {
      const std::size_t sequence = pack_.sequence(rank);
      const std::size_t at = positions[sequence];
      const auto column = static_cast<Index>(at);
      predictions.logits[at] = *logits_.column(rank);
      std::copy_n(outlook_outputs_.column(rank), kOutlooks, predictions.outlooks.column(column));
      std::copy_n(demand_units_.units().column(rank), width_, predictions.demand.column(column));
      auto out = predictions.next_item.view().col(column);
      const Index length = pack_.length(rank);
      if (length == 0)
        out.setZero();
      else
        out.noalias() = next * states_.view().col(pack_.column(rank, length - 1));
      auto& attention = predictions.attention[at];
      attention.resize(static_cast<std::size_t>(length));
      for (Index t = 0; t < length; ++t)
        attention[static_cast<std::size_t>(t)] = weights_[static_cast<std::size_t>(pack_.column(rank, t))];
    }
  }

 private:
  const ModelSample& sample(Index rank) const { return *samples_[pack_.sequence(rank)]; }

  /// to ← the columns `which` of `from`.
  void gather(const Columns<Scalar>& from, std::span<const Index> which, Columns<Scalar>& to) const {
    to.resize(width_, static_cast<Index>(which.size()));
    for (std::size_t i = 0; i < which.size(); ++i)
      std::copy_n(from.column(which[i]), width_, to.column(static_cast<Index>(i)));
  }
  /// The way back of a gradient: its columns are added to the columns `which` of `to`.
  void spread(const Columns<Scalar>& from, std::span<const Index> which, Columns<Scalar>& to) const {
    for (std::size_t i = 0; i < which.size(); ++i)
      lanes::add(from.column(static_cast<Index>(i)), to.column(which[i]), width_);
  }

  EventRow row_of(const EventCodes& event) const {
    EventRow row;
    if (event.item != kNone) row.slot = batch_->slot_of_item[event.item];
    row.codes = {event.type, event.gap, event.amount, event.hour, event.weekday, event.channel};
    return row;
  }

  /// Histories and targets → x_, targets_, states_.
  void encode(std::uint64_t draw) {
    lengths_.clear();
    for (const ModelSample* one : samples_) lengths_.push_back(one->events.size());
    pack_.assign(lengths_);
    const Index positions = pack_.positions();
    const Index sequences = pack_.sequences();
    rows_.resize(static_cast<std::size_t>(positions + sequences));
    for (Index t = 0; t < pack_.steps(); ++t)
      for (Index i = 0; i < pack_.active(t); ++i)
        rows_[static_cast<std::size_t>(pack_.first(t) + i)] = row_of(sample(i).events[static_cast<std::size_t>(t)]);
    for (Index i = 0; i < sequences; ++i) rows_[static_cast<std::size_t>(positions + i)] = row_of(sample(i).target);
    std::array<const Scalar*, kEventTables> tables{};
    for (std::size_t i = 0; i < kEventTables; ++i) tables[i] = in_.at(t_->events[i]);
    EventEmbedding<Scalar>::forward(tables, rows_, batch_->items, width_, normalised_);
    norm_.forward(in_.at(t_->norm_gain), in_.at(t_->norm_bias), normalised_, x_);
    event_dropout_.forward(batch_->dropout, draw, "dropout", positions, x_);
    adapted_ = in_.matrix(t_->adapter_down) * x_.view();
    adapted_ = adapted_.cwiseMax(Scalar(0)).eval();
    plain_.resize(width_, x_.count());
    plain_.view() = x_.view();
    x_.view().noalias() += in_.matrix(t_->adapter_up) * adapted_;
    targets_.resize(width_, sequences);
    for (Index i = 0; i < sequences; ++i) std::copy_n(x_.column(positions + i), width_, targets_.column(i));
    x_.keep_first(positions);
    interest_gru_.forward(in_.gru(t_->interest), pack_, x_, nullptr, width_, states_);
  }

  void encode_back(GradientSlot<Scalar>& slot) {
    const Index positions = pack_.positions();
    interest_gru_.backward(in_.gru(t_->interest), pack_, x_, nullptr, states_, state_gradient_, out_.gru(t_->interest),
                           x_gradient_, nullptr);
    event_gradient_.resize(width_, positions + pack_.sequences());
    event_gradient_.view().leftCols(positions) = x_gradient_.view();
    event_gradient_.view().rightCols(pack_.sequences()) = target_gradient_.view();
    out_.matrix(t_->adapter_up).noalias() += event_gradient_.view() * adapted_.transpose();
    adapted_ = (adapted_.array() > Scalar(0))
                   .select(in_.matrix(t_->adapter_up).transpose() * event_gradient_.view(), Scalar(0))
                   .eval();
    out_.matrix(t_->adapter_down).noalias() += adapted_ * plain_.view().transpose();
    event_gradient_.view().noalias() += in_.matrix(t_->adapter_down).transpose() * adapted_;
    event_dropout_.backward(event_gradient_);
    norm_.backward(in_.at(t_->norm_gain), normalised_, event_gradient_, out_.at(t_->norm_gain), out_.at(t_->norm_bias));
    std::array<Scalar*, kEventTables> tables{};
    for (std::size_t i = 0; i < kEventTables; ++i) tables[i] = out_.at(t_->events[i]);
    EventEmbedding<Scalar>::backward(rows_, event_gradient_, width_, tables, slot.items);
  }

  /// Keys, attention, interest and evolution.
  void attend() {
    const Index positions = pack_.positions();
    keys_.resize(width_, positions);
    keys_.view() = states_.view();
    ages_.resize(static_cast<std::size_t>(positions));
    const Scalar* table = in_.at(t_->age);
    for (Index t = 0; t < pack_.steps(); ++t)
      for (Index i = 0; i < pack_.active(t); ++i) {
        const Index p = pack_.first(t) + i;
        const std::uint8_t age = gap_bucket(sample(i).cut - sample(i).event_times[static_cast<std::size_t>(t)]);
        ages_[static_cast<std::size_t>(p)] = age;
        lanes::add(table + age * width_, keys_.column(p), width_);
      }
    weights_.resize(static_cast<std::size_t>(positions));
    if (attention_ == Attention::uniform) {
      for (Index rank = 0; rank < pack_.sequences(); ++rank)
        for (Index t = 0; t < pack_.length(rank); ++t)
          weights_[static_cast<std::size_t>(pack_.column(rank, t))] = root(rank);
    } else {
      unit_.forward(in_.attention(t_->attention), pack_, targets_, keys_, weights_.data());
    }
    interests_.resize_zero(width_, pack_.sequences());
    for (Index t = 0; t < pack_.steps(); ++t)
      for (Index i = 0; i < pack_.active(t); ++i) {
        const Index p = pack_.first(t) + i;
        lanes::add_scaled(weights_[static_cast<std::size_t>(p)] * root(i), keys_.column(p), interests_.column(i),
                          width_);
      }
    evolution_gru_.forward(in_.gru(t_->evolution), pack_, states_, evolution_attends_ ? weights_.data() : nullptr,
                           width_, evolved_);
  }

  /// 1/√T of the sequence of this rank.
  Scalar root(Index rank) const { return Scalar(1) / std::sqrt(Scalar(pack_.length(rank))); }

  void attend_back() {
    const Index positions = pack_.positions();
    pooling_.backward(in_.matrix(t_->queries), pack_, keys_, pooled_back(), out_.matrix(t_->queries), key_gradient_);
    evolved_gradient_.resize_zero(width_, positions);
    for (Index rank = 0; rank < pack_.sequences(); ++rank)
      if (pack_.length(rank) > 0)
        std::copy_n(evolution_end_gradient_.column(rank), width_,
                    evolved_gradient_.column(pack_.column(rank, pack_.length(rank) - 1)));
    weight_gradient_.assign(static_cast<std::size_t>(positions), Scalar(0));
    evolution_gru_.backward(in_.gru(t_->evolution), pack_, states_, evolution_attends_ ? weights_.data() : nullptr,
                            evolved_, evolved_gradient_, out_.gru(t_->evolution), x_gradient_,
                            evolution_attends_ ? weight_gradient_.data() : nullptr);
    state_gradient_.view() += x_gradient_.view();
    for (Index t = 0; t < pack_.steps(); ++t)
      for (Index i = 0; i < pack_.active(t); ++i) {
        const Index p = pack_.first(t) + i;
        const Scalar* g = interest_gradient_.column(i);
        weight_gradient_[static_cast<std::size_t>(p)] += lanes::dot(g, keys_.column(p), width_) * root(i);
        lanes::add_scaled(weights_[static_cast<std::size_t>(p)] * root(i), g, key_gradient_.column(p), width_);
      }
    if (attention_ != Attention::uniform)
      unit_.backward(in_.attention(t_->attention), pack_, targets_, weight_gradient_.data(),
                     out_.attention(t_->attention), target_gradient_, key_gradient_);
    state_gradient_.view() += key_gradient_.view();
    Scalar* table = out_.at(t_->age);
    for (Index p = 0; p < positions; ++p)
      lanes::add(key_gradient_.column(p), table + ages_[static_cast<std::size_t>(p)] * width_, width_);
  }

  /// The person vector u, free of any target.
  void summarise() {
    pooling_.forward(in_.matrix(t_->queries), pack_, keys_, pooled_);
    Linear<Scalar>::forward(in_.matrix(t_->person_weight), in_.matrix(t_->person_bias), pooled_, person_);
  }

  const Columns<Scalar>& pooled_back() {
    Linear<Scalar>::backward(in_.matrix(t_->person_weight), pooled_, person_gradient_, out_.matrix(t_->person_weight),
                             out_.matrix(t_->person_bias), pooled_gradient_);
    return pooled_gradient_;
  }

  void conversion_head() {
    const Index sequences = pack_.sequences();
    input_.resize(static_cast<Index>(t_->hidden1.weight.columns), sequences);
    for (Index i = 0; i < sequences; ++i) {
      const Scalar* q = targets_.column(i);
      const Scalar* d = interests_.column(i);
      Scalar* out = std::copy_n(d, width_, input_.column(i));
      const Index length = pack_.length(i);
      if (length > 0)
        std::copy_n(evolved_.column(pack_.column(i, length - 1)), width_, out);
      else
        std::fill_n(out, width_, Scalar(0));
      out = std::copy_n(q, width_, out + width_);
      for (Index k = 0; k < width_; ++k) *out++ = q[k] * d[k];
      out = std::copy_n(person_.column(i), width_, out);
      for (const float feature : sample(i).context) *out++ = Scalar(feature);
      std::copy_n(in_.at(t_->horizon) + sample(i).horizon * t_->horizon.columns, t_->horizon.columns, out);
    }
    hidden_forward(t_->hidden1, input_, sum1_, active1_);
    hidden_forward(t_->hidden2, active1_, sum2_, active2_);
    Linear<Scalar>::forward(in_.matrix(t_->logit_weight), in_.matrix(t_->logit_bias), active2_, logits_);
    for (Index i = 0; i < sequences; ++i)
      *logits_.column(i) += Scalar(sample(i).offset) + *in_.at(t_->own_logit_bias) +
                            lanes::dot(in_.at(t_->own_logit_weight), active2_.column(i), width_);
  }

  void hidden_forward(const ModelTensors::Hidden& hidden, const Columns<Scalar>& input, Columns<Scalar>& sum,
                      Columns<Scalar>& active) {
    Linear<Scalar>::forward(in_.matrix(hidden.weight), in_.matrix(hidden.bias), input, sum);
    PRelu<Scalar>::forward(in_.at(hidden.slope), sum, active);
  }
  void hidden_backward(const ModelTensors::Hidden& hidden, const Columns<Scalar>& input, const Columns<Scalar>& sum,
                       Columns<Scalar>& gradient, Columns<Scalar>& input_gradient) {
    PRelu<Scalar>::backward(in_.at(hidden.slope), sum, gradient, out_.at(hidden.slope));
    Linear<Scalar>::backward(in_.matrix(hidden.weight), input, gradient, out_.matrix(hidden.weight),
                             out_.matrix(hidden.bias), input_gradient);
  }

  void conversion_loss(GradientSlot<Scalar>& slot) {
    const Index sequences = pack_.sequences();
    const auto weight = static_cast<Scalar>(batch_->weight_of_one.conversion);
    logit_gradient_.resize(1, sequences);
    for (Index i = 0; i < sequences; ++i) {
      const int label = sample(i).labels.conversion;
      Scalar& g = *logit_gradient_.column(i) = Scalar(0);
      if (label < 0) continue;
      slot.losses.conversion += static_cast<double>(weight * logistic_loss(*logits_.column(i), label == 1));
      g = weight * logistic_gradient(*logits_.column(i), label == 1);
      *out_.at(t_->own_logit_bias) += g;
      lanes::add_scaled(g, active2_.column(i), out_.at(t_->own_logit_weight), width_);
    }
    Linear<Scalar>::backward(in_.matrix(t_->logit_weight), active2_, logit_gradient_, out_.matrix(t_->logit_weight),
                             out_.matrix(t_->logit_bias), gradient2_);
    for (Index i = 0; i < sequences; ++i)
      lanes::add_scaled(*logit_gradient_.column(i), in_.at(t_->own_logit_weight), gradient2_.column(i), width_);
    hidden_backward(t_->hidden2, active1_, sum2_, gradient2_, gradient1_);
    hidden_backward(t_->hidden1, input_, sum1_, gradient1_, input_gradient_);
    interest_gradient_.resize(width_, sequences);
    evolution_end_gradient_.resize(width_, sequences);
    for (Index i = 0; i < sequences; ++i) {
      const Scalar* g = input_gradient_.column(i);
      const Scalar* product = g + 3 * width_;
      const Scalar* q = targets_.column(i);
      const Scalar* d = interests_.column(i);
      Scalar* dq = target_gradient_.column(i);
      Scalar* dd = interest_gradient_.column(i);
      for (Index k = 0; k < width_; ++k) {
        dd[k] = g[k] + product[k] * q[k];
        dq[k] += g[2 * width_ + k] + product[k] * d[k];
      }
      std::copy_n(g + width_, width_, evolution_end_gradient_.column(i));
      lanes::add(g + 4 * width_, person_gradient_.column(i), width_);
      lanes::add(g + 5 * width_ + Index{kContextFeatures},
                 out_.at(t_->horizon) + sample(i).horizon * t_->horizon.columns, t_->horizon.columns);
    }
  }

  void outlook_head() {
    const Index sequences = pack_.sequences();
    outlook_input_.resize(static_cast<Index>(t_->outlook.weight.columns), sequences);
    for (Index i = 0; i < sequences; ++i) {
      Scalar* out = std::copy_n(person_.column(i), width_, outlook_input_.column(i));
      for (const float feature : sample(i).context) *out++ = Scalar(feature);
      std::copy_n(in_.at(t_->horizon) + sample(i).horizon * t_->horizon.columns, t_->horizon.columns, out);
    }
    hidden_forward(t_->outlook, outlook_input_, outlook_sum_, outlook_active_);
    Linear<Scalar>::forward(in_.matrix(t_->outlook_outputs), in_.matrix(t_->outlook_bias), outlook_active_,
                            outlook_outputs_);
  }

  void outlook_loss(GradientSlot<Scalar>& slot) {
    const auto churn = static_cast<Scalar>(batch_->weight_of_one.churn);
    const auto value = static_cast<Scalar>(batch_->weight_of_one.value);
    for (Index i = 0; i < pack_.sequences(); ++i) {
      const SampleLabels& labels = sample(i).labels;
      const std::span<Scalar> raw(outlook_outputs_.column(i), kOutlooks);
      if (labels.hazard >= 0) {
        slot.losses.churn += static_cast<double>(hazard_loss(
            raw.first(kHorizonBuckets), static_cast<std::size_t>(labels.hazard), labels.hazard_seen, churn));
      } else {
        std::fill_n(raw.begin(), kHorizonBuckets, Scalar(0));
      }
      const auto last = raw.template last<3>();
      if (labels.value >= 0) {
        slot.losses.value += static_cast<double>(Ziln<Scalar>::loss(last, Scalar(labels.value), value));
      } else {
        std::fill(last.begin(), last.end(), Scalar(0));
      }
    }
    Linear<Scalar>::backward(in_.matrix(t_->outlook_outputs), outlook_active_, outlook_outputs_,
                             out_.matrix(t_->outlook_outputs), out_.matrix(t_->outlook_bias), outlook_gradient_);
    hidden_backward(t_->outlook, outlook_input_, outlook_sum_, outlook_gradient_, outlook_input_gradient_);
    for (Index i = 0; i < pack_.sequences(); ++i) {
      lanes::add(outlook_input_gradient_.column(i), person_gradient_.column(i), width_);
      lanes::add(outlook_input_gradient_.column(i) + width_ + Index{kContextFeatures},
                 out_.at(t_->horizon) + sample(i).horizon * t_->horizon.columns, t_->horizon.columns);
    }
  }

  void demand_loss(GradientSlot<Scalar>& slot) {
    chosen_.clear();
    positives_.clear();
    for (Index i = 0; i < pack_.sequences(); ++i)
      if (const std::uint32_t future = sample(i).labels.future; future != kNone) {
        chosen_.push_back(i);
        positives_.push_back(future);
      }
    if (chosen_.empty()) return;
    const auto count = static_cast<Index>(chosen_.size());
    gather(person_, chosen_, gathered_);
    demand_input_.resize(width_, count);
    demand_input_.view().noalias() = in_.matrix(t_->demand_person) * gathered_.view();
    demand_units_.forward(demand_input_);
    gathered_gradient_.resize_zero(width_, count);
    slot.losses.demand += static_cast<double>(
        nce_.forward_backward(demand_units_.units(), batch_->texts.units(), positives_, {}, {}, InfoNceOptions{},
                              static_cast<Scalar>(batch_->weight_of_one.demand), gathered_gradient_, slot.texts));
    demand_units_.backward(gathered_gradient_);
    out_.matrix(t_->demand_person).noalias() += gathered_gradient_.view() * gathered_.view().transpose();
    demand_input_.view().noalias() = in_.matrix(t_->demand_person).transpose() * gathered_gradient_.view();
    spread(demand_input_, chosen_, person_gradient_);
  }

  /// What came after each event of a history: which item, and of what type, gap and amount.
  void next_events(std::uint64_t draw, GradientSlot<Scalar>& slot) {
    chosen_.clear();
    after_.clear();
    for (Index t = 0; t + 1 < pack_.steps(); ++t)
      for (Index i = 0; i < pack_.active(t + 1); ++i)
        if (sample(i).labels.next_events) {
          chosen_.push_back(pack_.first(t) + i);
          after_.push_back(pack_.first(t + 1) + i);
        }
    if (chosen_.empty()) return;
    const auto count = static_cast<Index>(chosen_.size());
    gather(states_, chosen_, gathered_);
    state_dropout_.forward(batch_->state_dropout, draw, "state dropout", count, gathered_);
    gathered_gradient_.resize_zero(width_, count);
    next_kinds(slot, count);
    next_items(slot, count);
    state_dropout_.backward(gathered_gradient_);
    spread(gathered_gradient_, chosen_, state_gradient_);
  }

  /// The event that followed the i-th chosen one.
  const EventRow& row_after(Index i) const {
    return rows_[static_cast<std::size_t>(after_[static_cast<std::size_t>(i)])];
  }

  void next_kinds(GradientSlot<Scalar>& slot, Index count) {
    const auto weight = static_cast<Scalar>(batch_->weight_of_one.next_kind);
    if (weight == Scalar(0)) return;
    Linear<Scalar>::forward(in_.matrix(t_->next_kind), in_.matrix(t_->next_kind_bias), gathered_, kinds_);
    for (Index i = 0; i < count; ++i) {
      const auto& codes = row_after(i).codes;  // type, gap, amount come first
      std::span<Scalar> scores(kinds_.column(i), kNextKinds);
      for (std::size_t group = 0; group < kNextGroups.size(); ++group) {
        slot.losses.next_kind +=
            static_cast<double>(class_loss(scores.first(kNextGroups[group]), codes[group], weight));
        scores = scores.subspan(kNextGroups[group]);
      }
    }
    Linear<Scalar>::backward(in_.matrix(t_->next_kind), gathered_, kinds_, out_.matrix(t_->next_kind),
                             out_.matrix(t_->next_kind_bias), kind_gradient_);
    gathered_gradient_.view() += kind_gradient_.view();
  }

  void next_items(GradientSlot<Scalar>& slot, Index count) {
    positives_.clear();
    with_item_.clear();
    for (Index i = 0; i < count; ++i)
      if (const std::uint32_t item = row_after(i).slot; item != kNoSlot) {
        with_item_.push_back(i);
        positives_.push_back(item);
      }
    const auto weight = static_cast<Scalar>(batch_->weight_of_one.next_item);
    if (with_item_.empty() || weight == Scalar(0) || batch_->candidate_log_q.empty()) return;
    const auto used = static_cast<Index>(with_item_.size());
    gather(gathered_, with_item_, item_states_);
    item_queries_.resize(width_, used);
    item_queries_.view().noalias() = in_.matrix(t_->next_item) * item_states_.view();
    item_query_gradient_.resize_zero(width_, used);
    slot.losses.next_item += static_cast<double>(softmax_.forward_backward(
        item_queries_, positives_, batch_->items, batch_->item_bias.data(), batch_->candidate_log_q, weight,
        item_query_gradient_, slot.items, slot.item_bias.data()));
    out_.matrix(t_->next_item).noalias() += item_query_gradient_.view() * item_states_.view().transpose();
    item_queries_.view().noalias() = in_.matrix(t_->next_item).transpose() * item_query_gradient_.view();
    spread(item_queries_, with_item_, gathered_gradient_);
  }

  const ModelTensors* t_;
  Index width_;
  Attention attention_;
  bool evolution_attends_;

  const BatchView<Scalar>* batch_ = nullptr;
  std::span<const ModelSample* const> samples_;
  TensorMemory<const Scalar*> in_{nullptr};
  TensorMemory<Scalar*> out_{nullptr};

  std::vector<std::size_t> lengths_;
  SequencePack pack_;
  std::vector<EventRow> rows_;  // of the packed events, then of the targets
  std::vector<std::uint8_t> ages_;
  std::vector<Scalar> weights_, weight_gradient_;
  std::vector<Index> chosen_, after_, with_item_;
  std::vector<std::uint32_t> positives_;
  typename Columns<Scalar>::Matrix adapted_;

  LayerNorm<Scalar> norm_;
  Dropout<Scalar> event_dropout_, state_dropout_;
  Gru<Scalar> interest_gru_, evolution_gru_;
  AttentionUnit<Scalar> unit_;
  QueryPooling<Scalar> pooling_;
  UnitColumns<Scalar> demand_units_;
  InfoNce<Scalar> nce_;
  SampledSoftmax<Scalar> softmax_;

  Columns<Scalar> normalised_, plain_, x_, targets_, states_, keys_, interests_, evolved_, pooled_, person_;
  Columns<Scalar> input_, sum1_, active1_, sum2_, active2_, logits_;
  Columns<Scalar> outlook_input_, outlook_sum_, outlook_active_, outlook_outputs_, outlook_gradient_,
      outlook_input_gradient_;
  Columns<Scalar> gathered_, gathered_gradient_, demand_input_, kinds_, kind_gradient_;
  Columns<Scalar> item_states_, item_queries_, item_query_gradient_;
  Columns<Scalar> state_gradient_, key_gradient_, target_gradient_, person_gradient_, pooled_gradient_, x_gradient_;
  Columns<Scalar> event_gradient_, evolved_gradient_, interest_gradient_, evolution_end_gradient_;
  Columns<Scalar> logit_gradient_, gradient2_, gradient1_, input_gradient_;
};

}  // namespace bauta
