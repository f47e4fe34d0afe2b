#include "client/data/event_log.h"

#include <algorithm>
#include <array>

namespace bauta::client {
namespace {

constexpr std::array<std::string_view, 26> kNames = {
    "impression", "view",      "search",    "click",      "favourite",   "cart",
    "purchase",   "return",    "visit",     "reserve",    "play",        "finish",
    "review",     "mail_sent", "mail_open", "mail_click", "coupon_sent", "coupon_redeemed",
    "pay",        "transfer",  "login",     "subscribe",  "cancel",      "refer",
    "complain",   "other",
};
static_assert(kNames.size() == static_cast<std::size_t>(EventType::other) + 1);
static_assert(kNames.size() <= kEventTypes);

}  // namespace

std::string_view to_string(EventType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames[index] : "other";
}

std::optional<EventType> event_type_from(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<EventType>(found - kNames.begin());
}

std::span<const Event> EventLog::before(std::size_t person, UnixSeconds cut) const {
  const std::span<const Event> all = of(person);
  const auto end = std::partition_point(all.begin(), all.end(), [&](const Event& e) { return e.occurred_at < cut; });
  return all.first(static_cast<std::size_t>(end - all.begin()));
}

std::span<const Event> EventLog::after(std::size_t person, UnixSeconds cut, UnixSeconds until) const {
  const std::size_t first = before(person, cut + 1).size();
  return of(person).subspan(first, before(person, until + 1).size() - first);
}

std::optional<UnixSeconds> EventLog::last_time() const {
  std::optional<UnixSeconds> last;
  for (const Event& event : events) last = std::max(last.value_or(event.occurred_at), event.occurred_at);
  return last;
}

}  // namespace bauta::client
