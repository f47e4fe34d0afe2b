#include "made_service.h"

#include <algorithm>
#include <string>

#include "common/base/counter_random.h"

namespace bauta::client {
namespace {

constexpr std::array<std::string_view, 2> kThemes = {"tea", "nail"};
constexpr std::uint32_t kItemsPerTheme = 20;

std::vector<Item> themed_items() {
  std::vector<Item> items;
  for (const std::string_view theme : kThemes)
    for (std::uint32_t i = 0; i < kItemsPerTheme; ++i)
      items.push_back({std::to_string(items.size()),
                       std::string(theme) + " number" + std::to_string(i),
                       "things > " + std::string(theme),
                       "",
                       {}});
  return items;
}

Event made_event(UnixSeconds at, EventType type, std::uint32_t item, float amount) {
  Event event;
  event.occurred_at = at;
  event.type = type;
  event.item = item;
  event.amount = amount;
  return event;
}

void add_person(EventLog& log, std::vector<Event> events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.occurred_at < b.occurred_at; });
  log.persons.push_back("p" + std::to_string(1'000'000 + log.persons.size()));
  std::vector<Event> all(log.events.begin(), log.events.end());
  all.insert(all.end(), events.begin(), events.end());
  log.first_event.push_back(all.size());
  log.events = std::move(all);
}

EventLog empty_log() {
  EventLog log;
  log.first_event = {0};
  log.items = themed_items();
  log.channels = {""};
  return log;
}

std::uint32_t item_of(std::uint64_t theme, CounterRandom& random) {
  return static_cast<std::uint32_t>(theme * kItemsPerTheme + random.below(kItemsPerTheme));
}

std::vector<Event> views(std::uint64_t theme, int weeks, CounterRandom& random) {
  std::vector<Event> events;
  for (int week = 0; week < weeks; ++week) {
    const auto at = kMadeStart + week * 7 * kMadeDay + static_cast<std::int64_t>(random.below(7 * kMadeDay));
    events.push_back(made_event(at, EventType::view, item_of(theme, random), static_cast<float>(random.below(50))));
  }
  return events;
}

MadeService finish(EventLog log, const TaskSettings& task) {
  // The last event closes every label window.
  add_person(log, {made_event(kMadeStart, EventType::login, kNoItem, 0),
                   made_event(kMadeStart + 200 * kMadeDay, EventType::login, kNoItem, 0)});
  MadeService service{std::move(log), task, {}};
  auto samples = make_samples(service.log, service.task);
  BAUTA_CHECK(samples.ok());
  service.samples = std::move(*samples);
  return service;
}

}  // namespace

MadeService made_propensity_service(std::size_t persons, std::uint64_t seed) {
  CounterRandom random(seed, "propensity service");
  EventLog log = empty_log();
  constexpr int kWeeks = 12;
  for (std::size_t p = 0; p < persons; ++p) {
    const std::uint64_t theme = random.below(2);
    std::vector<Event> events = views(theme, kWeeks, random);
    for (int week = 6; week < kWeeks; ++week) {
      if (random.unit() >= (theme == 0 ? 0.8 : 0.1)) continue;
      const auto at = kMadeStart + week * 7 * kMadeDay + 1 + static_cast<std::int64_t>(random.below(6 * kMadeDay));
      events.push_back(made_event(at, EventType::purchase, item_of(random.below(2), random), 9));
    }
    add_person(log, std::move(events));
  }
  TaskSettings task;
  task.target = EventType::purchase;
  task.horizon = 7 * kMadeDay;
  task.cut = kMadeStart + 11 * 7 * kMadeDay;
  task.training_cuts = 3;
  task.stride = 7 * kMadeDay;
  return finish(std::move(log), task);
}

MadeService made_conversion_service(std::size_t persons, std::uint64_t seed) {
  CounterRandom random(seed, "conversion service");
  EventLog log = empty_log();
  constexpr int kWeeks = 16;
  for (std::size_t p = 0; p < persons; ++p) {
    const std::uint64_t theme = random.below(2);
    std::vector<Event> events = views(theme, kWeeks, random);
    for (int week = 4; week < kWeeks; ++week) {
      const auto at = kMadeStart + week * 7 * kMadeDay + static_cast<std::int64_t>(random.below(5 * kMadeDay));
      const std::uint64_t offered = random.below(2);
      const std::uint32_t item = item_of(offered, random);
      events.push_back(made_event(at, EventType::mail_sent, item, std::nanf("")));
      if (random.unit() < (offered == theme ? 0.6 : 0.05))
        events.push_back(made_event(at + 3600, EventType::coupon_redeemed, item, std::nanf("")));
    }
    add_person(log, std::move(events));
  }
  TaskSettings task;
  task.kind = TaskKind::conversion;
  task.offer = EventType::mail_sent;
  task.target = EventType::coupon_redeemed;
  task.horizon = 2 * kMadeDay;
  task.cut = kMadeStart + 13 * 7 * kMadeDay;
  return finish(std::move(log), task);
}

Plan small_plan() {
  Plan plan;
  plan.model.table_rows = 256;
  plan.model.token_width = 8;
  plan.model.width = 16;
  plan.model.history = 30;
  plan.training.local_steps = 50;
  plan.training.batch_size = 32;
  plan.training.learning_rate = 0.003;
  return plan;
}

}  // namespace bauta::client
