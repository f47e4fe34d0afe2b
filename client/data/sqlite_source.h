// The partner's own SQL over its own SQLite file as a source.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "client/data/source.h"

struct sqlite3;

namespace bauta::client {

/// The database is opened read-only and every statement must be one SELECT: anything that could write, attach another
/// file or change a setting is refused when it is prepared. NULL reads as empty text.
class SqliteSource final : public EventSource {
 public:
  static Result<std::unique_ptr<EventSource>> open(const std::filesystem::path& database, std::string events_sql,
                                                   std::string items_sql, std::string persons_sql);
  Status read(Table table, std::span<const std::string_view> columns, const RowVisitor& visit) override;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  SqliteSource() = default;

  std::string name_;
  std::unique_ptr<sqlite3, Close> database_;
  std::string events_sql_, items_sql_, persons_sql_;
};

}  // namespace bauta::client
