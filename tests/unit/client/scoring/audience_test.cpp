#include "client/scoring/audience.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "client/scoring/audience_report.h"
#include "common/base/counter_random.h"
#include "tests/unit/client/scoring/small_shop.h"

using namespace bauta;
using namespace bauta::client;

namespace {

constexpr std::uint32_t kPersons = 400;

/// Everybody bought wine 20 days ago; the event list can be added to.
EventLog wine_shop(std::vector<ShopEvent> more = {}) {
  for (std::uint32_t p = 0; p < kPersons; ++p) more.push_back({p, 20, EventType::purchase, 2, 30, 0});
  return shop(std::move(more), kPersons);
}

std::vector<double> rising_scores() {
  std::vector<double> scores(kPersons);
  for (std::size_t p = 0; p < kPersons; ++p) scores[p] = static_cast<double>(p) / kPersons;
  return scores;
}

AudienceSettings settings() {
  AudienceSettings s;
  s.now = kShopNow;
  return s;
}

Result<AudienceReport> build(const EventLog& log, std::string_view text, const AudienceSettings& with,
                             std::span<const PastWeek> weeks = {}) {
  const auto sentence = parse_demand_sentence(text);
  REQUIRE_MESSAGE(sentence.ok(), sentence.error().message);
  LoadReport load;
  load.persons_without_consent = 17;
  return build_audience(log, load, *sentence, rising_scores(), nullptr, weeks, with);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("the audience is the likeliest of those who pass, and every step is counted") {
  std::vector<ShopEvent> events;
  for (std::uint32_t p = 300; p < kPersons; ++p) events.push_back({p, 2, EventType::purchase, 0, 5, 0});
  const EventLog log = wine_shop(events);
  const auto report =
      build(log, "top 120 customers who will buy wine, except those who bought in the last 7 days", settings());
  REQUIRE_MESSAGE(report.ok(), report.error().message);
  REQUIRE(report->persons.size() == 120);
  CHECK(report->persons.front().id == "p0299");
  CHECK(report->persons.back().id == "p0180");
  CHECK(report->known == 400);
  CHECK(report->without_consent == 17);
  std::size_t left_out = 0;
  for (const AudienceStep& step : report->steps) left_out += step.left_out;
  CHECK(left_out == 280);
  CHECK(report->steps[1].left_out == 100);
  CHECK(report->steps.back().remaining == 120);
  CHECK(report->share == doctest::Approx(0.4));
  CHECK_FALSE(report->expected);
}

TEST_CASE("a small audience is refused with the numbers that led there") {
  std::vector<ShopEvent> events;
  for (std::uint32_t p = 0; p < 350; ++p) events.push_back({p, 2, EventType::visit, kNoItem, std::nanf(""), 0});
  const EventLog log = wine_shop(events);
  const auto few = build(log, "customers who will buy wine but did not visit in the last 7 days", settings());
  REQUIRE_FALSE(few.ok());
  CHECK(few.error().code == ErrorCode::refused_by_policy);
  CHECK(contains(few.error().message, "50 persons, below the minimum of 100: 400 known; minus 350"));
  CHECK(contains(few.error().message, "17 persons without consent"));
  CHECK_FALSE(build(log, "top 99 customers who will buy wine", settings()).ok());
  CHECK(build(log, "top 100 customers who will buy wine", settings()).ok());
  AudienceSettings lower = settings();
  lower.least = 50;
  CHECK(build(log, "customers who will buy wine but did not visit in the last 7 days", lower)->persons.size() == 50);
}

TEST_CASE("the default share gives way to the minimum, what the sentence says does not") {
  const EventLog log = wine_shop();
  CHECK(build(log, "buy wine", settings())->persons.size() == 100);  // 10 % would be 40
  CHECK_FALSE(build(log, "top 10 % who will buy wine", settings()).ok());
  CHECK(build(log, "top 50 % who will buy wine", settings())->persons.size() == 200);
}

TEST_CASE("fatigue counts mails, coupons and impressions in mail channels, and only the last days") {
  std::vector<ShopEvent> events;
  const auto contact = [&](std::uint32_t p, double ago, EventType type, std::uint8_t channel) {
    events.push_back({p, ago, type, kNoItem, std::nanf(""), channel});
  };
  for (const double ago : {1.0, 2.0}) {
    contact(0, ago, EventType::mail_sent, 0);
    contact(1, ago, EventType::coupon_sent, 2);
    contact(2, ago, EventType::impression, 1);  // by e-mail
    contact(3, ago, EventType::impression, 2);  // on the web
    contact(4, ago + 7, EventType::mail_sent, 0);
    contact(5, -ago, EventType::mail_sent, 0);  // after now
  }
  contact(6, 1, EventType::mail_sent, 0);
  const EventLog log = wine_shop(events);
  AudienceSettings with = settings();
  with.contacts.most = 2;
  const auto report = build(log, "top 100 % who will buy wine", with);
  REQUIRE(report.ok());
  CHECK(report->persons.size() == kPersons - 3);
  std::set<std::string> ids;
  for (const AudiencePerson& person : report->persons) ids.insert(person.id);
  for (const char* tired : {"p0000", "p0001", "p0002"}) CHECK_FALSE(ids.contains(tired));
}

TEST_CASE("the hold-out is the same for the same key and holds about its share") {
  const EventLog log = wine_shop();
  AudienceSettings with = settings();
  with.hold_out = 0.2;
  CHECK_FALSE(build(log, "top 100 % who will buy wine", with).ok());  // no key
  with.hold_out_key = "spring";
  const auto ids = [&](const std::vector<AudiencePerson>& persons) {
    std::set<std::string> found;
    for (const AudiencePerson& person : persons) found.insert(person.id);
    return found;
  };
  const auto all = build(log, "top 100 % who will buy wine", with);
  REQUIRE(all.ok());
  CHECK(all->controls.size() + all->persons.size() == kPersons);
  CHECK(all->controls.size() > 50);
  CHECK(all->controls.size() < 110);
  const auto some = build(log, "top 150 customers who will buy wine", with);
  REQUIRE(some.ok());
  CHECK(some->persons.size() == 150);
  for (const std::string& id : ids(some->controls)) CHECK(ids(all->controls).contains(id));
  for (const AudiencePerson& control : some->controls) CHECK(control.score >= some->persons.back().score);
  with.hold_out_key = "autumn";
  CHECK(ids(build(log, "top 100 % who will buy wine", with)->controls) != ids(all->controls));
}

TEST_CASE("equal scores are ordered the same way each time, and not by the order of the ids") {
  const EventLog log = wine_shop();
  const auto sentence = parse_demand_sentence("top 200 customers who will buy wine");
  const std::vector<double> equal(kPersons, 0.5);
  const auto once = build_audience(log, {}, *sentence, equal, nullptr, {}, settings());
  const auto again = build_audience(log, {}, *sentence, equal, nullptr, {}, settings());
  REQUIRE(once.ok());
  std::size_t early = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    CHECK(once->persons[i].id == again->persons[i].id);
    CHECK_FALSE(once->persons[i].probability);
    early += once->persons[i].id < "p0200" ? 1 : 0;
  }
  CHECK(early > 70);
  CHECK(early < 130);
}

TEST_CASE("expected precision is that of the past weeks at the same cut, ties in part") {
  PastWeek week;
  week.scores = {9, 8, 7, 7, 1, 1, 1, 1, 1, 1};
  week.labels = {true, true, true, false, false, false, false, false, false, true};
  const auto third = expected_precision(std::vector<PastWeek>{week}, 0.3, 7, 1000);
  REQUIRE(third);
  CHECK(third->value == doctest::Approx(2.5 / 3));
  CHECK(third->base_rate == doctest::Approx(0.4));
  CHECK_FALSE(expected_precision({}, 0.3, 7, 1000));
  CHECK_FALSE(expected_precision(std::vector<PastWeek>{week}, 0.3, 7, 0));

  const auto width = [&](std::size_t weeks, std::int64_t days_apart, std::size_t addressed) {
    std::vector<PastWeek> many(weeks, week);
    for (std::size_t i = 0; i < weeks; ++i) many[i].cut = static_cast<std::int64_t>(i) * days_apart * kShopDay;
    const auto expected = expected_precision(many, 0.3, 28, addressed);
    CHECK(expected->value == doctest::Approx(2.5 / 3));
    return expected->interval.high - expected->interval.low;
  };
  CHECK(width(50, 0, 1000) == doctest::Approx(width(1, 0, 1000)));  // the same week fifty times
  CHECK(width(50, 28, 1000) < 0.3 * width(1, 0, 1000));
  CHECK(width(50, 100, 1000) == doctest::Approx(width(50, 28, 1000)));
  CHECK(width(50, 7, 1000) == doctest::Approx(width(13, 28, 1000)).epsilon(0.02));  // 13.25 windows side by side
  CHECK(width(50, 28, 5) > 2 * width(50, 28, 1000));                                // few addressed scatter
}

TEST_CASE("scores and settings that cannot be are refused") {
  const EventLog log = wine_shop();
  const auto sentence = parse_demand_sentence("buy wine");
  const auto code = [&](std::vector<double> scores) {
    return build_audience(log, {}, *sentence, scores, nullptr, {}, settings()).error().code;
  };
  CHECK(code({0.5}) == ErrorCode::invalid_argument);
  auto scores = rising_scores();
  scores[3] = std::nan("");
  CHECK(code(scores) == ErrorCode::not_finite);
  AudienceSettings wrong = settings();
  wrong.hold_out = 1;
  wrong.hold_out_key = "k";
  CHECK_FALSE(build(log, "buy wine", wrong).ok());
}

TEST_CASE("words and types that the service does not know are refused, in conditions too") {
  const EventLog log = wine_shop();
  const auto refused = [&](std::string_view text) {
    const auto report = build(log, text, settings());
    return report.ok() ? std::string() : report.error().message;
  };
  CHECK(contains(refused("buy caviar"), "'caviar'"));
  CHECK(contains(refused("buy wine, except those who bought wnie"), "'wnie'"));
  CHECK(contains(refused("redeem a coupon"), "ask for one of purchase"));
  CHECK(contains(refused("buy wine but did not redeem a coupon"), "no event of type coupon_redeemed"));
}

TEST_CASE("from a sentence to an audience, with what the past weeks say") {
  // Persons below 200 buy wine every week, the others never again; a scorer that knows it must be found precise.
  std::vector<ShopEvent> events;
  for (std::uint32_t p = 0; p < 200; ++p) {
    for (int week = 0; week < 20; ++week) events.push_back({p, 7.0 * week + 0.5, EventType::purchase, 2, 30, 0});
  }
  for (std::uint32_t p = 200; p < kPersons; ++p) events.push_back({p, 150, EventType::purchase, 2, 30, 0});
  LoadedData data;
  data.log = shop(events, kPersons);
  std::vector<UnixSeconds> cuts;
  const DemandScorer scorer = [&](const DemandSentence&, const DemandItems&, UnixSeconds cut) -> Result<DemandScores> {
    cuts.push_back(cut);
    DemandScores scores{std::vector<double>(kPersons, -3.0), true};
    for (std::size_t p = 0; p < 200; ++p) scores.of_person[p] = 4.0;
    return scores;
  };
  const auto report = find_audience(data, "top 150 customers who will buy wine within 14 days", scorer, settings());
  REQUIRE_MESSAGE(report.ok(), report.error().message);
  CHECK(report->persons.size() == 150);
  for (const AudiencePerson& person : report->persons) CHECK(person.id < "p0200");
  REQUIRE(report->expected);
  CHECK(report->expected->value == doctest::Approx(1));
  CHECK(report->expected->weeks == 8);
  CHECK(*report->persons[0].probability > 0.99);
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) CHECK(cuts[i] + 14 * kShopDay < kShopNow);
  CHECK(cuts.back() == kShopNow);

  const std::string text = to_text(*report);
  CHECK(contains(text, "understood as: top 150 persons who will buy \"wine\" within 14 days"));
  CHECK(contains(text, "audience: 150 persons"));
  CHECK_FALSE(contains(text, report->persons[0].id));
  const auto json = nlohmann::json::parse(to_json(*report));
  CHECK(json["audience"].size() == 150);
  CHECK(json["audience"][0]["person_id"] == report->persons[0].id);
  CHECK(json["expected"]["weeks"] == 8);
}

TEST_CASE("only past weeks that are scored as now is count, and only comparable scores become probabilities") {
  std::vector<ShopEvent> events;
  for (std::uint32_t p = 0; p < kPersons; ++p) {
    for (int week = 0; week < 20; ++week) events.push_back({p, 7.0 * week + 0.5, EventType::purchase, 2, 30, 0});
  }
  LoadedData data;
  data.log = shop(events, kPersons);
  const auto asked = [&](int comparable_weeks, bool now_comparable) {
    int week = 0;
    const DemandScorer scorer = [&](const DemandSentence&, const DemandItems&,
                                    UnixSeconds cut) -> Result<DemandScores> {
      const bool comparable = cut == kShopNow ? now_comparable : week++ < comparable_weeks;
      return DemandScores{std::vector<double>(kPersons, 0.0), comparable};
    };
    auto report = find_audience(data, "top 150 customers who will buy wine within 14 days", scorer, settings());
    REQUIRE_MESSAGE(report.ok(), report.error().message);
    return *std::move(report);
  };
  CHECK(asked(3, true).expected->weeks == 3);
  CHECK(asked(3, true).persons[0].probability);
  CHECK(asked(3, false).expected->weeks == 5);
  CHECK_FALSE(asked(3, false).persons[0].probability);
  CHECK_FALSE(asked(0, true).expected);
  CHECK_FALSE(asked(0, true).persons[0].probability);
}
