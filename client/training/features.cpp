#include "client/training/features.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace bauta::client {
namespace {

static_assert(kEventTypes == kTypeSlots);

constexpr double kDay = 86400;

/// Counts and times of one kind of event in a history, by moment: the lines of one basket are one moment.
class MomentCounts {
 public:
  explicit MomentCounts(UnixSeconds cut) : cut_(cut) {}

  /// Events come oldest first.
  void add(UnixSeconds at) {
    if (moments_ > 0 && at == last_) return;
    if (moments_ == 0) first_ = at;
    before_last_ = last_;
    last_ = at;
    ++moments_;
    const double days = static_cast<double>(cut_ - at) / kDay;
    for (std::size_t i = 0; i < kWindows.size(); ++i) in_window_[i] += days <= kWindows[i] ? 1 : 0;
    for (std::size_t i = 0; i < kDecays.size(); ++i) decayed_[i] += std::exp2(-days / kDecays[i]);
  }

  double moments() const { return moments_; }
  /// Days from the last moment to the cut; from the distant past where there is none.
  double days_since() const { return moments_ > 0 ? static_cast<double>(cut_ - last_) / kDay : kNever; }
  double days_known() const { return moments_ > 0 ? static_cast<double>(cut_ - first_) / kDay : 0; }
  double last_gap() const { return moments_ > 1 ? static_cast<double>(last_ - before_last_) / kDay : kNever; }
  /// Days between moments on average, counting the cut as one.
  double mean_gap() const { return moments_ > 0 ? days_known() / moments_ : kNever; }
  double in_window(std::size_t i) const { return in_window_[i]; }
  double decayed(std::size_t i) const { return decayed_[i]; }

  static constexpr std::array<double, 4> kWindows = {7, 28, 90, 180};
  static constexpr std::array<double, 3> kDecays = {7, 30, 120};

 private:
  static constexpr double kNever = 1000;

  UnixSeconds cut_;
  UnixSeconds first_ = 0;
  UnixSeconds last_ = 0;
  UnixSeconds before_last_ = 0;
  double moments_ = 0;
  std::array<double, kWindows.size()> in_window_{};
  std::array<double, kDecays.size()> decayed_{};
};

/// Appends features one by one, so that the order stands in one place.
class ContextWriter {
 public:
  void flag(bool value) { put(value ? 1 : 0); }
  void count(double value) { put(std::log1p(std::max(value, 0.0)) / 3); }
  void ratio(double value) { put(std::clamp(value, 0.0, 4.0)); }
  void activity(const MomentCounts& counts) {
    flag(counts.moments() > 0);
    count(counts.moments());
    for (std::size_t i = 0; i < MomentCounts::kWindows.size(); ++i) count(counts.in_window(i));
    for (std::size_t i = 0; i < MomentCounts::kDecays.size(); ++i) count(counts.decayed(i));
    count(counts.days_since());
    count(counts.days_known());
    count(counts.last_gap());
    count(counts.mean_gap());
    ratio(counts.days_since() / (counts.mean_gap() + 1));
  }
  std::array<float, kContextFeatures> take() const {
    BAUTA_CHECK(used_ == kContextFeatures);
    return features_;
  }

 private:
  void put(double value) { features_.at(used_++) = static_cast<float>(value); }

  std::array<float, kContextFeatures> features_{};
  std::size_t used_ = 0;
};

/// Words a marketer would use for an item: the last level of its category, else its title.
std::string description_of(const Item& item) {
  if (item.category.empty()) return item.title;
  const std::size_t level = item.category.rfind('>');
  return level == std::string::npos ? item.category : item.category.substr(level + 1);
}

/// Of at most this many amounts the quantiles are taken: every k-th, so that memory does not grow with the log.
constexpr std::size_t kQuantileSample = 1 << 20;

}  // namespace

ModelBatch SampleBatch::view(std::span<const std::uint32_t> candidates, std::span<const float> log_q) const {
  return {samples_, items_, texts_.size() == 0 ? nullptr : &texts_, candidates, log_q};
}

EventFeatures::EventFeatures(const EventLog& log, const TaskSettings& task, const ModelSettings& model,
                             UnixSeconds fitted_before, const Untold& untold)
    : log_(&log), task_(task), model_(model), item_counts_(log.items.size(), 0) {
  std::unordered_map<std::string, std::uint32_t> numbers;
  for (const Item& item : log.items) {
    const bool unnamed = item.title.empty() && item.category.empty() && item.brand.empty() && item.attributes.empty();
    if (unnamed) {
      items_.add({});
      text_of_item_.push_back(kNone);
      continue;
    }
    items_.add(token_rows(item_tokens({item.title, item.category, item.brand, item.attributes}), model.seed,
                          model.table_rows));
    const auto [at, is_new] = numbers.try_emplace(description_of(item), static_cast<std::uint32_t>(texts_.size()));
    if (is_new) texts_.add(token_rows(text_token_list(at->first), model.seed, model.table_rows));
    text_of_item_.push_back(at->first.empty() || (untold && untold(item)) ? kNone : at->second);
  }
  for (const std::string& channel : log.channels) channels_.push_back(channel_slot(channel));

  const std::size_t stride = 1 + log.events.size() / kQuantileSample;
  std::vector<float> amounts;
  double sum = 0;
  std::size_t positive = 0;
  for (std::size_t i = 0; i < log.events.size(); ++i) {
    const Event& event = log.events[i];
    if (event.occurred_at >= fitted_before) continue;
    if (event.item != kNoItem) ++item_counts_[event.item];
    if (i % stride == 0) amounts.push_back(event.amount);
    if (event.amount > 0) {
      sum += static_cast<double>(event.amount);
      ++positive;
    }
  }
  quantiles_ = AmountQuantiles(std::move(amounts));
  if (positive > 0) value_unit_ = sum / static_cast<double>(positive);
}

EventCodes EventFeatures::codes(const Event& event, const Event* previous) const {
  EventCodes codes;
  codes.item = event.item;
  codes.type = static_cast<std::uint8_t>(event.type);
  codes.gap = previous == nullptr ? kNoGap : gap_bucket(event.occurred_at - previous->occurred_at);
  codes.amount = quantiles_.bucket(event.amount);
  codes.hour = hour_of(event.occurred_at);
  codes.weekday = weekday_of(event.occurred_at);
  codes.channel = channels_[event.channel];
  return codes;
}

void EventFeatures::gather_one(const Sample& sample, SampleBatch& batch) const {
  const std::span<const Event> before = log_->before(sample.person, sample.cut);
  const std::size_t kept = std::min<std::size_t>(before.size(), model_.history);
  for (std::size_t i = before.size() - kept; i < before.size(); ++i) {
    batch.codes_.push_back(codes(before[i], i == 0 ? nullptr : &before[i - 1]));
    batch.times_.push_back(before[i].occurred_at);
  }
  ModelSample out;
  out.cut = sample.cut;
  out.target.type = static_cast<std::uint8_t>(sample.item == kNoItem ? task_.target : task_.offer);
  out.target.item = sample.item;
  out.target.gap = before.empty() ? kNoGap : gap_bucket(sample.cut - before.back().occurred_at);
  out.target.hour = hour_of(sample.cut);
  out.target.weekday = weekday_of(sample.cut);
  out.horizon = horizon_bucket(task_.horizon);
  out.context = context(sample, before);
  out.labels.conversion = sample.label ? 1 : 0;
  batch.samples_.push_back(out);
}

void EventFeatures::fix_spans(std::span<const Sample> samples, SampleBatch& batch) const {
  std::size_t first = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t kept =
        std::min<std::size_t>(log_->before(samples[i].person, samples[i].cut).size(), model_.history);
    batch.samples_[i].events = std::span(batch.codes_).subspan(first, kept);
    batch.samples_[i].event_times = std::span(batch.times_).subspan(first, kept);
    first += kept;
  }
}

void EventFeatures::gather(std::span<const Sample> samples, SampleBatch& batch) const {
  batch.items_ = &items_;
  batch.texts_ = TokenBags();
  batch.text_of_key_.clear();
  batch.samples_.clear();
  batch.codes_.clear();
  batch.times_.clear();
  for (const Sample& sample : samples) gather_one(sample, batch);
  fix_spans(samples, batch);
}

void EventFeatures::gather_labelled(std::span<const Sample> samples, CounterRandom& random, SampleBatch& batch) const {
  gather(samples, batch);
  for (std::size_t i = 0; i < samples.size(); ++i) batch.samples_[i].labels = labels(samples[i], random, batch);
}

/// Looks at nothing after cut + horizon, where the sample's own label ends.
SampleLabels EventFeatures::labels(const Sample& sample, CounterRandom& random, SampleBatch& batch) const {
  SampleLabels labels;
  labels.next_events = true;
  labels.conversion = sample.label ? 1 : 0;
  // An offer's own event lies at its cut and is no future of its person.
  const std::span<const Event> future = log_->after(sample.person, sample.cut, sample.cut + task_.horizon);
  const std::uint8_t unknown = horizon_bucket(task_.horizon + 1);  // not all of this interval is known
  const std::uint8_t next = future.empty() ? unknown : horizon_bucket(future.front().occurred_at - sample.cut);
  if (unknown > 0) {
    labels.hazard = static_cast<std::int8_t>(std::min(next, unknown));
    labels.hazard_seen = next < unknown;
  }
  if (value_unit_ > 0 && task_.horizon > 0) {
    double sum = 0;
    for (const Event& event : future) sum += event.amount > 0 ? static_cast<double>(event.amount) : 0;
    labels.value = static_cast<float>(sum / value_unit_);
  }
  if (!future.empty()) {
    const Event& event = future[random.below(future.size())];
    if (event.item != kNoItem && text_of_item_[event.item] != kNone) labels.future = future_text(event, batch);
  }
  return labels;
}

/// The batch's text for what `event` was; equal futures are one text, so that none is another's false negative.
std::uint32_t EventFeatures::future_text(const Event& event, SampleBatch& batch) const {
  const std::uint32_t text = text_of_item_[event.item];
  const std::uint32_t key = text * static_cast<std::uint32_t>(kTypeSlots) + static_cast<std::uint32_t>(event.type);
  const auto [at, is_new] = batch.text_of_key_.try_emplace(key, static_cast<std::uint32_t>(batch.texts_.size()));
  if (is_new) {
    std::vector<TokenRow> rows(texts_[text].begin(), texts_[text].end());
    const std::vector<TokenRow> asked = asked_rows(event.type, task_.horizon);
    rows.insert(rows.end(), asked.begin(), asked.end());
    batch.texts_.add(rows);
  }
  return at->second;
}

std::vector<TokenRow> EventFeatures::demand_rows(std::string_view words, EventType type, std::int64_t horizon) const {
  std::vector<TokenRow> rows = token_rows(text_token_list(words), model_.seed, model_.table_rows);
  const std::vector<TokenRow> asked = asked_rows(type, horizon);
  rows.insert(rows.end(), asked.begin(), asked.end());
  return rows;
}

std::vector<TokenRow> EventFeatures::asked_rows(EventType type, std::int64_t horizon) const {
  const std::vector<std::string> tokens = {"type:" + std::string(to_string(type)),
                                           "within:" + std::to_string(horizon_bucket(horizon))};
  return token_rows(tokens, model_.seed, model_.table_rows);
}

std::array<float, kContextFeatures> EventFeatures::context(const Sample& sample, std::span<const Event> before) const {
  MomentCounts all(sample.cut);
  MomentCounts targets(sample.cut);
  double offers = 0;
  double recent_offers = 0;
  double offers_of_item = 0;
  double targets_of_item = 0;
  double newest_lines = 0;
  std::unordered_set<std::uint32_t> items;
  for (const Event& event : before) {
    all.add(event.occurred_at);
    if (event.type == task_.target) targets.add(event.occurred_at);
    if (event.item != kNoItem) items.insert(event.item);
    newest_lines += event.occurred_at == before.back().occurred_at ? 1 : 0;
    const bool same_item = sample.item != kNoItem && event.item == sample.item;
    if (same_item && event.type == task_.target) targets_of_item += 1;
    if (task_.kind == TaskKind::conversion && event.type == task_.offer) {
      offers += 1;
      recent_offers += static_cast<double>(sample.cut - event.occurred_at) <= 28 * kDay ? 1 : 0;
      offers_of_item += same_item ? 1 : 0;
    }
  }
  ContextWriter context;
  context.activity(all);
  context.activity(targets);
  context.count(static_cast<double>(before.size()));
  context.count(static_cast<double>(items.size()));
  context.ratio(static_cast<double>(items.size()) / (all.moments() + 1));
  context.count(newest_lines);
  context.ratio(targets.moments() / (all.moments() + 1));
  context.flag(sample.item != kNoItem);
  context.count(offers);
  context.count(recent_offers);
  context.ratio(targets.moments() / (offers + 2));
  context.count(offers_of_item);
  context.count(targets_of_item);
  context.flag(targets_of_item > 0);
  return context.take();
}

}  // namespace bauta::client
