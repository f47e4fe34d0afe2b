// `bauta-client recommend`: the service's own items that each person is likeliest to meet next.
#pragma once

#include <string>

#include "client/agent/client_settings.h"
#include "client/commands/person_table.h"
#include "client/commands/served_service.h"
#include "common/base/log.h"
#include "common/base/progress_bar.h"

namespace bauta::client {

struct RecommendOptions {
  std::size_t top = 10;
  bool new_only = false;  ///< leaves out what a person has bought (the task's target) before
  std::string at;         ///< empty: after the last event
  std::string explain;    ///< a person's id: only this one, with the events behind each item
  TableFormat format = TableFormat::csv;
  GivenModel given;
};

/// Writes person_id, rank, item_id, item_text and score; with `explain` rank, item_id, item_text, occurred_at,
/// event_type, event_item_id, event_item_text, weight and share. Returns popularity and coverage in words.
Result<std::string> recommend_command(const ClientSettings& settings, const RecommendOptions& options,
                                      const Logger& log, const OnProgress& on_progress, const ByteSink& write);

}  // namespace bauta::client
