#include "client/commands/score_command.h"

#include <fmt/format.h>

#include "client/commands/served_service.h"
#include "client/scoring/explanation.h"
#include "common/base/time_format.h"

namespace bauta::client {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kExplainedEvents = 10;
constexpr double kNoticeableError = 0.01;  // of probabilities, in the mean

Json optional_number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

std::string shown(const std::optional<double>& value, std::string_view format = "{:.3f}") {
  return value ? fmt::format(fmt::runtime(format), *value) : std::string("not measurable");
}

std::string_view column_of(ScoreTask task) {
  switch (task) {
    case ScoreTask::churn: return "churn_probability";
    case ScoreTask::propensity: return "probability";
    case ScoreTask::value: return "expected_amount";
  }
  return "probability";
}

std::string question_text(const TaskSettings& task, ScoreTask asked) {
  const std::string horizon = fmt::format("{:g} days", static_cast<double>(task.horizon) / 86400);
  switch (asked) {
    case ScoreTask::churn: return "no event at all within " + horizon;
    case ScoreTask::propensity: return fmt::format("{} within {}", to_string(task.target), horizon);
    case ScoreTask::value: return "sum of positive amounts within " + horizon;
  }
  return horizon;
}

std::string quality_text(ScoreTask task, const ScoreQuality& quality, bool calibrated_before) {
  if (quality.samples == 0 && calibrated_before && task == ScoreTask::propensity)
    return "no labels in the data now: calibrated when the model was chosen, not measured again\n";
  if (quality.samples == 0) return "no labels of your own yet: not calibrated, trust the order and not the numbers\n";
  if (task == ScoreTask::value) {
    return fmt::format(
        "on {} held-out test samples: normalised Gini {}, sum predicted / sum spent - 1 = {}, mean error of ten groups "
        "{} of what was spent\n",
        quality.samples, shown(quality.gini), shown(quality.total_error, "{:+.3f}"), shown(quality.relative_error));
  }
  const bool worse = quality.calibration_error && quality.uncalibrated_error &&
                     *quality.calibration_error > *quality.uncalibrated_error + kNoticeableError;
  return fmt::format(
      "on {} held-out test samples: calibration error {} ({} before calibration), AUC {}, base rate {}\n{}",
      quality.samples, shown(quality.calibration_error), shown(quality.uncalibrated_error), shown(quality.auc),
      shown(quality.base_rate),
      worse ? "calibration made it worse: your test time is unlike the one it was fitted on; trust the "
              "order and not the numbers\n"
            : "");
}

Json about(const ServedService& service, const ScoreOptions& options, UnixSeconds now, const ScoreQuality& quality) {
  Json json{{"task", to_string(options.task)}, {"at", format_time(now)}, {"model", service.model()}};
  json["test_samples"] = quality.samples;
  if (options.task == ScoreTask::value) {
    json["gini"] = optional_number(quality.gini);
    json["total_error"] = optional_number(quality.total_error);
    json["relative_error"] = optional_number(quality.relative_error);
  } else {
    json["calibration_error"] = optional_number(quality.calibration_error);
    json["calibration_error_before"] = optional_number(quality.uncalibrated_error);
    json["auc"] = optional_number(quality.auc);
    json["base_rate"] = optional_number(quality.base_rate);
  }
  return json;
}

Status write_scores(const ServedService& service, const ScoreOptions& options, const PersonScores& scores,
                    const Json& head, const ByteSink& write) {
  PersonTable table(options.format, {"person_id", column_of(options.task)}, write);
  BAUTA_RETURN_IF_ERROR(table.begin(head, "persons"));
  for (const PersonScore& one : scores.persons)
    BAUTA_RETURN_IF_ERROR(table.row({service.log().persons[one.person], one.score}));
  return table.end();
}

Status write_explanation(const ServedService& service, const ScoreOptions& options,
                         const std::vector<ExplainedEvent>& events, const Json& head, const ByteSink& write) {
  PersonTable table(options.format, {"occurred_at", "event_type", "item_id", "item_text", "weight", "share"}, write);
  BAUTA_RETURN_IF_ERROR(table.begin(head, "events"));
  for (const ExplainedEvent& one : events) {
    const bool item = one.event.item != kNoItem;
    const Item& what = item ? service.log().items[one.event.item] : Item();
    BAUTA_RETURN_IF_ERROR(
        table.row({format_time(one.event.occurred_at), to_string(one.event.type), item ? Json(what.id) : Json(),
                   item ? Json(text_of(what)) : Json(), one.weight, one.share}));
  }
  return table.end();
}

}  // namespace

Result<std::string> score_command(const ClientSettings& settings, const ScoreOptions& options, const Logger& log,
                                  const OnProgress& on_progress, const ByteSink& write) {
  if (!options.explain.empty() && options.task != ScoreTask::propensity) {
    return Error{ErrorCode::invalid_argument,
                 "churn and value are read from a history as a whole, without attention to single events: --explain "
                 "goes with --task propensity"};
  }
  BAUTA_TRY(const auto service, ServedService::open(settings, options.given, log, on_progress));
  ScoreQuestion question;
  question.task = options.task;
  question.calibration = service->calibration();
  BAUTA_TRY(question.now, service->now(options.at));
  if (!options.item.empty()) {
    BAUTA_TRY(question.item, service->item(options.item));
  }
  if (!options.explain.empty()) {
    BAUTA_TRY(question.only, service->person(options.explain));
  }
  BAUTA_TRY(const PersonScores scores, score_persons(service->predictor(), service->samples(), question));
  Json head = about(*service, options, question.now, scores.quality);
  std::string summary = fmt::format("{} at {}, model: {}\n", question_text(settings.task, options.task),
                                    format_time(question.now), service->model());
  summary += quality_text(options.task, scores.quality, question.calibration.has_value());
  if (!question.only) {
    BAUTA_RETURN_IF_ERROR(write_scores(*service, options, scores, head, write));
    return summary + fmt::format("{} persons\n", scores.persons.size());
  }
  BAUTA_TRY(const auto events,
            explain(service->predictor(), *question.only, question.now, question.item, std::nullopt, kExplainedEvents));
  head["person_id"] = options.explain;
  head["probability"] = scores.persons.front().score;
  BAUTA_RETURN_IF_ERROR(write_explanation(*service, options, events, head, write));
  summary += fmt::format("{}: probability {:.3f}; the events with the most attention, of those the model reads\n",
                         options.explain, scores.persons.front().score);
  if (nearly_even(events)) summary += "their attention is nearly even: none of these events stands out\n";
  return summary;
}

}  // namespace bauta::client
