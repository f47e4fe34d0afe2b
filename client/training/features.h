// From the event log to what the model reads, with nothing from a sample's cut or later but its labels, and no person
// id.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "common/base/counter_random.h"
#include "common/federation/plan.h"
#include "common/model/model_input.h"

namespace bauta::client {

/// Samples on their way to the model, with everything their spans point at. Kept between batches for its memory.
class SampleBatch {
 public:
  /// `candidates` and their `log_q` for the next-item loss; may be empty. They must outlive the view.
  ModelBatch view(std::span<const std::uint32_t> candidates = {}, std::span<const float> log_q = {}) const;
  std::span<const ModelSample> samples() const { return samples_; }
  /// Of every sample's logit: the log odds of the service's own base rate.
  void set_offset(float offset) {
    for (ModelSample& sample : samples_) sample.offset = offset;
  }
  /// Asks every sample for an event of this type instead of the task's own.
  void ask_for(EventType type) {
    for (ModelSample& sample : samples_) sample.target.type = static_cast<std::uint8_t>(type);
  }

 private:
  friend class EventFeatures;

  const TokenBags* items_ = nullptr;
  TokenBags texts_;
  std::unordered_map<std::uint32_t, std::uint32_t> text_of_key_;  // what the bags of texts_ stand for
  std::vector<ModelSample> samples_;
  std::vector<EventCodes> codes_;
  std::vector<std::int64_t> times_;
};

/// A service's items as bags of tokens and its amounts as quantiles, computed once; events are coded when a batch asks
/// for them, so that memory does not grow with the log. Lives no longer than the log it was made from.
class EventFeatures {
 public:
  /// Items that no label may tell of; in histories they stay what they are.
  using Untold = std::function<bool(const Item& item)>;

  /// `fitted_before`: only events before it shape quantiles and units; the earliest cut of the validation samples.
  /// Items for which `untold` holds appear in no text of a future: for experiments that ask for what was never learned.
  EventFeatures(const EventLog& log, const TaskSettings& task, const ModelSettings& model, UnixSeconds fitted_before,
                const Untold& untold = {});

  /// The newest events before each sample's cut and the context features; no labels but the sample's own.
  void gather(std::span<const Sample> samples, SampleBatch& batch) const;
  /// The same with every label that this service can give by `horizon` after each cut: what came next in the history,
  /// the time to the next event, what was spent, and the text of one of the events that followed (`random` picks it).
  void gather_labelled(std::span<const Sample> samples, CounterRandom& random, SampleBatch& batch) const;

  const TokenBags& items() const { return items_; }
  std::uint32_t item_count() const { return static_cast<std::uint32_t>(items_.size()); }
  /// How often each item occurs before `fitted_before`.
  const std::vector<std::uint32_t>& item_counts() const { return item_counts_; }
  /// What an amount of 1 in the model's value head is in the service's own currency: the mean of what is positive.
  double value_unit() const { return value_unit_; }
  /// The bag of a demand: words as a marketer would write them, the event asked for and within which time.
  std::vector<TokenRow> demand_rows(std::string_view words, EventType type, std::int64_t horizon) const;

 private:
  void gather_one(const Sample& sample, SampleBatch& batch) const;
  void fix_spans(std::span<const Sample> samples, SampleBatch& batch) const;
  SampleLabels labels(const Sample& sample, CounterRandom& random, SampleBatch& batch) const;
  std::uint32_t future_text(const Event& event, SampleBatch& batch) const;
  std::vector<TokenRow> asked_rows(EventType type, std::int64_t horizon) const;
  EventCodes codes(const Event& event, const Event* previous) const;
  std::array<float, kContextFeatures> context(const Sample& sample, std::span<const Event> before) const;

  const EventLog* log_;
  TaskSettings task_;
  ModelSettings model_;
  TokenBags items_;
  std::vector<std::uint32_t> item_counts_;
  std::vector<std::uint32_t> text_of_item_;  // into texts_; kNone for an item without words
  TokenBags texts_;                          // different descriptions of items: last category level, else title
  std::vector<std::uint8_t> channels_;       // slot of each of the log's channels
  AmountQuantiles quantiles_;
  double value_unit_ = 0;
};

}  // namespace bauta::client
