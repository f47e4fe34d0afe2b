#include "client/data/source.h"

#include "client/data/csv_source.h"
#include "client/data/sqlite_source.h"

namespace bauta::client {

std::string_view to_string(Table table) {
  switch (table) {
    case Table::persons: return "persons";
    case Table::items: return "items";
    case Table::events: return "events";
  }
  return "events";
}

Result<std::unique_ptr<EventSource>> open_source(const SourceSettings& settings) {
  if (settings.kind == SourceSettings::Kind::sqlite) {
    return SqliteSource::open(settings.database, settings.events_sql, settings.items_sql, settings.persons_sql);
  }
  return std::unique_ptr<EventSource>(std::make_unique<CsvSource>(settings.events, settings.items, settings.persons));
}

}  // namespace bauta::client
