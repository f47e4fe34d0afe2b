#include "client/training/features.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "common/base/counter_random.h"
#include "made_service.h"

using namespace bauta;
using namespace bauta::client;

namespace {

/// Everything the model can see of a sample but its labels, in one comparable vector.
std::vector<double> seen_by_model(const EventFeatures& features, const Sample& sample) {
  SampleBatch batch;
  features.gather({&sample, 1}, batch);
  const ModelSample& model_sample = batch.samples().front();
  std::vector<double> seen;
  const auto see_codes = [&](const EventCodes& event) {
    for (const auto code : {event.type, event.gap, event.amount, event.hour, event.weekday, event.channel})
      seen.push_back(code);
    seen.push_back(event.item == kNone ? -1 : 0);
    if (event.item != kNone)
      for (const TokenRow row : features.items()[event.item]) seen.push_back(row.code);
  };
  for (const EventCodes& event : model_sample.events) see_codes(event);
  for (const std::int64_t at : model_sample.event_times) seen.push_back(static_cast<double>(model_sample.cut - at));
  see_codes(model_sample.target);
  seen.push_back(model_sample.horizon);
  for (const float feature : model_sample.context) seen.push_back(feature);
  seen.push_back(model_sample.offset);
  return seen;
}

/// The only sample of a batch, labelled.
SampleLabels labels_of(const EventFeatures& features, const Sample& sample) {
  SampleBatch batch;
  CounterRandom random(1, "future");
  features.gather_labelled({&sample, 1}, random, batch);
  return batch.samples().front().labels;
}

/// Draws every event from `from` on anew: type, item, amount, channel and time, still from `from` on and in order.
EventLog altered_from(EventLog log, UnixSeconds from) {
  CounterRandom random(9, "altered");
  std::vector<Event> events(log.events.begin(), log.events.end());
  for (std::size_t p = 0; p < log.persons.size(); ++p) {
    UnixSeconds at = from;
    for (std::size_t e = log.first_event[p]; e < log.first_event[p + 1]; ++e) {
      Event& event = events[e];
      if (event.occurred_at < from) continue;
      event.occurred_at = at;
      at += static_cast<std::int64_t>(random.below(3 * kMadeDay));
      event.type = static_cast<EventType>(random.below(26));
      event.item = static_cast<std::uint32_t>(random.below(log.items.size()));
      event.amount = static_cast<float>(random.unit() * 1e6);
    }
  }
  log.events = std::move(events);
  return log;
}

UnixSeconds earliest(const std::vector<Sample>& samples) {
  return std::min_element(samples.begin(), samples.end(),
                          [](const Sample& a, const Sample& b) { return a.cut < b.cut; })
      ->cut;
}

void check_nothing_leaks(const MadeService& service) {
  const UnixSeconds fitted = earliest(service.samples.validation);
  const EventFeatures features(service.log, service.task, small_plan().model, fitted);
  std::size_t compared = 0;
  std::size_t different = 0;
  for (const auto* set : {&service.samples.training, &service.samples.validation, &service.samples.test}) {
    std::vector<UnixSeconds> cuts;
    for (const Sample& sample : *set) cuts.push_back(sample.cut);
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    for (std::size_t i = 0; i < cuts.size(); i += 1 + cuts.size() / 10) {
      // Quantiles are fitted on what lies before validation, so for an earlier cut they are held fixed here.
      const EventLog log = altered_from(service.log, std::max(cuts[i], fitted));
      const EventFeatures other(log, service.task, small_plan().model, fitted);
      for (const Sample& sample : *set) {
        if (sample.cut > std::max(cuts[i], fitted)) continue;
        ++compared;
        different += seen_by_model(features, sample) != seen_by_model(other, sample) ? 1 : 0;
      }
    }
  }
  CHECK(compared > 500);
  CHECK(different == 0);
}

}  // namespace

TEST_CASE("events at or after the cut change nothing the model sees, for propensity") {
  check_nothing_leaks(made_propensity_service(120, 1));
}

TEST_CASE("events at or after the offer change nothing the model sees, for conversion") {
  check_nothing_leaks(made_conversion_service(60, 1));
}

TEST_CASE("events from a training cut on change nothing but the amount quantiles, which end before validation") {
  const MadeService service = made_propensity_service(50, 2);
  const UnixSeconds cut = earliest(service.samples.training);
  const EventFeatures features(service.log, service.task, small_plan().model, cut);
  const EventLog log = altered_from(service.log, cut);
  const EventFeatures other(log, service.task, small_plan().model, cut);
  for (const Sample& sample : service.samples.training)
    if (sample.cut == cut) CHECK(seen_by_model(features, sample) == seen_by_model(other, sample));
}

TEST_CASE("an event before the cut does change what the model sees") {
  const MadeService service = made_propensity_service(20, 3);
  const EventFeatures features(service.log, service.task, small_plan().model, service.task.cut);
  EventLog log = service.log;
  std::vector<Event> events(log.events.begin(), log.events.end());
  events[log.first_event[4]].type = EventType::complain;
  log.events = std::move(events);
  const EventFeatures other(log, service.task, small_plan().model, service.task.cut);
  const Sample sample{4, kNoItem, service.task.cut, false};
  CHECK(seen_by_model(features, sample) != seen_by_model(other, sample));
}

TEST_CASE("names of persons and items are never seen, texts are") {
  const MadeService service = made_conversion_service(20, 4);
  EventLog renamed = service.log;
  for (std::string& person : renamed.persons) person += " renamed";
  for (Item& item : renamed.items) item.id += " renamed";
  EventLog reworded = service.log;
  for (Item& item : reworded.items) item.title = "other words";
  const EventFeatures features(service.log, service.task, small_plan().model, service.task.cut);
  const EventFeatures same(renamed, service.task, small_plan().model, service.task.cut);
  const EventFeatures other(reworded, service.task, small_plan().model, service.task.cut);
  const Sample& sample = service.samples.test.front();
  CHECK(seen_by_model(features, sample) == seen_by_model(same, sample));
  CHECK(seen_by_model(features, sample) != seen_by_model(other, sample));
}

TEST_CASE("items without text have an empty bag and keep their number") {
  MadeService service = made_conversion_service(20, 5);
  for (Item& item : service.log.items) item.title = item.category = item.brand = "";
  const EventFeatures features(service.log, service.task, small_plan().model, service.task.cut);
  SampleBatch batch;
  features.gather(std::span(service.samples.test).first(1), batch);
  REQUIRE(!batch.samples().front().events.empty());
  for (const EventCodes& event : batch.samples().front().events) CHECK(features.items()[event.item].empty());
  CHECK(features.item_count() == service.log.items.size());
}

TEST_CASE("only the newest events of a long history are read, the context counts them all") {
  const MadeService service = made_propensity_service(20, 6);
  ModelSettings model = small_plan().model;
  const std::span<const Sample> one = std::span(service.samples.test).first(1);
  model.history = 1000;
  const EventFeatures whole_features(service.log, service.task, model, service.task.cut);
  SampleBatch whole_batch;
  whole_features.gather(one, whole_batch);
  model.history = 4;
  const EventFeatures cut_features(service.log, service.task, model, service.task.cut);
  SampleBatch newest_batch;
  cut_features.gather(one, newest_batch);
  const ModelSample& whole = whole_batch.samples().front();
  const ModelSample& newest = newest_batch.samples().front();
  REQUIRE(whole.events.size() > 4);
  REQUIRE(newest.events.size() == 4);
  CHECK(std::equal(newest.event_times.begin(), newest.event_times.end(), whole.event_times.end() - 4));
  CHECK(newest.context == whole.context);
}

TEST_CASE("a person without history is a sample like any other") {
  const MadeService service = made_conversion_service(10, 7);
  const EventFeatures features(service.log, service.task, small_plan().model, service.task.cut);
  const Sample sample{0, 0, kMadeStart - 1, false};
  SampleBatch batch;
  features.gather({&sample, 1}, batch);
  CHECK(batch.samples().front().events.empty());
  CHECK(batch.samples().front().target.item == 0);
  for (const float feature : batch.samples().front().context) CHECK(std::isfinite(feature));
}

namespace {

/// One person with a login before the cut at day 10 and purchases of 4 and 8 on the days named behind it.
EventLog purchases_on(std::vector<std::int64_t> days) {
  EventLog log;
  log.persons = {"p"};
  log.items = {{"i", "green tea", "drinks > tea", "", {}}};
  log.channels = {""};
  std::vector<Event> events(1 + days.size());
  events[0].occurred_at = kMadeStart;
  events[0].type = EventType::login;
  events[0].amount = 3;
  for (std::size_t i = 0; i < days.size(); ++i) {
    events[i + 1].occurred_at = kMadeStart + days[i] * kMadeDay;
    events[i + 1].type = EventType::purchase;
    events[i + 1].item = 0;
    events[i + 1].amount = i == 0 ? 4 : 8;
  }
  log.first_event = {0, events.size()};
  log.events = std::move(events);
  return log;
}

SampleLabels labels_after(const EventLog& log, std::int64_t horizon_days) {
  TaskSettings task;
  task.horizon = horizon_days * kMadeDay;
  const EventFeatures features(log, task, small_plan().model, kMadeStart + 10 * kMadeDay);
  return labels_of(features, {0, kNoItem, kMadeStart + 10 * kMadeDay, true});
}

}  // namespace

TEST_CASE("labels tell what followed within the horizon and nothing of what came later") {
  const SampleLabels labels = labels_after(purchases_on({15, 30, 60}), 28);
  CHECK(labels.conversion == 1);
  CHECK(labels.hazard == horizon_bucket(5 * kMadeDay));
  CHECK(labels.hazard_seen);
  CHECK(labels.value == doctest::Approx((4 + 8) / 3.0));  // in units of the 3 that was spent before
  CHECK(labels.future == 0);
}

TEST_CASE("the label of an event in an interval that is not wholly known is that nothing came before it") {
  for (const std::int64_t day : {34, 60}) {  // 24 days after the cut, in the interval of 14 to 31 days; beyond
    const SampleLabels labels = labels_after(purchases_on({day}), 28);
    CHECK(labels.hazard == horizon_bucket(28 * kMadeDay));
    CHECK_FALSE(labels.hazard_seen);
  }
  const SampleLabels nothing = labels_after(purchases_on({60}), 28);
  CHECK(nothing.value == 0);
  CHECK(nothing.future == kNone);
}

TEST_CASE("a service without amounts has no value label") {
  EventLog log = purchases_on({15});
  std::vector<Event> events(log.events.begin(), log.events.end());
  for (Event& event : events) event.amount = std::nanf("");
  log.events = std::move(events);
  CHECK(labels_after(log, 28).value < 0);
}

TEST_CASE("equal futures of a batch are one text") {
  const EventLog log = purchases_on({15, 20});
  const EventFeatures features(log, {}, small_plan().model, kMadeStart + 10 * kMadeDay);
  const std::vector<Sample> samples(3, {0, kNoItem, kMadeStart + 10 * kMadeDay, true});
  CounterRandom random(1, "future");
  SampleBatch batch;
  features.gather_labelled(samples, random, batch);
  REQUIRE(batch.view().texts != nullptr);
  CHECK(batch.view().texts->size() == 1);
  for (const ModelSample& sample : batch.samples()) CHECK(sample.labels.future == 0);
}

TEST_CASE("without a horizon there is nothing to come, so neither hazard nor value have a label") {
  const SampleLabels labels = labels_after(purchases_on({15}), 0);
  CHECK(labels.hazard < 0);
  CHECK(labels.value < 0);
  CHECK(labels.future == kNone);
}
