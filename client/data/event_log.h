// A service's own history: consented persons only, each with its events in time order. Persons, items and channels lie
// in memory, which grows with people and catalogue; the events may lie in a mapped file, so that it does not grow with
// the log.
// Nothing in here ever leaves the client.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bauta::client {

/// Seconds since 1970-01-01T00:00:00 in the service's own wall clock.
using UnixSeconds = std::int64_t;

/// The closed list all partners agree on; the order is part of the model.
enum class EventType : std::uint8_t {
  impression,
  view,
  search,
  click,
  favourite,
  cart,
  purchase,
  return_,
  visit,
  reserve,
  play,
  finish,
  review,
  mail_sent,
  mail_open,
  mail_click,
  coupon_sent,
  coupon_redeemed,
  pay,
  transfer,
  login,
  subscribe,
  cancel,
  refer,
  complain,
  other,
};
inline constexpr std::size_t kEventTypes = 32;  ///< slots in the model, room for later names

std::string_view to_string(EventType type);  ///< "return" for return_
std::optional<EventType> event_type_from(std::string_view name);

inline constexpr std::uint32_t kNoItem = std::numeric_limits<std::uint32_t>::max();

struct Event {
  UnixSeconds occurred_at = 0;
  std::uint32_t item = kNoItem;  ///< index into EventLog::items
  float amount = std::nanf("");  ///< the service's currency; NaN where there is none
  EventType type = EventType::other;
  std::uint8_t channel = 0;  ///< index into EventLog::channels, 0 = none
};

struct Item {
  std::string id;
  std::string title;
  std::string category;  ///< path, levels separated by " > "
  std::string brand;
  std::vector<std::string> attributes;  ///< codes without words, where a source has them
};

/// Events that are only read. They lie in memory, or in a mapped file whose pages the kernel drops and reads again as
/// it sees fit. Copies share them.
class EventArray {
 public:
  EventArray() = default;
  EventArray(std::vector<Event> events) {
    const auto owned = std::make_shared<const std::vector<Event>>(std::move(events));
    events_ = *owned;
    owner_ = owned;
  }
  /// `owner` keeps `events` where they are.
  EventArray(std::shared_ptr<const void> owner, std::span<const Event> events)
      : owner_(std::move(owner)), events_(events) {}

  std::size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }
  const Event* data() const { return events_.data(); }
  const Event* begin() const { return data(); }
  const Event* end() const { return data() + size(); }
  const Event& operator[](std::size_t i) const { return events_[i]; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const Event> events_;
};

struct EventLog {
  std::vector<std::string> persons;      ///< consented persons with at least one event, sorted
  std::vector<std::size_t> first_event;  ///< size persons+1: events of p are [first_event[p], first_event[p+1])
  EventArray events;                     ///< by person, then by time (stable)
  std::vector<Item> items;               ///< only items that occur in kept events
  std::vector<std::string> channels;     ///< [0] is ""

  std::span<const Event> of(std::size_t person) const {
    return std::span(events).subspan(first_event[person], first_event[person + 1] - first_event[person]);
  }
  /// Events of `person` strictly before `cut`.
  std::span<const Event> before(std::size_t person, UnixSeconds cut) const;
  /// Events of `person` in (cut, until]: what a label at `cut` may look at.
  std::span<const Event> after(std::size_t person, UnixSeconds cut, UnixSeconds until) const;
  /// The time of the newest event of all; looks at every one. Empty where there are none.
  std::optional<UnixSeconds> last_time() const;
};

}  // namespace bauta::client
