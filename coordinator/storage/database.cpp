#include "coordinator/storage/database.h"

#include <fmt/format.h>

#include "common/base/file.h"
#include "coordinator/storage/migrations/0001_initial.h"
#include "coordinator/storage/migrations/0002_run_requests.h"

namespace bauta::coordinator {
namespace {

/// A new database beside the models of former runs has forgotten revocations, tokens and the count of rounds.
Status refuse_if_lost(const std::filesystem::path& state_directory) {
  const std::filesystem::path file = state_directory / "coordinator.db";
  std::error_code missing;
  for (const char* const suffix : {"", "-wal"}) {
    if (std::filesystem::file_size(file.string() + suffix, missing) > 0 && !missing) return {};
  }
  const std::filesystem::path models = state_directory / "models";
  if (!std::filesystem::is_directory(models, missing) || std::filesystem::is_empty(models, missing)) return {};
  return Error{
      ErrorCode::database,
      fmt::format("{} is missing or empty beside the models of former runs; restore it from a backup, or move {} "
                  "away to begin a new federation",
                  file.string(), state_directory.string())};
}

}  // namespace

Result<SqliteDatabase> open_database(const std::filesystem::path& state_directory) {
  static constexpr Migration kMigrations[] = {
      {1, migrations::k0001Initial},
      {2, migrations::k0002RunRequests},
  };
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(state_directory));
  BAUTA_RETURN_IF_ERROR(refuse_if_lost(state_directory));
  BAUTA_TRY(SqliteDatabase database, SqliteDatabase::open(state_directory / "coordinator.db", {}));
  BAUTA_RETURN_IF_ERROR(apply_migrations(database, kMigrations));
  return database;
}

Result<std::uint64_t> next_number(SqliteDatabase& database, std::string_view counter) {
  BAUTA_TRY(Transaction transaction, Transaction::begin(database));
  BAUTA_RETURN_IF_ERROR(database.run("count",
                                     "INSERT INTO counters (name, value) VALUES (?, 1) "
                                     "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1",
                                     counter));
  std::uint64_t value = 0;
  {
    BAUTA_TRY(Statement row, database.query("count", "SELECT value FROM counters WHERE name = ?", counter));
    BAUTA_TRY(const bool found, row.step());
    BAUTA_CHECK(found);
    value = row.unsigned_integer(0);
  }
  BAUTA_RETURN_IF_ERROR(transaction.commit());
  return value;
}

Result<std::uint64_t> last_number(SqliteDatabase& database, std::string_view counter) {
  BAUTA_TRY(Statement row, database.query("count", "SELECT value FROM counters WHERE name = ?", counter));
  BAUTA_TRY(const bool found, row.step());
  return found ? row.unsigned_integer(0) : 0;
}

Status raise_number(SqliteDatabase& database, std::string_view counter, std::uint64_t at_least) {
  return database.run("count",
                      "INSERT INTO counters (name, value) VALUES (?, ?) "
                      "ON CONFLICT (name) DO UPDATE SET value = MAX(counters.value, excluded.value)",
                      counter, at_least);
}

}  // namespace bauta::coordinator
