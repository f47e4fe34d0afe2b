#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "client/data/samples.h"
#include "common/base/counter_random.h"

using namespace bauta;
using namespace bauta::client;

namespace {

constexpr std::int64_t kDay = 86400;

struct RawEvent {
  std::uint32_t person = 0;
  UnixSeconds time = 0;
  EventType type = EventType::purchase;
  std::uint32_t item = kNoItem;
};

EventLog log_of(std::vector<RawEvent> events, std::uint32_t persons) {
  std::stable_sort(events.begin(), events.end(), [](const RawEvent& a, const RawEvent& b) {
    return std::tuple(a.person, a.time) < std::tuple(b.person, b.time);
  });
  EventLog log;
  std::vector<Event> kept;
  log.channels = {""};
  log.first_event = {0};
  for (std::uint32_t p = 0; p < persons; ++p) {
    log.persons.push_back("p" + std::to_string(1000 + p));
    for (const RawEvent& e : events) {
      if (e.person != p) continue;
      Event event;
      event.occurred_at = e.time;
      event.type = e.type;
      event.item = e.item;
      kept.push_back(event);
    }
    log.first_event.push_back(kept.size());
  }
  log.events = std::move(kept);
  return log;
}

constexpr std::uint32_t kPersons = 12;

/// 100 days of random events; whole hours, so that events fall on cuts and on window ends.
std::vector<RawEvent> random_events(std::uint64_t seed) {
  CounterRandom random(seed, "samples test");
  constexpr EventType kTypes[] = {EventType::purchase, EventType::view, EventType::mail_sent,
                                  EventType::coupon_redeemed};
  std::vector<RawEvent> events;
  for (std::uint64_t i = 0; i < 800; ++i) {
    const auto hour = static_cast<std::int64_t>(random.below(100 * 4)) * 6;
    events.push_back({static_cast<std::uint32_t>(random.below(kPersons)), hour * 3600, kTypes[random.below(4)],
                      static_cast<std::uint32_t>(random.below(4))});
  }
  events.push_back({0, 100 * kDay, EventType::view, 0});
  return events;
}

TaskSettings propensity_task() {
  TaskSettings task;
  task.horizon = 10 * kDay;
  task.cut = 90 * kDay;
  task.training_cuts = 4;
  task.stride = 5 * kDay;
  return task;
}

TaskSettings conversion_task() {
  TaskSettings task;
  task.kind = TaskKind::conversion;
  task.offer = EventType::mail_sent;
  task.target = EventType::coupon_redeemed;
  task.horizon = 6 * kDay;
  task.cut = 75 * kDay;
  return task;
}

SampleSets samples(const EventLog& log, const TaskSettings& task) {
  auto sets = make_samples(log, task);
  REQUIRE_MESSAGE(sets.ok(), sets.error().message);
  return std::move(sets).value();
}

using Key = std::tuple<std::uint32_t, std::uint32_t, UnixSeconds, bool>;
std::vector<Key> keys(const std::vector<Sample>& set) {
  std::vector<Key> all;
  for (const Sample& s : set) all.emplace_back(s.person, s.item, s.cut, s.label);
  return all;
}

UnixSeconds latest_window(const std::vector<Sample>& set, std::int64_t horizon) {
  UnixSeconds latest = std::numeric_limits<UnixSeconds>::min();
  for (const Sample& s : set) latest = std::max(latest, s.cut + horizon);
  return latest;
}
UnixSeconds earliest(const std::vector<Sample>& set) {
  UnixSeconds first = std::numeric_limits<UnixSeconds>::max();
  for (const Sample& s : set) first = std::min(first, s.cut);
  return first;
}

std::string error_of(const EventLog& log, const TaskSettings& task) {
  const auto sets = make_samples(log, task);
  return sets.ok() ? "" : sets.error().message;
}

}  // namespace

TEST_CASE(
    "propensity: a label is a target after the cut and at most the horizon later, for persons with a history before "
    "the cut") {
  const TaskSettings task = propensity_task();
  const EventLog log = log_of(
      {
          {0, 1 * kDay},
          {0, 90 * kDay},  // at the cut: neither history nor label
          {1, 1 * kDay},
          {1, 90 * kDay + 1},  // first second of the window
          {2, 1 * kDay},
          {2, 100 * kDay},  // last second of the window
          {3, 1 * kDay},
          {3, 100 * kDay + 1},  // too late
          {4, 90 * kDay},
          {4, 95 * kDay},  // no history before the cut
          {5, 89 * kDay},
          {5, 95 * kDay, EventType::view},  // not the target
          {6, 1 * kDay},
          {6, 55 * kDay},
          {6, 72 * kDay},
      },
      7);
  const SampleSets sets = samples(log, task);
  CHECK(keys(sets.test) == std::vector<Key>{{0, kNoItem, 90 * kDay, false},
                                            {1, kNoItem, 90 * kDay, true},
                                            {2, kNoItem, 90 * kDay, true},
                                            {3, kNoItem, 90 * kDay, false},
                                            {5, kNoItem, 90 * kDay, false},
                                            {6, kNoItem, 90 * kDay, false}});
  std::set<UnixSeconds> cuts;
  for (const Sample& s : sets.training) cuts.insert(s.cut);
  CHECK(cuts == std::set<UnixSeconds>{55 * kDay, 60 * kDay, 65 * kDay, 70 * kDay});
  CHECK(earliest(sets.validation) == 80 * kDay);
  CHECK(std::count_if(sets.training.begin(), sets.training.end(), [](const Sample& s) { return s.label; }) == 2);
}

TEST_CASE("propensity: training windows end before validation's begin, validation's before the test cut") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const TaskSettings task = propensity_task();
    const SampleSets sets = samples(log_of(random_events(seed), kPersons), task);
    CHECK(latest_window(sets.training, task.horizon) <= earliest(sets.validation));
    CHECK(latest_window(sets.validation, task.horizon) <= earliest(sets.test));
    CHECK(earliest(sets.test) == task.cut);
  }
}

TEST_CASE("propensity: what happens after a cut changes no sample before it, nor anyone's history") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const TaskSettings task = propensity_task();
    const std::vector<RawEvent> events = random_events(seed);
    const EventLog log = log_of(events, kPersons);
    const SampleSets sets = samples(log, task);

    CounterRandom random(seed, "another future");
    std::vector<RawEvent> changed;
    for (RawEvent e : events) {
      if (e.time > task.cut)
        e = {static_cast<std::uint32_t>(random.below(kPersons)), e.time, EventType::other, kNoItem};
      changed.push_back(e);
    }
    for (std::uint64_t i = random.below(50); i > 0; --i) {
      changed.push_back({static_cast<std::uint32_t>(random.below(kPersons)),
                         task.cut + 1 + static_cast<std::int64_t>(random.below(1'000'000))});
    }
    const EventLog other = log_of(changed, kPersons);
    const SampleSets after = samples(other, task);
    CHECK(keys(after.training) == keys(sets.training));
    CHECK(keys(after.validation) == keys(sets.validation));
    REQUIRE(after.test.size() == sets.test.size());
    for (std::size_t i = 0; i < sets.test.size(); ++i) {
      CHECK(after.test[i].person == sets.test[i].person);
      const auto history = log.before(sets.test[i].person, task.cut);
      const auto same = other.before(after.test[i].person, task.cut);
      REQUIRE(history.size() == same.size());
      for (std::size_t e = 0; e < history.size(); ++e) {
        CHECK(history[e].occurred_at == same[e].occurred_at);
        CHECK(history[e].type == same[e].type);
        CHECK(history[e].occurred_at < task.cut);
      }
    }
  }
}

TEST_CASE("propensity: data that end inside the label window are refused, naming the latest cut that fits") {
  const EventLog log = log_of(random_events(1), kPersons);
  TaskSettings task = propensity_task();
  task.cut = 90 * kDay + 1;
  CHECK(
      error_of(log, task) ==
      "the data end at 1970-04-11T00:00:00Z, before the label window of the cut 1970-04-01T00:00:01Z does; the latest "
      "cut that fits a horizon of 864000 s is 1970-04-01T00:00:00Z");
  task.cut = 90 * kDay;
  CHECK(error_of(log, task) == "");
}

TEST_CASE("propensity: an empty set or a single class is refused, saying which") {
  TaskSettings task = propensity_task();
  const EventLog late = log_of({{0, 85 * kDay}, {0, 100 * kDay}}, 1);
  CHECK(error_of(late, task)
            .starts_with("no validation samples for the cut 1970-04-01T00:00:00Z and a horizon of 864000 s"));
  const EventLog later = log_of({{0, 75 * kDay}, {0, 100 * kDay}}, 1);
  CHECK(error_of(later, task).starts_with("no training samples"));
  const EventLog quiet = log_of({{0, 1 * kDay}, {0, 100 * kDay}}, 1);
  CHECK(error_of(quiet, task).starts_with("all 4 training samples have the label 0: purchase is never seen within"));
  task.horizon = 0;
  CHECK(make_samples(quiet, task).error().code == ErrorCode::invalid_argument);
  CHECK(make_samples(EventLog{}, propensity_task()).error().code == ErrorCode::bad_data);
}

TEST_CASE("conversion: a label is the target for the same person and item within the horizon, its ends included") {
  TaskSettings task = conversion_task();
  task.horizon = kDay;
  task.cut = 10 * kDay;
  constexpr EventType kTaken = EventType::coupon_redeemed;
  constexpr EventType kOffer = EventType::mail_sent;
  const EventLog log = log_of(
      {
          {0, 1 * kDay, kOffer, 1},           {0, 1 * kDay, kTaken, 1},  // training, at once
          {1, 1 * kDay, kOffer, 1},           {1, 1 * kDay, kTaken, 2},  // another item
          {0, 8 * kDay, kOffer, 2},           {1, 8 * kDay, kOffer, 2},
          {1, 9 * kDay, kTaken, 2},                                          // validation, at the end
          {0, 9 * kDay, kOffer, 3},           {0, 9 * kDay + 1, kOffer, 3},  // window reaches the cut
          {0, 10 * kDay, kOffer, 4},          {0, 10 * kDay, kOffer, 4},
          {0, 11 * kDay + 1, kTaken, 4},                                      // twice the same; too late
          {1, 10 * kDay, kOffer, 4},          {2, 10 * kDay + 7, kTaken, 4},  // another person
          {2, 12 * kDay, kOffer, 4},          {2, 12 * kDay, kTaken, 4},
          {2, 12 * kDay, kOffer, kNoItem},    {2, 12 * kDay + 1, kOffer, 5},  // window beyond the data
          {2, 13 * kDay, EventType::view, 5},
      },
      3);
  const SampleSets sets = samples(log, task);
  CHECK(keys(sets.training) == std::vector<Key>{{0, 1, 1 * kDay, true}, {1, 1, 1 * kDay, false}});
  CHECK(keys(sets.validation) == std::vector<Key>{{0, 2, 8 * kDay, false}, {1, 2, 8 * kDay, true}});
  CHECK(keys(sets.test) ==
        std::vector<Key>{{0, 4, 10 * kDay, false}, {1, 4, 10 * kDay, false}, {2, 4, 12 * kDay, true}});
}

TEST_CASE("conversion: windows never overlap between sets, and validation is at least the last quarter") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const TaskSettings task = conversion_task();
    const EventLog log = log_of(random_events(seed), kPersons);
    const SampleSets sets = samples(log, task);
    CHECK(latest_window(sets.training, task.horizon) < earliest(sets.validation));
    CHECK(latest_window(sets.validation, task.horizon) < task.cut);
    CHECK(earliest(sets.test) >= task.cut);
    CHECK(latest_window(sets.test, task.horizon) <= 100 * kDay);
    CHECK(sets.validation.size() * kValidationPart >= sets.training.size() + sets.validation.size());
    std::set<std::tuple<std::uint32_t, std::uint32_t, UnixSeconds>> seen;
    for (const auto* set : {&sets.training, &sets.validation, &sets.test}) {
      for (const Sample& s : *set) CHECK(seen.emplace(s.person, s.item, s.cut).second);
    }
  }
}

TEST_CASE("conversion: what happens after the test cut changes neither training nor validation") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const TaskSettings task = conversion_task();
    std::vector<RawEvent> events = random_events(seed);
    const SampleSets sets = samples(log_of(events, kPersons), task);
    CounterRandom random(seed, "another future");
    for (RawEvent& e : events) {
      if (e.time >= task.cut) e.person = static_cast<std::uint32_t>(random.below(kPersons));
    }
    for (std::uint32_t i = 0; i < 30; ++i) {
      events.push_back({static_cast<std::uint32_t>(random.below(kPersons)),
                        task.cut + static_cast<std::int64_t>(random.below(1'000'000)), EventType::coupon_redeemed,
                        i % 4});
    }
    const SampleSets after = samples(log_of(events, kPersons), task);
    CHECK(keys(after.training) == keys(sets.training));
    CHECK(keys(after.validation) == keys(sets.validation));
  }
}

TEST_CASE("samples do not depend on the order of rows at the same moment") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<RawEvent> events = random_events(seed);
    const SampleSets sets = samples(log_of(events, kPersons), conversion_task());
    std::reverse(events.begin(), events.end());
    const SampleSets reversed = samples(log_of(events, kPersons), conversion_task());
    CHECK(keys(sets.training) == keys(reversed.training));
    CHECK(keys(sets.validation) == keys(reversed.validation));
    CHECK(keys(sets.test) == keys(reversed.test));
  }
}
