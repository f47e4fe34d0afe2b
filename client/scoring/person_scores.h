// Probabilities and amounts of persons, calibrated on a service's validation samples and checked on its test samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "client/data/samples.h"
#include "client/scoring/calibration.h"
#include "client/scoring/predictor.h"
#include "common/base/result.h"

namespace bauta::client {

enum class ScoreTask : std::uint8_t {
  churn,       ///< probability that the person has no event at all within the task's horizon
  propensity,  ///< probability of the task's own label
  value,       ///< expected sum of positive amounts within the horizon
};
std::string_view to_string(ScoreTask task);

struct ScoreQuestion {
  ScoreTask task = ScoreTask::propensity;
  UnixSeconds now = 0;
  std::uint32_t item = kNoItem;  ///< propensity of a conversion service: what is offered
  /// Of the propensity, where one was fitted before; else, and for churn, it is fitted on the validation samples.
  std::optional<Calibration> calibration;
  std::optional<std::uint32_t> only;  ///< one person, an index into EventLog::persons
};

/// On the test samples, which trained and calibrated nothing.
struct ScoreQuality {
  std::size_t samples = 0;
  std::optional<double> auc;                 ///< of probabilities
  std::optional<double> calibration_error;   ///< of probabilities: expected calibration error, 20 bins
  std::optional<double> uncalibrated_error;  ///< the same before calibration
  std::optional<double> base_rate;           ///< of probabilities
  std::optional<double> gini;                ///< of amounts: normalised
  std::optional<double> total_error;         ///< of amounts: predicted over actual sum, minus 1
  std::optional<double> relative_error;      ///< of amounts, in ten groups: ValueCalibration
};

struct PersonScore {
  std::uint32_t person = 0;
  double score = 0;  ///< probability, or amount in the service's currency
};

struct PersonScores {
  std::vector<PersonScore> persons;  ///< highest first, equal ones in the order of the log
  ScoreQuality quality;
};

/// Of everybody with an event before `now`. Churn and value are calibrated and tested as they are asked, of persons and
/// not of offers. An amount is multiplied with one factor, so that the sum over the
/// validation samples is right (where it is above 0), and never above the largest one seen in training and validation
/// samples. invalid_argument for what this service's task cannot answer, not_found where nobody is known yet.
Result<PersonScores> score_persons(Predictor& predictor, const SampleSets& samples, const ScoreQuestion& question);

}  // namespace bauta::client
