// From what a marketer asks for and how likely each person is to do it, to whom to address. Nothing leaves the service.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/load_event_log.h"
#include "client/scoring/calibration_map.h"
#include "client/scoring/demand_label.h"
#include "client/scoring/demand_sentence.h"
#include "common/base/result.h"
#include "common/evaluation/bootstrap.h"

namespace bauta::client {

/// How often a person may be contacted. A contact is a mail_sent, a coupon_sent, or an impression in one of
/// `mail_channels` (compared without letter case).
struct ContactLimit {
  std::optional<std::uint32_t> most;  ///< whoever had this many in the last `days` is left out; absent: no limit
  int days = 7;
  std::vector<std::string> mail_channels = {"mail", "email", "e-mail", "newsletter"};
};

struct AudienceSettings {
  UnixSeconds now = 0;      ///< history strictly before it is used, and nothing else
  std::size_t least = 100;  ///< a smaller audience is refused; at least 1
  /// Where the sentence names no number. Of this default, not of what the sentence says, at least `least` are taken.
  AudienceLimit limit{.persons = std::nullopt, .percent = 10.0};
  ContactLimit contacts;
  /// The share of persons who are never addressed, so that the effect on the others can be measured; in [0, 0.9].
  double hold_out = 0;
  /// Chooses who: the same key, the same persons. Needed with a hold-out; keep it, and take another for a campaign
  /// whose hold-out shall be another.
  std::string hold_out_key;
  std::uint32_t past_weeks = 8;  ///< how many past weeks find_audience() looks back to
};

/// The same sentence asked in the past: the scores and what came of them, of the persons who passed its filters then.
struct PastWeek {
  UnixSeconds cut = 0;
  std::vector<double> scores;
  std::vector<bool> labels;  ///< parallel to `scores`
  bool comparable = false;   ///< DemandScores::comparable
};

/// What the audience will do if the coming weeks are like the past ones.
struct ExpectedPrecision {
  double value = 0;  ///< share of the addressed who will do it
  /// 95 %, Wilson. It foretells the addressed, whose own number scatters too; a change of season it does not foresee.
  Interval interval;
  double base_rate = 0;  ///< the same share among all who passed the filters
  double persons = 0;    ///< how many, in all weeks, it is estimated from (fractional because of the same share)
  std::size_t weeks = 0;
};

/// Precision in the past weeks among the same `share` of the persons with the highest scores, as a forecast for
/// `addressed` persons. Weeks whose windows of `horizon_days` overlap tell the same thing twice: they count as many
/// times as windows fit side by side between the first cut and the last window's end. The interval is Wilson's for
/// 1 / (1/seen + 1/addressed) trials, seen being the mean size of a week times that number. Empty without weeks or
/// without anybody addressed.
std::optional<ExpectedPrecision> expected_precision(std::span<const PastWeek> weeks, double share, int horizon_days,
                                                    std::size_t addressed);

struct AudiencePerson {
  std::string id;
  double score = 0;
  std::optional<double> probability;  ///< absent without a calibration
};

struct AudienceStep {
  std::string reason;
  std::size_t left_out = 0;
  std::size_t remaining = 0;
};

struct AudienceReport {
  DemandSentence sentence;
  DemandItems items;
  UnixSeconds now = 0;
  std::uint64_t without_consent = 0;  ///< persons of the source that are not even in the log
  std::size_t known = 0;              ///< consenting persons with an event, where the steps begin
  std::vector<AudienceStep> steps;
  std::vector<AudiencePerson> persons;  ///< the audience, likeliest first; equal scores in an order drawn by their ids
  /// Held out although their score would have put them among the audience: compare the audience's outcome with theirs.
  std::vector<AudiencePerson> controls;
  double hold_out = 0;
  double share = 0;  ///< of those who passed all filters, the part whose scores were high enough
  std::optional<ExpectedPrecision> expected;
};

/// `scores[p]` belongs to log.persons[p]; those of persons that a filter leaves out are not looked at.
/// `calibration` (may be null) turns scores into probabilities. refused_by_policy with the numbers of every step when
/// the audience is smaller than `settings.least`; not_found when no item has the sentence's or a condition's words or
/// no event its type; not_finite or invalid_argument for scores and settings that cannot be.
Result<AudienceReport> build_audience(const EventLog& log, const LoadReport& load, const DemandSentence& sentence,
                                      std::span<const double> scores, const CalibrationMap* calibration,
                                      std::span<const PastWeek> weeks, const AudienceSettings& settings);

using DemandScorer =
    std::function<Result<DemandScores>(const DemandSentence& sentence, const DemandItems& items, UnixSeconds cut)>;

/// Everything from the sentence to the audience: parses, asks the scorer for now and for past weeks whose label windows
/// have ended (by `now` and by the end of the data), and builds. Only weeks that are scored as now is, comparable or
/// not, foretell its precision; comparable ones give probabilities.
Result<AudienceReport> find_audience(const LoadedData& data, std::string_view sentence, const DemandScorer& scorer,
                                     const AudienceSettings& settings);
Result<AudienceReport> find_audience(const LoadedData& data, const DemandSentence& sentence, const DemandScorer& scorer,
                                     const AudienceSettings& settings);

}  // namespace bauta::client
