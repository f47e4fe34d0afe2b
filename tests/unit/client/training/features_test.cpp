#include "client/training/features.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/counter_random.h"
#include "made_service.h"

using namespace bauta;
using namespace bauta::client;

namespace {

/// Everything the model can see of a sample, in one comparable vector.
std::vector<double> seen_by_model(const EventFeatures& features, const Sample& sample) {
  const ModelSample model_sample = features.sample(sample);
  std::vector<double> seen;
  const auto see_codes = [&](const EventCodes& event) {
    for (const auto code : {event.type, event.gap, event.amount, event.hour, event.weekday}) seen.push_back(code);
    seen.push_back(event.bag == kNoBag ? -1 : 0);
    if (event.bag != kNoBag)
      for (const TokenRow row : features.bags()[event.bag]) seen.push_back(row.code);
  };
  for (const EventCodes& event : model_sample.events) see_codes(event);
  for (const std::int64_t at : model_sample.event_times) seen.push_back(static_cast<double>(model_sample.cut - at));
  seen.push_back(model_sample.has_target ? 1 : 0);
  see_codes(model_sample.target);
  seen.push_back(model_sample.task_type);
  seen.push_back(model_sample.horizon);
  for (const float feature : model_sample.context) seen.push_back(feature);
  seen.push_back(model_sample.offset);
  return seen;
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

TEST_CASE("items without text all look alike") {
  MadeService service = made_conversion_service(20, 5);
  for (Item& item : service.log.items) item.title = item.category = item.brand = "";
  const EventFeatures features(service.log, service.task, small_plan().model, service.task.cut);
  const ModelSample sample = features.sample(service.samples.test.front());
  REQUIRE(!sample.events.empty());
  for (const EventCodes& event : sample.events) CHECK(event.bag == sample.target.bag);
  CHECK(features.bags().size() == 1);
}

TEST_CASE("only the newest events of a long history are read, the context counts them all") {
  const MadeService service = made_propensity_service(20, 6);
  ModelSettings model = small_plan().model;
  const Sample& sample = service.samples.test.front();
  model.history = 1000;
  const EventFeatures whole_features(service.log, service.task, model, service.task.cut);
  const ModelSample whole = whole_features.sample(sample);
  model.history = 4;
  const EventFeatures cut_features(service.log, service.task, model, service.task.cut);
  const ModelSample newest = cut_features.sample(sample);
  REQUIRE(whole.events.size() > 4);
  REQUIRE(newest.events.size() == 4);
  CHECK(std::equal(newest.event_times.begin(), newest.event_times.end(), whole.event_times.end() - 4));
  CHECK(newest.context == whole.context);
}

TEST_CASE("a person without history is a sample like any other") {
  const MadeService service = made_conversion_service(10, 7);
  const EventFeatures features(service.log, service.task, small_plan().model, service.task.cut);
  const ModelSample sample = features.sample({0, 0, kMadeStart - 1, false});
  CHECK(sample.events.empty());
  CHECK(sample.has_target);
  for (const float feature : sample.context) CHECK(std::isfinite(feature));
}
