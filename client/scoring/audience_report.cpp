#include "client/scoring/audience_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/time_format.h"

namespace bauta::client {
namespace {

using Json = nlohmann::ordered_json;

std::string_view to_string(DemandItems::By by) {
  switch (by) {
    case DemandItems::By::category: return "category";
    case DemandItems::By::text: return "text";
    case DemandItems::By::nothing: break;
  }
  return "nothing";
}

std::string items_line(const DemandItems::Alternative& alternative) {
  constexpr std::size_t kShown = 3;
  std::string line =
      fmt::format("items for \"{}\": {} by {}", alternative.words, alternative.items, to_string(alternative.by));
  const auto& paths = alternative.categories;
  for (std::size_t i = 0; i < std::min(kShown, paths.size()); ++i) line += (i == 0 ? ": " : "; ") + paths[i];
  if (paths.size() > kShown) line += fmt::format("; and {} more categories", paths.size() - kShown);
  return line;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string expected_line(const AudienceReport& report) {
  if (!report.expected) return "expected precision: unknown, no past week could be asked";
  const ExpectedPrecision& expected = *report.expected;
  const double lift = expected.base_rate > 0 ? expected.value / expected.base_rate : 0;
  return fmt::format(
      "expected precision: {} [{}, {}], from {} past weeks; of all who pass the filters: {} (lift {:.2f})",
      percent(expected.value), percent(expected.interval.low), percent(expected.interval.high), expected.weeks,
      percent(expected.base_rate), lift);
}

Json persons_json(const std::vector<AudiencePerson>& persons) {
  Json list = Json::array();
  for (std::size_t i = 0; i < persons.size(); ++i) {
    Json person{{"rank", i + 1}, {"person_id", persons[i].id}, {"score", persons[i].score}, {"probability", nullptr}};
    if (persons[i].probability) person["probability"] = *persons[i].probability;
    list.push_back(std::move(person));
  }
  return list;
}

Json items_json(const DemandItems& items) {
  Json list = Json::array();
  for (const auto& alternative : items.alternatives) {
    list.push_back(Json{{"words", alternative.words},
                        {"matched_by", to_string(alternative.by)},
                        {"items", alternative.items},
                        {"categories", alternative.categories}});
  }
  return list;
}

Json expected_json(const ExpectedPrecision& expected) {
  return Json{{"precision", expected.value},     {"low", expected.interval.low}, {"high", expected.interval.high},
              {"base_rate", expected.base_rate}, {"persons", expected.persons},  {"weeks", expected.weeks}};
}

}  // namespace

std::string to_text(const AudienceReport& report) {
  std::string text = fmt::format("understood as: {}\n", canonical_sentence(report.sentence));
  const auto line = [&](const std::string& what) { text += what + "\n"; };
  for (const std::string& filter : parsed_filters(report.sentence)) line("  " + filter);
  for (const auto& alternative : report.items.alternatives) line("  " + items_line(alternative));
  line(fmt::format("{:>9} consenting persons with events ({} persons without consent are not among them)", report.known,
                   report.without_consent));
  for (const AudienceStep& step : report.steps)
    line(fmt::format("{:>9} -> {} remain: {}", fmt::format("-{}", step.left_out), step.remaining, step.reason));
  line(fmt::format("audience: {} persons, the best {} of those who pass the filters", report.persons.size(),
                   percent(report.share)));
  if (report.hold_out > 0)
    line(fmt::format("hold-out: {} persons as likely are not addressed; compare with them", report.controls.size()));
  else
    line("hold-out: none, so the effect of addressing them cannot be measured");
  line(expected_line(report));
  return text;
}

std::string to_json(const AudienceReport& report) {
  Json out;
  out["sentence"] = canonical_sentence(report.sentence);
  out["parsed_filters"] = parsed_filters(report.sentence);
  out["not_understood"] = report.sentence.not_understood;
  out["items"] = items_json(report.items);
  out["now"] = format_time(report.now);
  out["persons_known"] = report.known;
  out["persons_without_consent"] = report.without_consent;
  out["steps"] = Json::array();
  for (const AudienceStep& step : report.steps)
    out["steps"].push_back(Json{{"reason", step.reason}, {"left_out", step.left_out}, {"remaining", step.remaining}});
  out["share"] = report.share;
  out["hold_out"] = report.hold_out;
  out["expected"] = report.expected ? expected_json(*report.expected) : Json(nullptr);
  out["audience"] = persons_json(report.persons);
  out["controls"] = persons_json(report.controls);
  return out.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bauta::client
