#include "client/scoring/history_filter.h"

#include <fmt/format.h>

#include <algorithm>

namespace bauta::client {
namespace {

/// Did the person have such an event in [now − days, now)?
bool had_event(const EventLog& log, std::uint32_t person, const HistoryCondition& condition, const DemandItems& items,
               UnixSeconds now) {
  const auto history = log.before(person, now);
  return std::any_of(history.begin(), history.end(), [&](const Event& e) {
    if (condition.days && e.occurred_at < now - std::int64_t{*condition.days} * 86400) return false;
    return (!condition.type || e.type == *condition.type) && items.contains(e.item) &&
           condition.amount.contains(e.amount);
  });
}

}  // namespace

HistoryFilter::HistoryFilter(const EventLog& log, const DemandSentence& sentence) : log_(&log), sentence_(sentence) {
  for (const HistoryCondition& condition : sentence.conditions) {
    items_.push_back(match_items(log, condition.words));
    reasons_.push_back(describe(condition));
  }
  if (!sentence.amount.empty()) {
    reasons_.push_back(
        fmt::format("only: who had an event of type {}{} before", to_string(sentence.type), describe(sentence.amount)));
  }
}

std::size_t HistoryFilter::first_refusal(std::uint32_t person, UnixSeconds now) const {
  const auto& conditions = sentence_.conditions;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (had_event(*log_, person, conditions[i], items_[i], now) != conditions[i].required) return i;
  }
  if (!sentence_.amount.empty()) {
    const auto history = log_->before(person, now);
    const bool spent = std::any_of(history.begin(), history.end(), [&](const Event& e) {
      return e.type == sentence_.type && sentence_.amount.contains(e.amount);
    });
    if (!spent) return conditions.size();
  }
  return reasons_.size();
}

}  // namespace bauta::client
