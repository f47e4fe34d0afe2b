// Where a partner's rows come from: files or its own database. A source only delivers text by column name;
// what the text means, and whose rows may be kept at all, is decided in load_event_log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace bauta::client {

enum class Table : std::uint8_t { persons, items, events };
std::string_view to_string(Table table);

/// One row; the views live until the visitor returns.
struct SourceRow {
  std::span<const std::string_view> fields;  ///< in the order of the columns asked for; empty when `problem` is set
  std::string_view problem;                  ///< why the row could not be decoded, or empty
  std::string_view file;                     ///< the file, or the database and which statement
  std::uint64_t line = 0;  ///< first line of the record (header = 1), or the row's number from 1 in SQL
};
using RowVisitor = std::function<void(const SourceRow&)>;

/// One thread at a time. A table may be read more than once.
class EventSource {
 public:
  virtual ~EventSource() = default;
  /// Calls `visit` for every row of `table` with the values of `columns`, whatever their order in the source.
  /// A missing or repeated column is bad_data naming the file or statement and the column. A row that does not decode
  /// is delivered with its problem; what breaks the whole table (a truncated file, failing SQL) is an error.
  virtual Status read(Table table, std::span<const std::string_view> columns, const RowVisitor& visit) = 0;
};

/// [data] of the client configuration: what to read, not yet how to judge it.
struct SourceSettings {
  enum class Kind : std::uint8_t { csv, sqlite };
  Kind kind = Kind::csv;
  std::filesystem::path events, items, persons;    ///< csv, plain or gzip
  std::filesystem::path database;                  ///< sqlite, opened read-only
  std::string events_sql, items_sql, persons_sql;  ///< one SELECT each
};

/// Opens the source; a file that cannot be opened may be reported here or by the first read.
Result<std::unique_ptr<EventSource>> open_source(const SourceSettings& settings);

}  // namespace bauta::client
