#include "common/storage/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <functional>
#include <map>

#include "common/base/file.h"

namespace bauta {
namespace {

/// errno of the last system call that failed on the database file or its WAL. sqlite3_system_errno has forgotten it by
/// the time a statement has been rolled back.
int last_errno(sqlite3* handle) {
  int on_database = 0;
  int on_wal = 0;
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &on_database);
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (wal != nullptr && wal->pMethods != nullptr) wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &on_wal);
  return on_wal != 0 ? on_wal : on_database;
}

bool is_no_room(int errno_value) { return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG; }

/// The database's last error as a value.
Error sqlite_error(sqlite3* handle, int code, std::string_view purpose, std::string_view file) {
  const std::string what = fmt::format("cannot {} in {}: {}", purpose, file, sqlite3_errstr(code));
  switch (code & 0xFF) {
    case SQLITE_FULL: return {ErrorCode::disk_full, what + "; free space on that file system and try again"};
    case SQLITE_IOERR:
      // SQLITE_FULL covers ENOSPC of a write only. A stale errno does no harm: then there was no room a moment ago.
      if (const int system = last_errno(handle); is_no_room(system))
        return file_error(fmt::format("{} in", purpose), file, system);
      return {ErrorCode::io, fmt::format("{} (extended code {})", what, code)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorCode::busy, what + "; another process holds it"};
    case SQLITE_CONSTRAINT: return {ErrorCode::conflict, what};
    case SQLITE_TOOBIG: return {ErrorCode::oversized, what};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return {ErrorCode::io, what + "; check the owner and mode of the file and its folder"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return {ErrorCode::database, what + "; restore the file from a backup"};
    default: return {ErrorCode::database, what};
  }
}

}  // namespace

/// Prepared statements that nobody uses at present, by their SQL. Parsing costs more than most statements do.
class StatementCache {
 public:
  StatementCache() = default;
  StatementCache(const StatementCache&) = delete;
  StatementCache& operator=(const StatementCache&) = delete;
  ~StatementCache() {
    for (const auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  }

  /// Null: there is none.
  sqlite3_stmt* take(std::string_view sql) {
    const auto found = idle_.find(sql);
    return found == idle_.end() ? nullptr : idle_.extract(found).mapped();
  }
  void put_back(sqlite3_stmt* statement) {
    // Ends its read transaction, and holds on to no value longer than the caller did.
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (idle_.size() >= kMost || !idle_.emplace(sqlite3_sql(statement), statement).second) sqlite3_finalize(statement);
  }

 private:
  // More than either program has different texts.
  static constexpr std::size_t kMost = 100;
  std::map<std::string, sqlite3_stmt*, std::less<>> idle_;
};

void Statement::PutBack::operator()(sqlite3_stmt* statement) const { cache->put_back(statement); }

Status Statement::rebind(std::span<const SqlValue> values) {
  sqlite3_stmt* const statement = statement_.get();
  sqlite3_reset(statement);
  BAUTA_CHECK(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) == values.size());
  int index = 0;
  for (const SqlValue& value : values) {
    ++index;
    int code = SQLITE_OK;
    // A null pointer would bind NULL: an empty text or blob gets a pointer to something.
    const auto* data = value.bytes().empty() ? "" : reinterpret_cast<const char*>(value.bytes().data());
    switch (value.kind()) {
      case SqlValue::Kind::null: code = sqlite3_bind_null(statement, index); break;
      case SqlValue::Kind::integer: code = sqlite3_bind_int64(statement, index, value.integer()); break;
      case SqlValue::Kind::real: code = sqlite3_bind_double(statement, index, value.real()); break;
      case SqlValue::Kind::text:
        code = sqlite3_bind_text64(statement, index, data, value.bytes().size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
      case SqlValue::Kind::blob:
        code = sqlite3_bind_blob64(statement, index, data, value.bytes().size(), SQLITE_TRANSIENT);
        break;
      case SqlValue::Kind::unbindable:
        return Error{ErrorCode::out_of_range, fmt::format("cannot {} in {}: a number above 2^63-1", purpose_, file_)};
    }
    if (code != SQLITE_OK) return sqlite_error(sqlite3_db_handle(statement), code, purpose_, file_);
  }
  return {};
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* const handle = sqlite3_db_handle(statement_.get());
  const Error error = sqlite_error(handle, sqlite3_extended_errcode(handle), purpose_, file_);
  sqlite3_reset(statement_.get());
  return error;
}

Status Statement::finish() {
  while (true) {
    BAUTA_TRY(const bool row, step());
    if (!row) return {};
  }
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

Bytes Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? Bytes() : Bytes(data, data + size);
}

std::optional<Digest> Statement::digest(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  Digest digest{};
  if (data == nullptr || sqlite3_column_bytes(statement_.get(), column) != static_cast<int>(digest.size())) {
    return std::nullopt;
  }
  std::copy(data, data + digest.size(), digest.begin());
  return digest;
}

std::optional<double> Statement::optional_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}

std::optional<WallTime> Statement::optional_time(int column) const {
  return is_null(column) ? std::nullopt : std::optional(time(column));
}

SqliteDatabase::SqliteDatabase(sqlite3* handle, std::filesystem::path file)
    : handle_(handle), cache_(std::make_unique<StatementCache>()), file_(std::move(file)) {}
SqliteDatabase::SqliteDatabase(SqliteDatabase&&) noexcept = default;
SqliteDatabase& SqliteDatabase::operator=(SqliteDatabase&&) noexcept = default;
SqliteDatabase::~SqliteDatabase() = default;

void SqliteDatabase::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file, SqliteOptions options) {
  {
    // Made by us, so that it (and the WAL, which takes over its mode) is private from the first byte.
    BAUTA_TRY(const FileDescriptor created, open_file(file, O_RDWR | O_CREAT));
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  SqliteDatabase database(handle, file);
  if (code != SQLITE_OK) return sqlite_error(handle, code, "open the database", file.string());
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  BAUTA_RETURN_IF_ERROR(database.run_script("open the database", fmt::format("PRAGMA trusted_schema = OFF;"
                                                                             "PRAGMA secure_delete = {};"
                                                                             "PRAGMA journal_mode = WAL;"
                                                                             "PRAGMA synchronous = FULL;"
                                                                             "PRAGMA foreign_keys = ON;",
                                                                             options.secure_delete ? "ON" : "OFF")));
  return database;
}

Result<Statement> SqliteDatabase::prepare(std::string_view purpose, std::string_view sql,
                                          std::span<const SqlValue> values) {
  sqlite3_stmt* prepared = cache_->take(sql);
  if (prepared == nullptr) {
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) {
      Error error = sqlite_error(handle_.get(), code, purpose, file_.string());
      if ((code & 0xFF) == SQLITE_ERROR) error.message += fmt::format(" ({})", sqlite3_errmsg(handle_.get()));
      return error;
    }
  }
  Statement statement(prepared, cache_.get(), std::string(purpose), file_.string());
  BAUTA_RETURN_IF_ERROR(statement.rebind(values));
  return statement;
}

Status SqliteDatabase::run_script(std::string_view purpose, const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  Error error = sqlite_error(handle_.get(), code, purpose, file_.string());
  if ((code & 0xFF) == SQLITE_ERROR) error.message += fmt::format(" ({})", sqlite3_errmsg(handle_.get()));
  return error;
}

std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(handle_.get()); }

bool SqliteDatabase::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

Status SqliteDatabase::truncate_wal() {
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_.get(), code, "truncate the write-ahead log", file_.string());
  return {};
}

Result<Transaction> Transaction::begin(SqliteDatabase& database) {
  const bool nested = database.in_transaction();
  // IMMEDIATE: a writer that has to wait waits here, not in the middle.
  BAUTA_RETURN_IF_ERROR(database.run("begin a transaction", nested ? "SAVEPOINT nested" : "BEGIN IMMEDIATE"));
  return Transaction(database, nested);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), nested_(other.nested_) {}

Transaction::~Transaction() {
  if (database_ != nullptr) roll_back();
}

void Transaction::roll_back() {
  // After some errors (a full disk) SQLite has rolled back by itself.
  if (database_->in_transaction()) {
    const Status rolled_back =
        database_->run_script("roll back", nested_ ? "ROLLBACK TO nested; RELEASE nested" : "ROLLBACK");
    BAUTA_CHECK(rolled_back.ok());
  }
  database_ = nullptr;
}

Status Transaction::commit() {
  BAUTA_CHECK(database_ != nullptr);
  const Status committed = database_->run("commit", nested_ ? "RELEASE nested" : "COMMIT");
  if (!committed.ok()) {
    roll_back();
    return committed.error();
  }
  database_ = nullptr;
  return {};
}

Status apply_migrations(SqliteDatabase& database, std::span<const Migration> migrations) {
  int expected = 0;
  for (const Migration& migration : migrations) BAUTA_CHECK(migration.version == ++expected);

  int current = 0;
  {
    BAUTA_TRY(Statement version, database.query("read the schema version", "PRAGMA user_version"));
    BAUTA_TRY(const bool row, version.step());
    current = row ? static_cast<int>(version.integer(0)) : 0;
  }
  if (current > expected) {
    return Error{
        ErrorCode::newer_schema,
        fmt::format("{} was written by a newer version of bauta (schema {}, this program knows {}); install that "
                    "version or restore a backup",
                    database.file().string(), current, expected)};
  }
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(std::max(0, current)))) {
    const std::string purpose = fmt::format("bring the schema to version {}", migration.version);
    BAUTA_TRY(Transaction transaction, Transaction::begin(database));
    BAUTA_RETURN_IF_ERROR(database.run_script(purpose, std::string(migration.sql)));
    BAUTA_RETURN_IF_ERROR(database.run_script(purpose, fmt::format("PRAGMA user_version = {}", migration.version)));
    BAUTA_RETURN_IF_ERROR(transaction.commit());
  }
  return {};
}

}  // namespace bauta
