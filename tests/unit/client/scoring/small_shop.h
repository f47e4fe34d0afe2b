// A shop of few lines: events are written down one by one.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "client/data/event_log.h"

namespace bauta::client {

inline constexpr std::int64_t kShopDay = 86400;
inline constexpr UnixSeconds kShopNow = 20'000 * kShopDay;

struct ShopEvent {
  std::uint32_t person = 0;
  double days_ago = 0;  ///< before kShopNow; negative: after
  EventType type = EventType::purchase;
  std::uint32_t item = kNoItem;
  float amount = std::nanf("");
  std::uint8_t channel = 0;
};

/// Items 0 to 4.
inline std::vector<Item> shop_items() {
  return {{"0", "FRUIT PUREE 4 OZ", "DRUG GM > BABY FOODS", "National", {}},
          {"1", "BABY FOOD JAR, OLD STOCK", "DRUG GM > CLEARANCE", "Private", {}},
          {"2", "RED WINE", "", "Chateau", {}},
          {"3", "WINE GLASSES, SET OF 6", "", "", {}},
          {"4", "CRÈME BRÛLÉE", "DESSERTS", "Private", {}}};
}

/// Persons p0000, p0001, …, each with at least the events given.
inline EventLog shop(std::vector<ShopEvent> events, std::uint32_t persons) {
  std::stable_sort(events.begin(), events.end(), [](const ShopEvent& a, const ShopEvent& b) {
    return std::tuple(a.person, -a.days_ago) < std::tuple(b.person, -b.days_ago);
  });
  EventLog log;
  log.items = shop_items();
  log.channels = {"", "E-Mail", "web"};
  log.first_event = {0};
  std::vector<Event> all;
  for (std::uint32_t p = 0; p < persons; ++p) {
    const std::string number = std::to_string(10000 + p);
    log.persons.push_back("p" + number.substr(1));
    for (const ShopEvent& e : events) {
      if (e.person != p) continue;
      Event event;
      event.occurred_at =
          kShopNow - static_cast<std::int64_t>(std::llround(e.days_ago * static_cast<double>(kShopDay)));
      event.item = e.item;
      event.amount = e.amount;
      event.type = e.type;
      event.channel = e.channel;
      all.push_back(event);
    }
    log.first_event.push_back(all.size());
  }
  log.events = std::move(all);
  return log;
}

}  // namespace bauta::client
