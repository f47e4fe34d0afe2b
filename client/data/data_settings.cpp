#include "client/data/data_settings.h"

#include <fmt/format.h>

#include <cmath>

#include "client/data/timestamp.h"

namespace bauta::client {
namespace {

constexpr double kDay = 86400;
constexpr double kMaxDays = 3660;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::int64_t kMaxMegabytes = 1 << 20;

std::filesystem::path read_path(ConfigTable& table, std::string_view key, const std::filesystem::path& folder) {
  if (folder.empty()) return table.path(key, kRequired);
  return folder / table.text(key, kRequired);
}

EventStoreSettings read_store(ConfigTable& data) {
  EventStoreSettings store;
  store.scratch = data.path("scratch", std::filesystem::path());
  store.memory_bytes = static_cast<std::uint64_t>(data.integer("memory_megabytes", {1, kMaxMegabytes},
                                                               static_cast<std::int64_t>(store.memory_bytes >> 20)))
                       << 20;
  return store;
}

std::optional<EventType> event_type(ConfigTable& table, std::string_view key, std::string_view name) {
  const auto type = event_type_from(name);
  if (!type) table.problem(key, fmt::format("'{}' is no event type", name));
  return type;
}

std::int64_t seconds_of_days(ConfigTable& table, std::string_view key, double fallback_days) {
  return std::llround(table.number(key, {0, kMaxDays}, fallback_days) * kDay);
}

bool is_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.empty() && name.size() <= kMaxNameBytes && name.find_first_not_of(kAllowed) == std::string_view::npos &&
         name.front() != '.';
}

}  // namespace

DataSettings read_data_settings(ConfigTable data, const std::filesystem::path& folder) {
  DataSettings settings;
  SourceSettings& source = settings.source;
  if (data.choice("kind", {"csv", "sqlite"}, "csv") == "csv") {
    source.kind = SourceSettings::Kind::csv;
    source.events = read_path(data, "events", folder);
    source.items = read_path(data, "items", folder);
    source.persons = read_path(data, "persons", folder);
  } else {
    source.kind = SourceSettings::Kind::sqlite;
    source.database = read_path(data, "database", folder);
    source.events_sql = data.text("events_sql", kRequired);
    source.items_sql = data.text("items_sql", kRequired);
    source.persons_sql = data.text("persons_sql", kRequired);
  }
  LoadSettings& load = settings.load;
  load.max_bad_share = data.number("max_bad_share", {0, 1}, load.max_bad_share);
  load.consent_column = data.text("consent_column", load.consent_column);
  load.consent_values = data.texts("consent_values", load.consent_values);
  load.store = read_store(data);
  for (const std::string& value : load.consent_values) {
    if (value.empty()) data.problem("consent_values", "an empty value cannot mean consent");
  }
  ConfigTable type_map = data.table("type_map");
  for (const auto& [own, ours] : type_map.text_map()) {
    if (const auto type = event_type(type_map, own, ours)) load.type_map.emplace(own, *type);
  }
  return settings;
}

TaskSettings read_task_settings(ConfigTable task) {
  TaskSettings settings;
  const bool conversion = task.choice("kind", {"propensity", "conversion"}, kRequired) == "conversion";
  settings.kind = conversion ? TaskKind::conversion : TaskKind::propensity;
  if (const auto type = event_type(task, "target", task.text("target", kRequired))) settings.target = *type;
  settings.horizon = seconds_of_days(task, "horizon_days", static_cast<double>(settings.horizon) / kDay);
  if (conversion) {
    if (const auto type = event_type(task, "offer", task.text("offer", kRequired))) settings.offer = *type;
  } else {
    settings.training_cuts =
        static_cast<std::uint32_t>(task.integer("training_cuts", {1, 1000}, settings.training_cuts));
    settings.stride = seconds_of_days(task, "stride_days", static_cast<double>(settings.stride) / kDay);
    if (settings.horizon == 0) task.problem("horizon_days", "must be more than 0 for a propensity task");
    if (settings.stride == 0) task.problem("stride_days", "must be more than 0");
  }
  const std::string cut = task.text("cut", kRequired);
  if (const auto time = parse_timestamp(cut)) {
    settings.cut = *time;
  } else {
    task.problem("cut", fmt::format("'{}' is no time of the form YYYY-MM-DDTHH:MM:SSZ", cut));
  }
  return settings;
}

Result<ServiceSettings> read_service_file(const std::filesystem::path& file, const std::filesystem::path& data_folder) {
  BAUTA_TRY(ConfigReader reader, ConfigReader::from_file(file));
  ServiceSettings settings;
  ConfigTable root = reader.root();
  settings.name = root.text("name", kRequired);
  if (!is_name(settings.name)) root.problem("name", "must be 1 to 64 letters, digits, '_', '-' or '.'");
  settings.data = read_data_settings(root.table("data"), data_folder);
  settings.task = read_task_settings(root.table("task"));
  BAUTA_RETURN_IF_ERROR(reader.finish());
  return settings;
}

}  // namespace bauta::client
