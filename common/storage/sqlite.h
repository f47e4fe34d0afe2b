// SQLite behind values: no exceptions, no raw handles, errors that name the purpose of the SQL instead of its text.
//
//   BAUTA_TRY(SqliteDatabase database, SqliteDatabase::open(state / "coordinator.db", {}));
//   BAUTA_RETURN_IF_ERROR(database.run("revoke a partner", "UPDATE partners SET status = ? WHERE partner_id = ?",
//   "revoked", id)); BAUTA_TRY(Statement rows, database.query("list partners", "SELECT partner_id FROM partners"));
//   while (true) { BAUTA_TRY(const bool row, rows.step()); if (!row) break; use(rows.text(0)); }
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace bauta {

/// What a `?` may stand for. Holds views: the bound things outlive the call that takes them, no longer is needed.
/// Unsigned numbers above 2^63−1 are refused when bound: no column holds them.
class SqlValue {
 public:
  SqlValue(std::nullopt_t) {}
  SqlValue(std::same_as<bool> auto value) : kind_(Kind::integer), integer_(value ? 1 : 0) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) SqlValue(T value)
      : kind_(std::in_range<std::int64_t>(value) ? Kind::integer : Kind::unbindable),
        integer_(static_cast<std::int64_t>(value)) {}
  SqlValue(double value) : kind_(Kind::real), real_(value) {}
  SqlValue(WallTime value) : kind_(Kind::integer), integer_(value.time_since_epoch().count()) {}  ///< unix milliseconds
  SqlValue(std::string_view value) : kind_(Kind::text), bytes_(as_bytes(value)) {}
  SqlValue(const std::string& value) : SqlValue(std::string_view(value)) {}
  SqlValue(const char* value) : SqlValue(std::string_view(value)) {}
  SqlValue(ByteView value) : kind_(Kind::blob), bytes_(value) {}
  SqlValue(const Bytes& value) : SqlValue(ByteView(value)) {}
  template <std::size_t N>
  SqlValue(const std::array<std::uint8_t, N>& value) : SqlValue(ByteView(value)) {}
  template <class T>
  SqlValue(const std::optional<T>& value) {
    if (value) *this = SqlValue(*value);
  }

  enum class Kind : std::uint8_t { null, integer, real, text, blob, unbindable };
  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  double real() const { return real_; }
  ByteView bytes() const { return bytes_; }

 private:
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  ByteView bytes_;
};

class StatementCache;

/// A prepared statement with bound values. Lives no longer than its database; movable; one thread at a time.
class Statement {
 public:
  /// True: a row is there to read. False: done.
  Result<bool> step();
  /// step() until done; for statements whose rows do not matter.
  Status finish();
  /// Starts over with other values.
  Status rebind(std::span<const SqlValue> values);
  template <class... Values>
  Status rebind(const Values&... values) {
    const std::array<SqlValue, sizeof...(Values)> bound{SqlValue(values)...};
    return rebind(std::span<const SqlValue>(bound));
  }

  /// Columns of the current row, from 0. NULL reads as 0, "" or no bytes.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::uint32_t u32(int column) const { return static_cast<std::uint32_t>(integer(column)); }
  double real(int column) const;
  std::string text(int column) const;
  Bytes blob(int column) const;
  WallTime time(int column) const { return WallTime(Milliseconds(integer(column))); }
  /// Nothing where the column is NULL or not 32 bytes long.
  std::optional<Digest> digest(int column) const;
  std::optional<double> optional_real(int column) const;
  std::optional<WallTime> optional_time(int column) const;

 private:
  friend class SqliteDatabase;
  /// Back into the cache of the database.
  struct PutBack {
    StatementCache* cache = nullptr;
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3_stmt* statement, StatementCache* cache, std::string purpose, std::string file)
      : statement_(statement, PutBack{cache}), purpose_(std::move(purpose)), file_(std::move(file)) {}

  std::unique_ptr<sqlite3_stmt, PutBack> statement_;
  std::string purpose_;
  std::string file_;
};

struct SqliteOptions {
  Milliseconds busy_timeout{5000};
  /// Deleted content is overwritten with zeros; for files that hold secrets.
  bool secure_delete = false;
};

/// One connection in WAL mode with synchronous=FULL: what a committed transaction wrote survives a power cut.
/// Movable; one thread at a time. The file has mode 0600.
class SqliteDatabase {
 public:
  static Result<SqliteDatabase> open(const std::filesystem::path& file, SqliteOptions options);
  SqliteDatabase(SqliteDatabase&&) noexcept;
  SqliteDatabase& operator=(SqliteDatabase&&) noexcept;
  ~SqliteDatabase();

  /// Executes one statement. `purpose` completes "cannot …" in messages: "record the round".
  template <class... Values>
  Status run(std::string_view purpose, std::string_view sql, const Values&... values) {
    BAUTA_TRY(Statement statement, query(purpose, sql, values...));
    return statement.finish();
  }
  /// Prepares, or takes what was prepared before for the same text, and binds; the caller steps.
  template <class... Values>
  Result<Statement> query(std::string_view purpose, std::string_view sql, const Values&... values) {
    const std::array<SqlValue, sizeof...(Values)> bound{SqlValue(values)...};
    return prepare(purpose, sql, bound);
  }
  /// Several statements without values or rows.
  Status run_script(std::string_view purpose, const std::string& sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  bool in_transaction() const;
  /// Moves the whole WAL into the database and cuts it to length 0.
  Status truncate_wal();
  const std::filesystem::path& file() const { return file_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  SqliteDatabase(sqlite3* handle, std::filesystem::path file);
  Result<Statement> prepare(std::string_view purpose, std::string_view sql, std::span<const SqlValue> values);

  std::unique_ptr<sqlite3, Close> handle_;
  std::unique_ptr<StatementCache> cache_;
  std::filesystem::path file_;
};

/// All or nothing: rolled back on destruction unless committed. Inside another transaction it is a savepoint, so that
/// functions which need one can be combined.
class Transaction {
 public:
  static Result<Transaction> begin(SqliteDatabase& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  /// Once. After an error everything is rolled back.
  Status commit();

 private:
  Transaction(SqliteDatabase& database, bool nested) : database_(&database), nested_(nested) {}
  void roll_back();

  SqliteDatabase* database_;
  bool nested_;
};

struct Migration {
  int version;           ///< 1, 2, 3 … without gaps
  std::string_view sql;  ///< a script; never changed once released
};

/// Brings the schema to the last of `migrations`, each in a transaction of its own. A file written by a later version
/// of the program is refused (newer_schema) and left untouched.
Status apply_migrations(SqliteDatabase& database, std::span<const Migration> migrations);

}  // namespace bauta
