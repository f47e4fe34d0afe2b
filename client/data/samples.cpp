#include "client/data/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "common/base/time_format.h"

namespace bauta::client {
namespace {

/// Was there an event of `target` in (cut, cut + horizon]?
bool seen_after(const EventLog& log, std::uint32_t person, UnixSeconds cut, const TaskSettings& task) {
  const auto events = log.after(person, cut, cut + task.horizon);
  return std::any_of(events.begin(), events.end(), [&](const Event& e) { return e.type == task.target; });
}

void add_propensity_samples(const EventLog& log, UnixSeconds cut, const TaskSettings& task, std::vector<Sample>& out) {
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
    if (log.before(p, cut).empty()) continue;
    out.push_back({p, kNoItem, cut, seen_after(log, p, cut, task)});
  }
}

SampleSets propensity_samples(const EventLog& log, const TaskSettings& task) {
  SampleSets sets;
  add_propensity_samples(log, task.cut, task, sets.test);
  const UnixSeconds validation_cut = task.cut - task.horizon;
  add_propensity_samples(log, validation_cut, task, sets.validation);
  for (std::uint32_t k = task.training_cuts; k-- > 0;) {
    add_propensity_samples(log, validation_cut - task.horizon - k * task.stride, task, sets.training);
  }
  return sets;
}

/// Every distinct offer of an item, labelled, by time, then person, then item.
std::vector<Sample> labelled_offers(const EventLog& log, const TaskSettings& task) {
  std::vector<Sample> offers;
  std::unordered_map<std::uint32_t, UnixSeconds> next_target;  // of each item, seen from the event at hand
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
    const auto events = log.of(p);
    next_target.clear();
    for (std::size_t end = events.size(); end > 0;) {
      // Events of one time are in no order: what is taken up may stand before its offer.
      const std::size_t last = end;
      const UnixSeconds time = events[last - 1].occurred_at;
      for (; end > 0 && events[end - 1].occurred_at == time; --end)
        if (events[end - 1].type == task.target && events[end - 1].item != kNoItem)
          next_target[events[end - 1].item] = time;
      for (const Event& offer : events.subspan(end, last - end)) {
        if (offer.type != task.offer || offer.item == kNoItem) continue;
        const auto target = next_target.find(offer.item);
        offers.push_back({p, offer.item, time, target != next_target.end() && target->second <= time + task.horizon});
      }
    }
  }
  const auto key = [](const Sample& s) { return std::tuple(s.cut, s.person, s.item); };
  std::sort(offers.begin(), offers.end(), [&](const Sample& a, const Sample& b) { return key(a) < key(b); });
  offers.erase(
      std::unique(offers.begin(), offers.end(), [&](const Sample& a, const Sample& b) { return key(a) == key(b); }),
      offers.end());
  return offers;
}

/// `end` is the time of the last event: a label window must not reach beyond it.
SampleSets conversion_samples(const EventLog& log, const TaskSettings& task, UnixSeconds end) {
  // By time, so that each set is one stretch of them.
  const std::vector<Sample> offers = labelled_offers(log, task);
  const auto first_not = [&](const auto& holds) { return std::partition_point(offers.begin(), offers.end(), holds); };
  const auto window_ends_before = [&](UnixSeconds time) {
    return first_not([&, time](const Sample& offer) { return offer.cut + task.horizon < time; });
  };
  const auto test = first_not([&](const Sample& offer) { return offer.cut < task.cut; });
  const auto test_end = std::max(test, window_ends_before(end + 1));
  const auto earlier_end = window_ends_before(task.cut);
  SampleSets sets;
  sets.test.assign(test, test_end);
  if (earlier_end == offers.begin()) return sets;
  const auto latest = (earlier_end - offers.begin() - 1) / static_cast<std::ptrdiff_t>(kValidationPart);
  const UnixSeconds validation_begin = (earlier_end - 1 - latest)->cut;
  sets.validation.assign(first_not([&](const Sample& offer) { return offer.cut < validation_begin; }), earlier_end);
  sets.training.assign(offers.begin(), window_ends_before(validation_begin));
  return sets;
}

std::string_view earlier_or_shorter(TaskKind kind) {
  return kind == TaskKind::propensity
             ? "set a later cut, a shorter horizon or, for training, fewer and closer training cuts"
             : "check the offer and target event types, move the cut or shorten the horizon";
}

Status check_sets(const SampleSets& sets, const TaskSettings& task) {
  const auto empty = [&](const std::vector<Sample>& samples, std::string_view name) -> Status {
    if (!samples.empty()) return {};
    return Error{ErrorCode::bad_data, fmt::format("no {} samples for the cut {} and a horizon of {} s: {}", name,
                                                  format_time(task.cut), task.horizon, earlier_or_shorter(task.kind))};
  };
  BAUTA_RETURN_IF_ERROR(empty(sets.test, "test"));
  BAUTA_RETURN_IF_ERROR(empty(sets.validation, "validation"));
  BAUTA_RETURN_IF_ERROR(empty(sets.training, "training"));
  const auto positive =
      std::count_if(sets.training.begin(), sets.training.end(), [](const Sample& s) { return s.label; });
  if (positive == 0 || static_cast<std::size_t>(positive) == sets.training.size()) {
    return Error{
        ErrorCode::bad_data,
        fmt::format("all {} training samples have the label {}: {} is {} within {} s; {}", sets.training.size(),
                    positive == 0 ? 0 : 1, to_string(task.target), positive == 0 ? "never seen" : "always seen",
                    task.horizon, positive == 0 ? "set a longer horizon or another target" : "set a shorter horizon")};
  }
  return {};
}

}  // namespace

std::string task_text(const TaskSettings& task) {
  const std::string offer =
      task.kind == TaskKind::conversion ? fmt::format(" after {}", to_string(task.offer)) : std::string();
  return fmt::format("{}{} within {:g} days", to_string(task.target), offer, static_cast<double>(task.horizon) / 86400);
}

float base_log_odds(std::span<const Sample> samples) {
  double positives = 0.5;
  double negatives = 0.5;
  for (const Sample& sample : samples) (sample.label ? positives : negatives) += 1;
  return static_cast<float>(std::log(positives / negatives));
}

Result<SampleSets> make_samples(const EventLog& log, const TaskSettings& task) {
  if (task.horizon < 0 || (task.kind == TaskKind::propensity && task.horizon == 0)) {
    return Error{ErrorCode::invalid_argument, "[task] horizon must be positive (for conversion it may be 0)"};
  }
  if (task.kind == TaskKind::propensity && (task.training_cuts == 0 || (task.training_cuts > 1 && task.stride <= 0))) {
    return Error{ErrorCode::invalid_argument, "[task] training_cuts and stride must be positive"};
  }
  const auto end = log.last_time();
  if (!end) return Error{ErrorCode::bad_data, "there are no events to make samples of"};
  if (task.kind == TaskKind::propensity && *end < task.cut + task.horizon) {
    return Error{
        ErrorCode::bad_data,
        fmt::format("the data end at {}, before the label window of the cut {} does; the latest cut that fits a "
                    "horizon of {} s is {}",
                    format_time(*end), format_time(task.cut), task.horizon, format_time(*end - task.horizon))};
  }
  SampleSets sets =
      task.kind == TaskKind::propensity ? propensity_samples(log, task) : conversion_samples(log, task, *end);
  BAUTA_RETURN_IF_ERROR(check_sets(sets, task));
  return sets;
}

}  // namespace bauta::client
