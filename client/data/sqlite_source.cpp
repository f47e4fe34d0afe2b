#include "client/data/sqlite_source.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <vector>

#include "client/data/column_order.h"
#include "client/data/utf8.h"

namespace bauta::client {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

constexpr int kMaxValueBytes = 64 * 1024;
constexpr int kBusyMilliseconds = 5000;

/// SELECT and what a SELECT is made of; sqlite3_stmt_readonly alone would let ATTACH and some PRAGMAs pass.
int allow_reading(void*, int action, const char*, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    default: return SQLITE_DENY;
  }
}

bool only_blanks(std::string_view text) { return text.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

}  // namespace

void SqliteSource::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Result<std::unique_ptr<EventSource>> SqliteSource::open(const std::filesystem::path& database, std::string events_sql,
                                                        std::string items_sql, std::string persons_sql) {
  std::unique_ptr<SqliteSource> source(new SqliteSource);
  source->name_ = database.string();
  source->events_sql_ = std::move(events_sql);
  source->items_sql_ = std::move(items_sql);
  source->persons_sql_ = std::move(persons_sql);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  source->database_.reset(handle);
  if (code != SQLITE_OK) {
    return Error{ErrorCode::io, fmt::format("{}: cannot be opened: {}", source->name_, sqlite3_errstr(code))};
  }
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  sqlite3_set_authorizer(handle, allow_reading, nullptr);
  return std::unique_ptr<EventSource>(std::move(source));
}

Status SqliteSource::read(Table table, std::span<const std::string_view> columns, const RowVisitor& visit) {
  const std::string& sql = table == Table::events ? events_sql_ : table == Table::items ? items_sql_ : persons_sql_;
  const std::string name = fmt::format("{} ({}_sql)", name_, to_string(table));
  sqlite3* const database = database_.get();
  const auto failed = [&](std::string_view what) {
    return Error{ErrorCode::bad_data, fmt::format("{}: {}: {}", name, what, sqlite3_errmsg(database))};
  };

  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int prepared = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &handle, &rest);
  const Statement statement(handle);
  if (prepared == SQLITE_AUTH) {
    return Error{ErrorCode::bad_data, fmt::format("{}: must be a single SELECT that only reads", name)};
  }
  if (prepared != SQLITE_OK) return failed("is not valid SQL");
  const bool more_statements = !only_blanks({rest, static_cast<std::size_t>(sql.data() + sql.size() - rest)});
  if (handle == nullptr || more_statements || sqlite3_stmt_readonly(handle) == 0 || sqlite3_column_count(handle) == 0) {
    return Error{ErrorCode::bad_data, fmt::format("{}: must be a single SELECT that only reads", name)};
  }

  std::vector<std::string_view> present;
  for (int i = 0; i < sqlite3_column_count(handle); ++i) present.emplace_back(sqlite3_column_name(handle, i));
  BAUTA_TRY(const std::vector<std::size_t> order, column_order(name, present, columns));

  std::vector<std::string_view> fields(columns.size());
  for (std::uint64_t line = 1;; ++line) {
    const int step = sqlite3_step(handle);
    if (step == SQLITE_DONE) return {};
    if (step != SQLITE_ROW) return failed("failed while reading");
    std::string_view problem;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const int column = static_cast<int>(order[i]);
      if (sqlite3_column_type(handle, column) == SQLITE_BLOB) {
        problem = "a blob where text is needed";
        continue;
      }
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle, column));
      const int bytes = sqlite3_column_bytes(handle, column);
      fields[i] = text == nullptr ? std::string_view{} : std::string_view(text, static_cast<std::size_t>(bytes));
      if (bytes > kMaxValueBytes) {
        problem = "a field longer than the limit";
      } else if (fields[i].find('\0') != std::string_view::npos) {
        problem = "a NUL byte";
      } else if (!is_utf8(fields[i])) {
        problem = "invalid UTF-8";
      }
    }
    if (problem.empty()) {
      visit({fields, {}, name, line});
    } else {
      visit({{}, problem, name, line});
    }
  }
}

}  // namespace bauta::client
