// `bauta-client score`: a calibrated probability or an expected amount for each person.
#pragma once

#include <string>

#include "client/agent/client_settings.h"
#include "client/commands/person_table.h"
#include "client/commands/served_service.h"
#include "client/scoring/person_scores.h"
#include "common/base/log.h"
#include "common/base/progress_bar.h"

namespace bauta::client {

struct ScoreOptions {
  ScoreTask task = ScoreTask::propensity;
  std::string at;       ///< empty: after the last event
  std::string item;     ///< id of the offered item, for services that train on offers
  std::string explain;  ///< a person's id: writes the events that carried the attention instead
  TableFormat format = TableFormat::csv;
  GivenModel given;
};

/// Writes person_id and probability, churn_probability or expected_amount, highest first; with `explain` occurred_at,
/// event_type, item_id, item_text, weight and share. Returns what a person wants to know of it, calibration error on
/// the test samples included. Errors: those of ServedService, score_persons() and `write`.
Result<std::string> score_command(const ClientSettings& settings, const ScoreOptions& options, const Logger& log,
                                  const OnProgress& on_progress, const ByteSink& write);

}  // namespace bauta::client
