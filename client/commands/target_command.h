// `bauta-client target`: from a marketer's sentence to whom to address.
#pragma once

#include <cstdint>
#include <string>

#include "client/agent/client_settings.h"
#include "client/commands/person_table.h"
#include "client/commands/served_service.h"
#include "common/base/log.h"
#include "common/base/progress_bar.h"

namespace bauta::client {

struct TargetOptions {
  std::string sentence;
  std::uint64_t size = 0;  ///< 0: what the sentence says, else a tenth
  std::string at;          ///< empty: after the last event
  std::string out;         ///< where the table goes, to tell it from the controls; empty: standard output
  std::string config;      ///< the configuration file, which is not written over
  std::string controls;    ///< CSV file of the persons held out; empty: none is written
  TableFormat format = TableFormat::csv;
  GivenModel given;
};

/// Writes rank, person_id, probability and score of the audience, or with JSON all of to_json() (audience_report.h).
/// Returns the report in words: what was understood, whom every step left out, expected precision. refused_by_policy
/// with the reason where the audience is smaller than [contact] least; nothing is written then.
Result<std::string> target_command(const ClientSettings& settings, const TargetOptions& options, const Logger& log,
                                   const OnProgress& on_progress, const ByteSink& write);

}  // namespace bauta::client
