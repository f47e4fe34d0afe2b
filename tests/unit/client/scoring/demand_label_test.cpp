#include "client/scoring/demand_label.h"

#include <doctest/doctest.h>

#include "client/scoring/calibration_map.h"
#include "client/scoring/history_filter.h"
#include "tests/unit/client/scoring/small_shop.h"

using namespace bauta;
using namespace bauta::client;

namespace {

DemandSentence sentence(std::string_view text) {
  auto parsed = parse_demand_sentence(text);
  REQUIRE_MESSAGE(parsed.ok(), parsed.error().message);
  return *std::move(parsed);
}

std::vector<bool> matches(std::string_view text) { return match_items(shop({}, 0), sentence(text).words).matches; }

std::vector<bool> labels(const EventLog& log, std::string_view text) {
  const DemandSentence asked = sentence(text);
  const auto samples = demand_samples(log, asked, match_items(log, asked.words), kShopNow);
  REQUIRE(samples.ok());
  std::vector<bool> found;
  for (const Sample& sample : *samples) found.push_back(sample.label);
  return found;
}

}  // namespace

TEST_CASE("a match by category leaves out items that match by title only") {
  CHECK(matches("buy baby food") == std::vector<bool>{true, false, false, false, false});
  const DemandItems items = match_items(shop({}, 0), sentence("buy baby food").words);
  REQUIRE(items.alternatives.size() == 1);
  CHECK(items.alternatives[0].by == DemandItems::By::category);
  CHECK(items.alternatives[0].categories == std::vector<std::string>{"DRUG GM > BABY FOODS"});
}

TEST_CASE("without such a category all words must stand in title, category or brand") {
  CHECK(matches("buy wines") == std::vector<bool>{false, false, true, true, false});
  CHECK(matches("buy wine glass") == std::vector<bool>{false, false, false, true, false});
  CHECK(matches("buy chateau wine") == std::vector<bool>{false, false, true, false, false});
  CHECK(matches("buy private dessert") == std::vector<bool>{false, false, false, false, true});
  CHECK(matches("buy CRÈME BRÛLÉE") == std::vector<bool>{false, false, false, false, true});
  CHECK(matches("buy red wine or baby food") == std::vector<bool>{true, false, true, false, false});
  CHECK(match_items(shop({}, 0), sentence("buy caviar").words).empty());
}

TEST_CASE("a label needs the type, the item, the amount and the window after the cut") {
  const auto bought = [](std::uint32_t person, double days_ago, std::uint32_t item, float amount = 30) {
    return ShopEvent{person, days_ago, EventType::purchase, item, amount, 0};
  };
  std::vector<ShopEvent> events;
  for (std::uint32_t p = 0; p < 9; ++p) events.push_back(bought(p, 3, 2));  // known before the cut, and no label
  events.push_back(bought(1, -1, 2));
  events.push_back(bought(2, 0, 2));        // at the cut itself
  events.push_back(bought(3, -14, 2));      // at the end of the window
  events.push_back(bought(4, -14.001, 2));  // after it
  events.push_back(bought(5, -1, 0));       // another item
  events.push_back({6, -1, EventType::return_, 2, 30, 0});
  events.push_back(bought(7, -1, 2, 60));  // too dear
  events.push_back(bought(8, -1, kNoItem));
  events.push_back(bought(9, -1, 2));  // a person without a history has no sample
  const EventLog log = shop(events, 10);
  CHECK(labels(log, "buy wine between 20 and 50 within 14 days") ==
        std::vector<bool>{false, true, false, true, false, false, false, false, false});
  CHECK(labels(log, "buy within 14 days") ==
        std::vector<bool>{false, true, false, true, false, true, false, true, true});
}

TEST_CASE("labels are refused where the data end inside the window") {
  const EventLog log = shop({{0, 5}, {0, -13}}, 1);
  const DemandSentence asked = sentence("buy anything within 14 days");
  const auto samples = demand_samples(log, asked, match_items(log, asked.words), kShopNow);
  REQUIRE_FALSE(samples.ok());
  CHECK(samples.error().code == ErrorCode::bad_data);
}

TEST_CASE("conditions are asked of history strictly before now") {
  const EventLog log = shop(
      {
          {0, 3, EventType::purchase, 2, 30, 0},   // bought wine three days ago
          {1, 10, EventType::purchase, 2, 30, 0},  // ten days ago
          {2, 3, EventType::visit, kNoItem, std::nanf(""), 0},
          {3, 10, EventType::purchase, 0, 5, 0},
          {3, 0, EventType::purchase, 2, 30, 0},  // at now: not known yet
          {4, 7, EventType::purchase, 2, 30, 0},  // exactly seven days ago
      },
      5);
  const auto passing = [&](std::string_view text) {
    const HistoryFilter filter(log, sentence(text));
    std::string passed;
    for (std::uint32_t p = 0; p < 5; ++p) passed += filter.passes(p, kShopNow) ? '1' : '0';
    return passed;
  };
  CHECK(passing("buy tea, except those who bought wine in the last 7 days") == "01110");
  CHECK(passing("buy tea, except those who bought wine") == "00110");
  CHECK(passing("buy tea, without any activity in the last 7 days") == "01010");
  CHECK(passing("buy wine again") == "11001");
  CHECK(passing("buy tea, who bought wine over 30") == "00000");
  CHECK(passing("buy tea between 20 and 50") == "11001");
}

TEST_CASE("calibrated probabilities rise with the score and keep the mean") {
  std::vector<Scored> samples;
  for (int i = 0; i < 2000; ++i) samples.push_back({static_cast<double>(i / 200), (i * 7) % 10 < i / 200});
  const auto map = CalibrationMap::fit(samples);
  REQUIRE(map);
  double sum = 0;
  double last = 0;
  double positives = 0;
  for (const Scored& sample : samples) {
    const double p = (*map)(sample.logit);
    CHECK(p >= last);
    last = p;
    sum += p;
    positives += sample.label ? 1 : 0;
  }
  CHECK(sum == doctest::Approx(positives));
  CHECK((*map)(0) > 0);
  CHECK((*map)(9) < 1);
  CHECK((*map)(-5) == (*map)(0));
  CHECK((*map)(50) == (*map)(9));
  CHECK_FALSE(CalibrationMap::fit({}));
}

TEST_CASE("a few persons at the end of a ranking have no probability of their own") {
  std::vector<Scored> samples;
  for (int i = 0; i < 1000; ++i)
    samples.push_back({static_cast<double>(i), i >= 990 || (i < 990 && i % 10 == 0 && i > 9)});
  const auto map = CalibrationMap::fit(samples);
  REQUIRE(map);
  CHECK((*map)(999) < 0.3);
  CHECK((*map)(999) == (*map)(950));
  CHECK((*map)(0) > 0);
}

TEST_CASE("a small block beside a large one does not turn the order of the probabilities") {
  std::vector<Scored> samples;
  const auto block = [&](double score, int positives, int count) {
    for (int i = 0; i < count; ++i) samples.push_back({score, i < positives});
  };
  block(1, 500, 60'000);
  block(2, 3000, 10'000);
  block(3, 39, 129);
  const auto map = CalibrationMap::fit(samples);
  REQUIRE(map);
  CHECK((*map)(1) < (*map)(2));
  CHECK((*map)(2) <= (*map)(3));
}

TEST_CASE("scores against the labels calibrate to one share") {
  const auto map = CalibrationMap::fit(std::vector<Scored>{{1, true}, {2, false}, {3, false}, {4, false}});
  REQUIRE(map);
  CHECK((*map)(1) == doctest::Approx(0.25));
  CHECK((*map)(4) == doctest::Approx(0.25));
}
