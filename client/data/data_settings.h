// The tables [data] and [task] of the client configuration, and the small service files that hold nothing else.
#pragma once

#include <filesystem>
#include <string>

#include "client/data/load_event_log.h"
#include "client/data/samples.h"
#include "client/data/source.h"
#include "common/base/config_reader.h"
#include "common/base/result.h"

namespace bauta::client {

struct DataSettings {
  SourceSettings source;
  LoadSettings load;
};

/// [data]: kind = "csv" with events, items, persons, or kind = "sqlite" with database, events_sql, items_sql,
/// persons_sql; max_bad_share, consent_column, consent_values, memory_megabytes, scratch, and [data.type_map]
/// "own name" = "event type". Relative paths are taken from `folder`, or from the configuration file's folder where it
/// is empty (scratch always from there). Problems are left for reader.finish().
DataSettings read_data_settings(ConfigTable data, const std::filesystem::path& folder = {});

/// [task]: kind = "propensity" with target, horizon_days, cut, training_cuts, stride_days, or
/// kind = "conversion" with offer, target, horizon_days, cut. Problems are left for reader.finish().
TaskSettings read_task_settings(ConfigTable task);

/// One service of a demo or a simulation: a file of name, [data] and [task].
struct ServiceSettings {
  std::string name;
  DataSettings data;
  TaskSettings task;
};
Result<ServiceSettings> read_service_file(const std::filesystem::path& file, const std::filesystem::path& data_folder);

}  // namespace bauta::client
