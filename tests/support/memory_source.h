// An event source of rows written in the test itself.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "client/data/source.h"

namespace bauta::testing {

/// Rows are in the loader's order of columns: persons {person_id, consent}, items {item_id, title, category, brand},
/// events {person_id, occurred_at, event_type, item_id, amount, channel}.
class MemorySource final : public client::EventSource {
 public:
  using Row = std::vector<std::string>;
  std::vector<Row> persons, items, events;

  Status read(client::Table table, std::span<const std::string_view>, const client::RowVisitor& visit) override {
    const std::vector<Row>& rows = table == client::Table::persons  ? persons
                                   : table == client::Table::events ? events
                                                                    : items;
    std::uint64_t line = 1;
    for (const Row& row : rows) {
      const std::vector<std::string_view> fields(row.begin(), row.end());
      visit({fields, {}, to_string(table), ++line});
    }
    return {};
  }
};

}  // namespace bauta::testing
