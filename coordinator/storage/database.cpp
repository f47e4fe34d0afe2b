#include "coordinator/storage/database.h"

#include "common/base/file.h"
#include "coordinator/storage/migrations/0001_initial.h"
#include "coordinator/storage/migrations/0002_run_requests.h"

namespace bauta::coordinator {

Result<SqliteDatabase> open_database(const std::filesystem::path& state_directory) {
  static constexpr Migration kMigrations[] = {
      {1, migrations::k0001Initial},
      {2, migrations::k0002RunRequests},
  };
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(state_directory));
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

}  // namespace bauta::coordinator
