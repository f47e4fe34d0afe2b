#include <doctest/doctest.h>

#include "client/data/event_log.h"

using namespace bauta::client;

TEST_CASE("every event type has the name it is found by") {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(EventType::other); ++i) {
    const auto type = static_cast<EventType>(i);
    CHECK(event_type_from(to_string(type)) == type);
  }
  CHECK(to_string(EventType::return_) == "return");
  CHECK(to_string(EventType::coupon_redeemed) == "coupon_redeemed");
  CHECK_FALSE(event_type_from("Purchase").has_value());
  CHECK_FALSE(event_type_from("").has_value());
}

TEST_CASE("history ends strictly before the cut") {
  EventLog log;
  log.persons = {"a", "b"};
  log.first_event = {0, 3, 4};
  std::vector<Event> events;
  for (const UnixSeconds t : {10, 20, 20, 5}) {
    Event event;
    event.occurred_at = t;
    events.push_back(event);
  }
  log.events = std::move(events);
  CHECK(log.before(0, 10).empty());
  CHECK(log.before(0, 20).size() == 1);
  CHECK(log.before(0, 21).size() == 3);
  CHECK(log.before(1, 100).size() == 1);
}
