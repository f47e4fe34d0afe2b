#include "client/training/features.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace bauta::client {
namespace {

static_assert(kEventTypes == kTypeSlots);

constexpr double kDay = 86400;
constexpr std::uint32_t kUnnamed = 0;  // bag of every item without text

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

AmountQuantiles quantiles_before(const EventLog& log, UnixSeconds end) {
  std::vector<float> amounts;
  for (const Event& event : log.events)
    if (event.occurred_at < end) amounts.push_back(event.amount);
  return AmountQuantiles(std::move(amounts));
}

}  // namespace

EventFeatures::EventFeatures(const EventLog& log, const TaskSettings& task, const ModelSettings& model,
                             UnixSeconds fitted_before)
    : log_(&log), task_(task), history_(model.history) {
  const auto add_bag = [&](const ItemText& text) {
    return bags_.add(token_rows(item_tokens(text), model.seed, model.table_rows));
  };
  add_bag({});
  bag_of_item_.reserve(log.items.size());
  for (const Item& item : log.items) {
    const bool unnamed = item.title.empty() && item.category.empty() && item.brand.empty();
    bag_of_item_.push_back(unnamed ? kUnnamed : add_bag({item.title, item.category, item.brand}));
  }

  const AmountQuantiles quantiles = quantiles_before(log, fitted_before);
  codes_.reserve(log.events.size());
  times_.reserve(log.events.size());
  for (std::size_t person = 0; person + 1 < log.first_event.size(); ++person) {
    const Event* previous = nullptr;
    for (const Event& event : log.of(person)) {
      EventCodes codes;
      codes.bag = event.item == kNoItem ? kNoBag : bag_of_item_[event.item];
      codes.type = static_cast<std::uint8_t>(event.type);
      codes.gap = previous == nullptr ? kNoGap : gap_bucket(event.occurred_at - previous->occurred_at);
      codes.amount = quantiles.bucket(event.amount);
      codes.hour = hour_of(event.occurred_at);
      codes.weekday = weekday_of(event.occurred_at);
      codes_.push_back(codes);
      times_.push_back(event.occurred_at);
      previous = &event;
    }
  }
}

ModelSample EventFeatures::sample(const Sample& sample) const {
  const std::span<const Event> before = log_->before(sample.person, sample.cut);
  const std::size_t kept = std::min<std::size_t>(before.size(), history_);
  const std::size_t first = log_->first_event[sample.person] + before.size() - kept;
  ModelSample out;
  out.events = std::span(codes_).subspan(first, kept);
  out.event_times = std::span(times_).subspan(first, kept);
  out.cut = sample.cut;
  if (sample.item != kNoItem) {
    out.has_target = true;
    out.target.bag = bag_of_item_[sample.item];
    out.target.type = static_cast<std::uint8_t>(task_.offer);
    out.target.gap = before.empty() ? kNoGap : gap_bucket(sample.cut - before.back().occurred_at);
    out.target.hour = hour_of(sample.cut);
    out.target.weekday = weekday_of(sample.cut);
  }
  out.task_type = static_cast<std::uint8_t>(task_.target);
  out.horizon = horizon_bucket(task_.horizon);
  out.context = context(sample, before);
  out.label = sample.label;
  return out;
}

std::vector<ModelSample> EventFeatures::samples(std::span<const Sample> samples) const {
  std::vector<ModelSample> out;
  out.reserve(samples.size());
  for (const Sample& one : samples) out.push_back(sample(one));
  return out;
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
