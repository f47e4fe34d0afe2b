#include "common/storage/sqlite.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "common/base/file.h"
#include "tests/support/crashing_child.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace bauta {
namespace {

using testing::TemporaryDirectory;

constexpr std::string_view kTable = "CREATE TABLE t (id INTEGER PRIMARY KEY, v)";

SqliteDatabase open_at(const std::filesystem::path& file, SqliteOptions options = {}) {
  auto database = SqliteDatabase::open(file, options);
  if (!database.ok()) FAIL(database.error().message);
  return std::move(database).value();
}

std::int64_t number_of(SqliteDatabase& database, std::string_view sql) {
  auto row = database.query("ask for a number", sql);
  REQUIRE(row.ok());
  REQUIRE(row->step().value());
  return row->integer(0);
}

TEST_CASE("the same SQL may be in use twice, left in the middle of its rows, and asked again with other values") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(
      database.run_script("make", std::string(kTable) + "; INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')").ok());
  constexpr std::string_view kFrom = "SELECT v FROM t WHERE id >= ? ORDER BY id";
  {
    auto outer = database.query("read", kFrom, 1);
    REQUIRE(outer->step().value());
    auto inner = database.query("read", kFrom, 3);
    REQUIRE(inner->step().value());
    CHECK(inner->text(0) == "c");
    CHECK(outer->text(0) == "a");
    REQUIRE(outer->step().value());
    CHECK(outer->text(0) == "b");
  }
  // Its read transaction is over: the table can go.
  auto again = database.query("read", kFrom, 2);
  REQUIRE(again->step().value());
  CHECK(again->text(0) == "b");
  again = database.query("read", "SELECT count(*) FROM t");
  REQUIRE(again->step().value());
  CHECK(again->integer(0) == 3);
  again = Error{ErrorCode::io, "done"};
  CHECK(database.run_script("drop", "DROP TABLE t").ok());
  CHECK_FALSE(database.run("read", kFrom, 1).ok());
}

TEST_CASE("a statement that was refused works with the next values") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run_script("make", std::string(kTable)).ok());
  constexpr std::string_view kInsert = "INSERT INTO t VALUES (?, ?)";
  REQUIRE(database.run("add", kInsert, 1, "a").ok());
  CHECK(database.run("add", kInsert, 1, "b").error().code == ErrorCode::conflict);
  CHECK(database.run("add", kInsert, 2, "b").ok());
  CHECK(number_of(database, "SELECT count(*) FROM t") == 2);
}

TEST_CASE("a database that was moved keeps its statements") {
  const TemporaryDirectory directory;
  SqliteDatabase first = open_at(directory / "d.db");
  CHECK(number_of(first, "SELECT 7") == 7);
  SqliteDatabase second = std::move(first);
  CHECK(number_of(second, "SELECT 7") == 7);
}

TEST_CASE("values of every kind come back as they were bound") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  const std::string with_zero("a\0b", 3);
  const Bytes blob{0, 1, 255};
  const Digest digest{9, 8, 7};
  auto row = database.query("echo", "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", -5, true,
                            std::uint64_t{std::numeric_limits<std::int64_t>::max()}, 0.1, with_zero, blob, std::nullopt,
                            "", Bytes{}, digest, WallTime(Milliseconds(42)));
  REQUIRE(row.ok());
  REQUIRE(row->step().value());
  CHECK(row->integer(0) == -5);
  CHECK(row->integer(1) == 1);
  CHECK(row->unsigned_integer(2) == std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  CHECK(row->real(3) == 0.1);
  CHECK(row->text(4) == with_zero);
  CHECK(row->blob(5) == blob);
  CHECK(row->is_null(6));
  CHECK(!row->optional_real(6));
  CHECK(!row->is_null(7));
  CHECK(row->text(7) == "");
  CHECK(!row->is_null(8));
  CHECK(row->digest(9) == digest);
  CHECK(!row->digest(5));
  CHECK(row->time(10) == WallTime(Milliseconds(42)));
  CHECK(!row->step().value());
}

TEST_CASE("a number that no column holds is refused") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  const Status status = database.run("echo", "SELECT ?", std::uint64_t{1} << 63);
  CHECK(status.error().code == ErrorCode::out_of_range);
}

TEST_CASE("the database is private, in WAL mode, fully synchronous and keeps foreign keys") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db", {.secure_delete = true});
  CHECK(database.query("ask", "PRAGMA journal_mode")->step().value());
  auto mode = database.query("ask", "PRAGMA journal_mode");
  REQUIRE(mode->step().value());
  CHECK(mode->text(0) == "wal");
  CHECK(number_of(database, "PRAGMA synchronous") == 2);
  CHECK(number_of(database, "PRAGMA foreign_keys") == 1);
  CHECK(number_of(database, "PRAGMA secure_delete") == 1);
  REQUIRE(database.run("create", kTable).ok());
  for (const char* name : {"d.db", "d.db-wal"}) {
    struct stat status {};
    REQUIRE(::stat((directory / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 077) == 0);
  }
}

TEST_CASE("a transaction that is not committed leaves nothing") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run("create", kTable).ok());
  {
    auto transaction = Transaction::begin(database);
    REQUIRE(transaction.ok());
    REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (1)").ok());
    CHECK(number_of(database, "SELECT COUNT(*) FROM t") == 1);
  }
  CHECK(number_of(database, "SELECT COUNT(*) FROM t") == 0);
  {
    auto transaction = Transaction::begin(database);
    REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (1)").ok());
    REQUIRE(transaction->commit().ok());
  }
  CHECK(number_of(database, "SELECT COUNT(*) FROM t") == 1);
}

TEST_CASE("a transaction within another is undone alone or with it") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run("create", kTable).ok());
  {
    auto outer = Transaction::begin(database);
    REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (1)").ok());
    {
      auto inner = Transaction::begin(database);
      REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (2)").ok());
    }
    {
      auto inner = Transaction::begin(database);
      REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (3)").ok());
      REQUIRE(inner->commit().ok());
    }
    REQUIRE(outer->commit().ok());
  }
  CHECK(number_of(database, "SELECT SUM(v) FROM t") == 4);
  {
    auto outer = Transaction::begin(database);
    auto inner = Transaction::begin(database);
    REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (10)").ok());
    REQUIRE(inner->commit().ok());
  }
  CHECK(number_of(database, "SELECT SUM(v) FROM t") == 4);
}

TEST_CASE("what was committed survives SIGKILL, what was not does not") {
  const TemporaryDirectory directory;
  REQUIRE(testing::crash_after([&] {
    SqliteDatabase database = open_at(directory / "d.db");
    bool fine = database.run("create", kTable).ok();
    fine = fine && database.run("insert", "INSERT INTO t (v) VALUES (1)").ok();
    static std::optional<Transaction> transaction;  // not rolled back: the process dies with it open
    transaction.emplace(std::move(Transaction::begin(database)).value());
    for (int i = 0; i < 1000; ++i) fine = fine && database.run("insert", "INSERT INTO t (v) VALUES (2)").ok();
    if (!fine) ::_exit(2);
    ::kill(::getpid(), SIGKILL);
  }));
  SqliteDatabase database = open_at(directory / "d.db");
  CHECK(number_of(database, "SELECT COUNT(*) FROM t") == 1);
}

TEST_CASE("a statement can be used again with other values") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run("create", kTable).ok());
  auto insert = database.query("insert", "INSERT INTO t (v) VALUES (?)", 1);
  REQUIRE(insert->finish().ok());
  REQUIRE(insert->rebind(41).ok());
  REQUIRE(insert->finish().ok());
  CHECK(number_of(database, "SELECT SUM(v) FROM t") == 42);
}

TEST_CASE("a broken constraint is a conflict and says for what the SQL was") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run("create", kTable).ok());
  REQUIRE(database.run("insert", "INSERT INTO t (id) VALUES (1)").ok());
  const Status second = database.run("add the run", "INSERT INTO t (id) VALUES (1)");
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message.find("cannot add the run in ") == 0);
  CHECK(second.error().message.find("INSERT") == std::string::npos);
}

TEST_CASE("a full disk is disk_full, and the database goes on when there is room again") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run("create", kTable).ok());
  REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (1)").ok());
  {
    const testing::FileSizeLimit limit(100'000);
    const Status status = database.run("store the message", "INSERT INTO t (v) VALUES (?)", Bytes(1'000'000));
    REQUIRE(!status.ok());
    CAPTURE(status.error().message);
    CHECK(status.error().code == ErrorCode::disk_full);
    CHECK(status.error().message.find("store the message") != std::string::npos);
    CHECK(status.error().message.find("d.db") != std::string::npos);
  }
  CHECK(number_of(database, "SELECT COUNT(*) FROM t") == 1);
  CHECK(database.run("store the message", "INSERT INTO t (v) VALUES (?)", Bytes(1'000'000)).ok());
}

TEST_CASE("a writer that waits too long gets busy") {
  const TemporaryDirectory directory;
  SqliteDatabase first = open_at(directory / "d.db");
  SqliteDatabase second = open_at(directory / "d.db", {.busy_timeout = Milliseconds(1)});
  auto transaction = Transaction::begin(first);
  CHECK(Transaction::begin(second).error().code == ErrorCode::busy);
}

TEST_CASE("a file that is no database is refused and left as it is") {
  const TemporaryDirectory directory;
  const Bytes other(5000, 'x');
  REQUIRE(write_file_atomically(directory / "d.db", other).ok());
  const auto database = SqliteDatabase::open(directory / "d.db", {});
  REQUIRE(!database.ok());
  CHECK(database.error().code == ErrorCode::database);
  CHECK(read_file(directory / "d.db", 10'000).value() == other);
  CHECK(SqliteDatabase::open(directory / "no" / "d.db", {}).error().code == ErrorCode::not_found);
}

TEST_CASE("secure deletion leaves nothing of a deleted blob in any of the files") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db", {.secure_delete = true});
  REQUIRE(database.run("create", kTable).ok());
  const std::string secret = "this-is-a-secret-that-must-not-linger";
  REQUIRE(database.run("insert", "INSERT INTO t (v) VALUES (?)", secret).ok());
  const auto found = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      const auto text = read_text_file(entry.path(), 10'000'000);
      if (text.ok() && text->find(secret) != std::string::npos) return true;
    }
    return false;
  };
  CHECK(found());
  REQUIRE(database.run("delete", "DELETE FROM t").ok());
  REQUIRE(database.truncate_wal().ok());
  CHECK(!found());
}

constexpr Migration kTwo[] = {{1, "CREATE TABLE a (v); INSERT INTO a VALUES (1);"},
                              {2, "ALTER TABLE a ADD COLUMN w; UPDATE a SET w = v + 1;"}};

TEST_CASE("migrations are applied once, in order") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(apply_migrations(database, std::span(kTwo, 1)).ok());
  CHECK(number_of(database, "PRAGMA user_version") == 1);
  REQUIRE(apply_migrations(database, kTwo).ok());
  REQUIRE(apply_migrations(database, kTwo).ok());
  CHECK(number_of(database, "PRAGMA user_version") == 2);
  CHECK(number_of(database, "SELECT w FROM a") == 2);
}

TEST_CASE("a database of a newer version is refused with what to do, and left as it is") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  REQUIRE(database.run_script("pretend", "PRAGMA user_version = 7").ok());
  const Status status = apply_migrations(database, kTwo);
  CHECK(status.error().code == ErrorCode::newer_schema);
  CHECK(status.error().message ==
        (directory / "d.db").string() +
            " was written by a newer version of bauta (schema 7, this program knows 2); install "
            "that version or restore a backup");
  CHECK(number_of(database, "PRAGMA user_version") == 7);
  CHECK(number_of(database, "SELECT COUNT(*) FROM sqlite_master") == 0);
}

TEST_CASE("a migration that fails leaves the schema before it") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_at(directory / "d.db");
  const Migration migrations[] = {kTwo[0], {2, "CREATE TABLE b (v); CREATE TABLE a (v);"}};
  CHECK(!apply_migrations(database, migrations).ok());
  CHECK(number_of(database, "PRAGMA user_version") == 1);
  CHECK(number_of(database, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'b'") == 0);
  CHECK(apply_migrations(database, kTwo).ok());
}

}  // namespace
}  // namespace bauta
