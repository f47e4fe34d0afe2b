#include "client/scoring/person_scores.h"

#include <algorithm>
#include <limits>

#include "client/training/held_out.h"
#include "common/base/time_format.h"
#include "common/evaluation/metrics.h"
#include "common/evaluation/value_metrics.h"

namespace bauta::client {
namespace {

using Labels = std::vector<bool>;

constexpr const char* kCalibrating = "calibrating";
constexpr const char* kTesting = "testing";
constexpr const char* kScoring = "scoring";

std::vector<Scored> scored_of(const std::vector<double>& logits, const Labels& labels) {
  std::vector<Scored> scored;
  for (std::size_t i = 0; i < logits.size(); ++i) scored.push_back({logits[i], labels[i]});
  return scored;
}

ScoreQuality quality_of(const std::vector<Scored>& calibrated) {
  ScoreQuality quality;
  quality.samples = calibrated.size();
  quality.auc = auc(calibrated);
  quality.calibration_error = calibration_error(calibrated);
  const auto positives =
      std::count_if(calibrated.begin(), calibrated.end(), [](const Scored& one) { return one.label; });
  if (!calibrated.empty()) quality.base_rate = static_cast<double>(positives) / static_cast<double>(calibrated.size());
  return quality;
}

/// What is asked about a person knows of no offer.
std::vector<Sample> without_offers(std::vector<Sample> samples) {
  for (Sample& sample : samples) sample.item = kNoItem;
  const auto same = [](const Sample& a, const Sample& b) { return a.person == b.person && a.cut == b.cut; };
  samples.erase(std::unique(samples.begin(), samples.end(), same), samples.end());
  return samples;
}

Status check(const Predictor& predictor, const ScoreQuestion& question) {
  const TaskSettings& task = predictor.task();
  const auto refuse = [](std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; };
  if (question.task != ScoreTask::propensity && task.horizon <= 0)
    return refuse("[task] horizon_days is 0: churn and value need a time to look ahead");
  if (question.task != ScoreTask::propensity) return {};
  if (task.kind == TaskKind::conversion && question.item == kNoItem)
    return refuse("this service's task asks whether an offered item is taken up: name the item with --item");
  if (task.kind == TaskKind::propensity && question.item != kNoItem)
    return refuse("this service's task asks for no item: leave --item out");
  return {};
}

Result<PersonScores> probabilities(Predictor& predictor, const SampleSets& samples, const ScoreQuestion& question,
                                   const std::vector<Sample>& asked) {
  const bool churn = question.task == ScoreTask::churn;
  const auto raw = [&](const std::vector<Sample>& of, const char* what) {
    return churn ? predictor.churn(of, what) : predictor.conversion(of, what);
  };
  const auto labelled = [&](const std::vector<Sample>& of, const char* what) -> Result<std::vector<Scored>> {
    BAUTA_TRY(const std::vector<double> logits, raw(of, what));
    Labels labels;
    for (const Sample& sample : of) labels.push_back(churn ? predictor.churned_after(sample) : sample.label);
    return scored_of(logits, labels);
  };
  Calibration calibration;
  if (question.calibration && !churn) {
    calibration = *question.calibration;
  } else {
    BAUTA_TRY(const std::vector<Scored> validation, labelled(samples.validation, kCalibrating));
    calibration =
        churn ? Calibration::fit(validation) : Calibration::proven(validation, persons_of(samples.validation));
  }
  BAUTA_TRY(std::vector<Scored> test, labelled(samples.test, kTesting));
  const auto uncalibrated_error = calibration_error(test);
  for (Scored& one : test) one.logit = calibration.logit(one.logit);
  PersonScores scores;
  scores.quality = quality_of(test);
  scores.quality.uncalibrated_error = uncalibrated_error;
  BAUTA_TRY(const std::vector<double> logits, raw(asked, kScoring));
  for (std::size_t i = 0; i < asked.size(); ++i)
    scores.persons.push_back({asked[i].person, calibration.probability(logits[i])});
  return scores;
}

Result<PersonScores> amounts(Predictor& predictor, const SampleSets& samples, const std::vector<Sample>& asked) {
  if (!(predictor.trainer().features().value_unit() > 0))
    return Error{ErrorCode::invalid_argument, "no event of this service has an amount above 0, so it has no value"};
  // The tail of a log-normal promises sums that nobody ever spent.
  const bool known = !samples.training.empty();
  double largest = known ? 0 : std::numeric_limits<double>::max();
  for (const auto* set : {&samples.training, &samples.validation})
    for (const Sample& sample : *set) largest = std::max(largest, predictor.value_after(sample));
  const auto paired = [&](const std::vector<Sample>& of, const char* what) -> Result<std::vector<Valued>> {
    BAUTA_TRY(const std::vector<double> predicted, predictor.value(of, what));
    std::vector<Valued> valued;
    for (std::size_t i = 0; i < of.size(); ++i)
      valued.push_back({std::min(predicted[i], largest), predictor.value_after(of[i])});
    return valued;
  };
  BAUTA_TRY(const std::vector<Valued> validation, paired(samples.validation, kCalibrating));
  double predicted = 0;
  double actual = 0;
  for (const Valued& one : validation) {
    predicted += one.predicted;
    actual += one.actual;
  }
  const double factor = predicted > 0 && actual > 0 ? actual / predicted : 1;
  const auto calibrated = [&](double amount) { return std::min(largest, factor * amount); };
  BAUTA_TRY(std::vector<Valued> test, paired(samples.test, kTesting));
  for (Valued& one : test) one.predicted = calibrated(one.predicted);
  PersonScores scores;
  scores.quality.samples = test.size();
  scores.quality.gini = normalised_gini(test);
  if (const auto error = value_calibration(test)) {
    scores.quality.total_error = error->total_error;
    scores.quality.relative_error = error->relative_error;
  }
  BAUTA_TRY(const std::vector<double> raw, predictor.value(asked, kScoring));
  for (std::size_t i = 0; i < asked.size(); ++i)
    scores.persons.push_back({asked[i].person, calibrated(std::min(raw[i], largest))});
  return scores;
}

}  // namespace

std::string_view to_string(ScoreTask task) {
  switch (task) {
    case ScoreTask::churn: return "churn";
    case ScoreTask::propensity: return "propensity";
    case ScoreTask::value: return "value";
  }
  return "propensity";
}

Result<PersonScores> score_persons(Predictor& predictor, const SampleSets& samples, const ScoreQuestion& question) {
  BAUTA_RETURN_IF_ERROR(check(predictor, question));
  const bool offers = question.task == ScoreTask::propensity && predictor.task().kind == TaskKind::conversion;
  BAUTA_TRY(const std::vector<Sample> asked,
            predictor.asked_at(question.now, offers ? question.item : kNoItem, question.only));
  SampleSets own = samples;
  if (question.task != ScoreTask::propensity) {
    own.validation = without_offers(std::move(own.validation));
    own.test = without_offers(std::move(own.test));
  }
  auto scores = question.task == ScoreTask::value ? amounts(predictor, own, asked)
                                                  : probabilities(predictor, own, question, asked);
  if (scores.ok()) {
    std::stable_sort(scores->persons.begin(), scores->persons.end(),
                     [](const PersonScore& a, const PersonScore& b) { return a.score > b.score; });
  }
  return scores;
}

}  // namespace bauta::client
