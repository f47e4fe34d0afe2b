#include "client/scoring/audience.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "client/scoring/history_filter.h"
#include "common/base/bytes.h"
#include "common/base/counter_random.h"
#include "common/base/time_format.h"
#include "common/crypto/sha256.h"
#include "common/evaluation/metrics.h"
#include "common/evaluation/wilson.h"

namespace bauta::client {
namespace {

constexpr std::int64_t kDay = 86400;

Error refuse(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

Status check_settings(const AudienceSettings& settings) {
  if (!(settings.hold_out >= 0 && settings.hold_out <= 0.9))
    return refuse("the hold-out must be a share from 0 to 0.9");
  if (settings.hold_out > 0 && settings.hold_out_key.empty()) {
    return refuse("a hold-out needs a key that chooses its persons: set any text and keep it");
  }
  if (settings.least == 0) return refuse("the minimum size of an audience must be at least 1");
  if (settings.contacts.most && settings.contacts.days < 1)
    return refuse("contacts must be counted over at least 1 day");
  const auto percent = settings.limit.percent;
  if (percent && !(*percent > 0 && *percent <= 100))
    return refuse("the audience's share must lie above 0 and up to 100 %");
  if (settings.limit.persons && percent) return refuse("limit the audience by a number or by a share, not by both");
  return {};
}

Status check_scores(const EventLog& log, std::span<const double> scores) {
  if (scores.size() != log.persons.size()) {
    return refuse(fmt::format("{} scores for {} persons: give one each", scores.size(), log.persons.size()));
  }
  for (const double score : scores) {
    if (!std::isfinite(score)) return Error{ErrorCode::not_finite, "a score is not finite"};
  }
  return {};
}

/// A misspelt item, or an event that is not recorded here, must not silently become a demand that nobody has or a
/// condition without effect.
Status check_items(const DemandWords& words, const DemandItems& items) {
  for (const auto& alternative : items.alternatives) {
    if (alternative.items > 0) continue;
    return Error{
        ErrorCode::not_found,
        fmt::format("no item of this service has all the words '{}' in its title, category or brand: use words "
                    "that do{}",
                    alternative.words, words.alternatives.size() > 1 ? ", or drop this one" : "")};
  }
  return {};
}

Status check_type(const EventLog& log, EventType type) {
  std::set<std::string_view> seen;
  for (const Event& event : log.events) seen.insert(to_string(event.type));
  if (seen.contains(to_string(type))) return {};
  return Error{ErrorCode::not_found, fmt::format("this service has no event of type {}: ask for one of {}",
                                                 to_string(type), fmt::join(seen, ", "))};
}

Status check_sentence(const EventLog& log, const DemandSentence& sentence, const DemandItems& items,
                      const HistoryFilter& filter) {
  BAUTA_RETURN_IF_ERROR(check_type(log, sentence.type));
  BAUTA_RETURN_IF_ERROR(check_items(sentence.words, items));
  for (std::size_t i = 0; i < sentence.conditions.size(); ++i) {
    const HistoryCondition& condition = sentence.conditions[i];
    if (condition.type) BAUTA_RETURN_IF_ERROR(check_type(log, *condition.type));
    BAUTA_RETURN_IF_ERROR(check_items(condition.words, filter.items()[i]));
  }
  return {};
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

/// Counts a person's contacts.
class Contacts {
 public:
  Contacts(const EventLog& log, const ContactLimit& limit) : log_(&log), limit_(limit), mail_(log.channels.size()) {
    std::set<std::string> mail_channels;
    for (const std::string& name : limit.mail_channels) mail_channels.insert(lower(name));
    for (std::size_t i = 0; i < log.channels.size(); ++i) mail_[i] = mail_channels.contains(lower(log.channels[i]));
  }

  bool too_many(std::uint32_t person, UnixSeconds now) const {
    if (!limit_.most) return false;
    const auto history = log_->before(person, now);
    const auto contacts = std::count_if(history.begin(), history.end(), [&](const Event& e) {
      return e.occurred_at >= now - limit_.days * kDay && is_contact(e);
    });
    return contacts >= static_cast<std::int64_t>(*limit_.most);
  }

 private:
  bool is_contact(const Event& e) const {
    return e.type == EventType::mail_sent || e.type == EventType::coupon_sent ||
           (e.type == EventType::impression && mail_[e.channel]);
  }

  const EventLog* log_;
  ContactLimit limit_;
  std::vector<bool> mail_;
};

/// The same share of persons for a key, whoever else is in the service.
class HoldOut {
 public:
  HoldOut(double share, std::string_view key) : share_(share), key_(sha256(as_bytes(key))) {}
  bool holds(std::string_view person) const {
    if (share_ <= 0) return false;
    const Digest digest = sha256_concat({key_, as_bytes(person)});
    return static_cast<double>(read_u64(ByteView(digest).first(8)) >> 11) * 0x1p-53 < share_;
  }

 private:
  double share_;
  Digest key_;
};

/// Who passed, and how many each filter left out.
struct Passed {
  std::vector<std::uint32_t> persons;
  std::vector<AudienceStep> steps;
};

Passed apply_filters(const EventLog& log, const HistoryFilter& filter, const AudienceSettings& settings) {
  const auto& reasons = filter.reasons();
  std::vector<AudienceStep> steps;
  steps.push_back({fmt::format("no event before {}", format_time(settings.now)), 0, 0});
  for (const std::string& reason : reasons) steps.push_back({reason, 0, 0});
  if (settings.contacts.most) {
    steps.push_back({fmt::format("fatigue: contacted {} times or more in the last {} days", *settings.contacts.most,
                                 settings.contacts.days),
                     0, 0});
  }
  const Contacts contacts(log, settings.contacts);
  Passed passed;
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
    if (log.before(p, settings.now).empty()) {
      ++steps.front().left_out;
    } else if (const std::size_t refusal = filter.first_refusal(p, settings.now); refusal < reasons.size()) {
      ++steps[1 + refusal].left_out;
    } else if (contacts.too_many(p, settings.now)) {
      ++steps.back().left_out;
    } else {
      passed.persons.push_back(p);
    }
  }
  std::size_t remaining = log.persons.size();
  for (AudienceStep& step : steps) {
    remaining -= step.left_out;
    step.remaining = remaining;
  }
  passed.steps = std::move(steps);
  return passed;
}

/// Likeliest first. Equal scores in the order of a hash of the id, for the order of the ids themselves may tell age.
void rank(std::vector<std::uint32_t>& persons, const EventLog& log, std::span<const double> scores) {
  const auto key = [&](std::uint32_t p) { return std::tuple(-scores[p], mix64(fnv1a64(log.persons[p])), p); };
  std::sort(persons.begin(), persons.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
}

struct Selection {
  std::vector<std::uint32_t> addressed;
  std::vector<std::uint32_t> held_out;
  std::size_t walked = 0;
};

/// Walks down the ranking until the limit is reached. A number limits the addressed; a share is one of the ranking.
Selection select(const std::vector<std::uint32_t>& ranking, const EventLog& log, const DemandSentence& sentence,
                 const AudienceSettings& settings) {
  const bool asked = sentence.limit.persons || sentence.limit.percent;
  const AudienceLimit& limit = asked ? sentence.limit : settings.limit;
  const auto share = static_cast<std::size_t>(
      std::ceil(limit.percent.value_or(100) / 100 * static_cast<double>(ranking.size()) - 1e-9));
  const std::uint64_t most = limit.persons.value_or(ranking.size());
  const HoldOut hold_out(settings.hold_out, settings.hold_out_key);
  Selection selection;
  for (const std::uint32_t person : ranking) {
    const bool enough = selection.walked >= share || selection.addressed.size() >= most;
    if (enough && (asked || selection.addressed.size() >= settings.least)) break;
    ++selection.walked;
    (hold_out.holds(log.persons[person]) ? selection.held_out : selection.addressed).push_back(person);
  }
  return selection;
}

std::string limit_text(const DemandSentence& sentence, const AudienceSettings& settings) {
  const bool asked = sentence.limit.persons || sentence.limit.percent;
  const AudienceLimit& limit = asked ? sentence.limit : settings.limit;
  const std::string_view who = asked ? "asked for" : "by default";
  if (limit.persons) return fmt::format("below the best {}, {}", *limit.persons, who);
  if (limit.percent) return fmt::format("below the best {} %, {}", *limit.percent, who);
  return "";
}

Error too_small(const AudienceReport& report, std::size_t least) {
  std::string message = fmt::format("the audience would be {} persons, below the minimum of {}: {} known",
                                    report.persons.size(), least, report.known);
  for (const AudienceStep& step : report.steps) {
    if (step.left_out > 0) message += fmt::format("; minus {} ({})", step.left_out, step.reason);
  }
  message += fmt::format("; {} persons without consent were never considered. Ask for more persons or drop a condition",
                         report.without_consent);
  return Error{ErrorCode::refused_by_policy, std::move(message)};
}

}  // namespace

std::optional<ExpectedPrecision> expected_precision(std::span<const PastWeek> weeks, double share, int horizon_days,
                                                    std::size_t addressed) {
  ExpectedPrecision expected;
  UnixSeconds first = std::numeric_limits<UnixSeconds>::max();
  UnixSeconds last = std::numeric_limits<UnixSeconds>::min();
  double hits = 0;
  double positives = 0;
  double all = 0;
  for (const PastWeek& week : weeks) {
    BAUTA_CHECK(week.scores.size() == week.labels.size());
    std::vector<Scored> samples;
    for (std::size_t i = 0; i < week.scores.size(); ++i) samples.push_back({week.scores[i], week.labels[i]});
    const auto precision = precision_at(samples, share);
    if (!precision) continue;
    const double taken = share * static_cast<double>(samples.size());
    hits += *precision * taken;
    expected.persons += taken;
    all += static_cast<double>(samples.size());
    positives += static_cast<double>(std::count(week.labels.begin(), week.labels.end(), true));
    ++expected.weeks;
    first = std::min(first, week.cut);
    last = std::max(last, week.cut);
  }
  if (expected.weeks == 0 || addressed == 0) return std::nullopt;
  expected.value = hits / expected.persons;
  const auto count = static_cast<double>(expected.weeks);
  const double apart = 1 + static_cast<double>(last - first) / static_cast<double>(horizon_days * kDay);
  const double seen = expected.persons / count * std::min(count, apart);
  const double trials = 1 / (1 / seen + 1 / static_cast<double>(addressed));
  expected.interval = wilson_interval(expected.value * trials, trials);
  expected.base_rate = positives / all;
  return expected;
}

Result<AudienceReport> build_audience(const EventLog& log, const LoadReport& load, const DemandSentence& sentence,
                                      std::span<const double> scores, const CalibrationMap* calibration,
                                      std::span<const PastWeek> weeks, const AudienceSettings& settings) {
  BAUTA_RETURN_IF_ERROR(check_settings(settings));
  BAUTA_RETURN_IF_ERROR(check_scores(log, scores));
  AudienceReport report;
  report.sentence = sentence;
  report.items = match_items(log, sentence.words);
  report.now = settings.now;
  report.without_consent = load.persons_without_consent;
  report.known = log.persons.size();
  report.hold_out = settings.hold_out;
  const HistoryFilter filter(log, sentence);
  BAUTA_RETURN_IF_ERROR(check_sentence(log, sentence, report.items, filter));

  Passed passed = apply_filters(log, filter, settings);
  rank(passed.persons, log, scores);
  const Selection selection = select(passed.persons, log, sentence, settings);
  report.steps = std::move(passed.steps);
  const std::size_t below = passed.persons.size() - selection.walked;
  if (const std::string limit = limit_text(sentence, settings); !limit.empty())
    report.steps.push_back({limit, below, selection.walked});
  if (settings.hold_out > 0) {
    report.steps.push_back({fmt::format("held out: {} % of the persons are never addressed", 100 * settings.hold_out),
                            selection.held_out.size(), selection.addressed.size()});
  }
  const auto described = [&](std::uint32_t p) {
    AudiencePerson person{log.persons[p], scores[p], std::nullopt};
    if (calibration != nullptr) person.probability = (*calibration)(scores[p]);
    return person;
  };
  for (const std::uint32_t p : selection.addressed) report.persons.push_back(described(p));
  for (const std::uint32_t p : selection.held_out) report.controls.push_back(described(p));
  if (report.persons.size() < settings.least) return too_small(report, settings.least);
  report.share = static_cast<double>(selection.walked) / static_cast<double>(passed.persons.size());
  report.expected = expected_precision(weeks, report.share, sentence.horizon_days, report.persons.size());
  return report;
}

namespace {

/// Asks the same sentence a week earlier, and a week earlier still, of those who would have passed its filters then.
Result<std::vector<PastWeek>> ask_the_past(const EventLog& log, const DemandSentence& sentence,
                                           const DemandItems& items, const DemandScorer& scorer,
                                           const AudienceSettings& settings) {
  std::vector<PastWeek> weeks;
  if (log.events.empty()) return weeks;
  const auto earlier = [](const Event& a, const Event& b) { return a.occurred_at < b.occurred_at; };
  const auto ends = std::minmax_element(log.events.begin(), log.events.end(), earlier);
  const UnixSeconds first = ends.first->occurred_at;
  // One second before now: what happens at now itself is not known yet.
  const UnixSeconds last = std::min(settings.now - 1, ends.second->occurred_at);
  const HistoryFilter filter(log, sentence);
  for (std::uint32_t back = 0; back < settings.past_weeks; ++back) {
    PastWeek week;
    week.cut = last - sentence.horizon_days * kDay - std::int64_t{back} * 7 * kDay;
    if (week.cut <= first) break;
    BAUTA_TRY(const DemandScores scores, scorer(sentence, items, week.cut));
    BAUTA_RETURN_IF_ERROR(check_scores(log, scores.of_person));
    week.comparable = scores.comparable;
    BAUTA_TRY(const std::vector<Sample> samples, demand_samples(log, sentence, items, week.cut));
    for (const Sample& sample : samples) {
      if (!filter.passes(sample.person, week.cut)) continue;
      week.scores.push_back(scores.of_person[sample.person]);
      week.labels.push_back(sample.label);
    }
    if (!week.scores.empty()) weeks.push_back(std::move(week));
  }
  return weeks;
}

std::optional<CalibrationMap> calibrated_on(std::span<const PastWeek> weeks) {
  std::vector<Scored> samples;
  for (const PastWeek& week : weeks) {
    for (std::size_t i = 0; i < week.scores.size(); ++i) samples.push_back({week.scores[i], week.labels[i]});
  }
  return CalibrationMap::fit(samples);
}

}  // namespace

Result<AudienceReport> find_audience(const LoadedData& data, std::string_view text, const DemandScorer& scorer,
                                     const AudienceSettings& settings) {
  BAUTA_TRY(const DemandSentence sentence, parse_demand_sentence(text));
  return find_audience(data, sentence, scorer, settings);
}

Result<AudienceReport> find_audience(const LoadedData& data, const DemandSentence& sentence, const DemandScorer& scorer,
                                     const AudienceSettings& settings) {
  const DemandItems items = match_items(data.log, sentence.words);
  BAUTA_RETURN_IF_ERROR(check_settings(settings));
  BAUTA_RETURN_IF_ERROR(check_sentence(data.log, sentence, items, HistoryFilter(data.log, sentence)));
  BAUTA_TRY(std::vector<PastWeek> weeks, ask_the_past(data.log, sentence, items, scorer, settings));
  BAUTA_TRY(const DemandScores scores, scorer(sentence, items, settings.now));
  std::erase_if(weeks, [&](const PastWeek& week) { return week.comparable != scores.comparable; });
  const auto calibration = scores.comparable ? calibrated_on(weeks) : std::nullopt;
  return build_audience(data.log, data.report, sentence, scores.of_person, calibration ? &*calibration : nullptr, weeks,
                        settings);
}

}  // namespace bauta::client
