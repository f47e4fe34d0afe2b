// Reads a source into an event log. Consent is applied here, on reading: a person whose consent is not one of the
// accepted values, or who is missing from the persons table, reaches no event, no item, no channel and no label.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/event_store.h"
#include "client/data/source.h"
#include "common/base/result.h"

namespace bauta::client {

struct LoadSettings {
  std::string consent_column = "consent";
  std::vector<std::string> consent_values = {"1", "true", "yes"};  ///< compared byte for byte
  double max_bad_share = 0.01;                                     ///< of each table's rows, see TableReport
  std::map<std::string, EventType, std::less<>> type_map;          ///< the service's own names of event types
  EventStoreSettings store;
};

struct TableReport {
  std::uint64_t rows = 0;  ///< delivered by the source
  std::uint64_t kept = 0;
  std::uint64_t bad = 0;  ///< unusable; refused when bad / (bad + kept) exceeds max_bad_share

  bool operator==(const TableReport&) const = default;
};

struct BadRow {
  Table table = Table::events;
  std::string file;
  std::uint64_t line = 0;
  std::string reason;  ///< holds no person's id
};

/// For the partner's own eyes and log only: it counts what was dropped, refusing persons included, and never leaves.
struct LoadReport {
  TableReport persons, items, events;
  std::uint64_t persons_without_consent = 0;
  std::uint64_t persons_without_events = 0;      ///< consenting, but nothing is known of them
  std::uint64_t events_without_consent = 0;      ///< dropped unread: their person refused
  std::uint64_t events_of_unlisted_persons = 0;  ///< dropped unread: their person is missing from the persons table
  std::uint64_t items_not_needed = 0;            ///< item rows without a kept event
  std::uint64_t items_without_row = 0;  ///< items of kept events missing from the items table, kept without text
  std::map<std::string, std::uint64_t> bad_by_reason;  ///< "events: unknown event type" → rows
  std::vector<BadRow> examples;                        ///< the first kMaxExamples bad rows

  static constexpr std::size_t kMaxExamples = 20;
  /// Bad rows only: counts by reason, then the examples with file and line; empty when there are none.
  std::string problems() const;
  /// Everything above in one line for the log.
  std::string summary() const;
};

struct LoadedData {
  EventLog log;
  LoadReport report;
};

/// Columns read: persons {person_id, consent}, events {person_id, occurred_at, event_type, item_id, amount, channel},
/// items {item_id, title, category, brand}; all must exist, only amount, channel, item_id of an event and an item's
/// texts may be empty. Nothing is guessed or repaired: a row is kept as it stands or counted as bad. bad_data when a
/// table holds more bad rows than the settings allow or nobody who consents has an event; errors of EventStore.
/// Memory grows with persons, items and channels; events take no more than settings.store allows.
Result<LoadedData> load_event_log(EventSource& source, const LoadSettings& settings);

}  // namespace bauta::client
