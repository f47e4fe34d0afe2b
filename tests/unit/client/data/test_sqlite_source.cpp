#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>

#include "client/data/load_event_log.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

namespace {

void execute(const std::filesystem::path& path, const char* sql) {
  sqlite3* database = nullptr;
  BAUTA_CHECK(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  BAUTA_CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

SourceSettings shop(const std::filesystem::path& path) {
  execute(path, R"(
    CREATE TABLE customer(nr INTEGER, opt_in INTEGER);
    INSERT INTO customer VALUES (1, 1), (2, 0);
    CREATE TABLE sale(nr INTEGER, at TEXT, article TEXT, price REAL);
    INSERT INTO sale VALUES (1, '2024-01-02 03:04:05', 'x', 2.5), (1, '2024-01-01 00:00:00', 'x', NULL),
                            (2, '2024-01-03 00:00:00', 'y', 1);
    CREATE TABLE article(id TEXT, name TEXT);
    INSERT INTO article VALUES ('x', 'Apple'), ('y', 'Secret');)");
  SourceSettings settings;
  settings.kind = SourceSettings::Kind::sqlite;
  settings.database = path;
  settings.events_sql =
      "SELECT nr AS person_id, at AS occurred_at, 'purchase' AS event_type, article AS item_id, price AS amount, "
      "NULL AS channel FROM sale ORDER BY at DESC;  ";
  settings.items_sql = "SELECT id AS item_id, name AS title, '' AS category, '' AS brand FROM article";
  settings.persons_sql = "SELECT nr AS person_id, opt_in AS consent FROM customer";
  return settings;
}

std::string error_of(const SourceSettings& settings) {
  auto source = open_source(settings);
  if (!source.ok()) return source.error().message;
  const auto loaded = load_event_log(**source, {});
  return loaded.ok() ? "" : loaded.error().message;
}

}  // namespace

TEST_CASE("the partner's own SQL becomes the same event log as files would") {
  const TemporaryDirectory dir;
  auto source = open_source(shop(dir / "shop.db"));
  REQUIRE(source.ok());
  const auto loaded = load_event_log(**source, {});
  REQUIRE(loaded.ok());
  const EventLog& log = loaded->log;
  CHECK(log.persons == std::vector<std::string>{"1"});
  REQUIRE(log.events.size() == 2);
  CHECK(log.events[0].occurred_at == 1704067200);
  CHECK(std::isnan(log.events[0].amount));
  CHECK(log.events[1].amount == 2.5F);
  REQUIRE(log.items.size() == 1);
  CHECK(log.items[0].title == "Apple");
  CHECK(loaded->report.events_without_consent == 1);
}

TEST_CASE("anything but one reading SELECT is refused") {
  const TemporaryDirectory dir;
  const SourceSettings good = shop(dir / "shop.db");
  for (const char* sql : {"DELETE FROM customer", "ATTACH DATABASE 'other.db' AS other", "PRAGMA user_version", "",
                          "SELECT 1 AS person_id, 1 AS consent; DELETE FROM customer", "-- nothing",
                          "INSERT INTO customer VALUES (3, 1) RETURNING nr AS person_id, opt_in AS consent"}) {
    CAPTURE(sql);
    SourceSettings settings = good;
    settings.persons_sql = sql;
    CHECK(error_of(settings) == (dir / "shop.db").string() + " (persons_sql): must be a single SELECT that only reads");
  }
}

TEST_CASE("failing SQL names the statement and the reason") {
  const TemporaryDirectory dir;
  SourceSettings settings = shop(dir / "shop.db");
  settings.events_sql = "SELECT * FROM nowhere";
  CHECK(error_of(settings).ends_with("(events_sql): is not valid SQL: no such table: nowhere"));
  settings.events_sql = "SELECT 1 AS person_id";
  CHECK(error_of(settings).find("column 'occurred_at' is missing") != std::string::npos);
  settings.database = dir / "none.db";
  CHECK(error_of(settings).find("none.db: cannot be opened") != std::string::npos);
  write_plain(dir / "text.db", "this is no database, whatever its name says, and long enough to be looked at");
  settings.database = dir / "text.db";
  CHECK(error_of(settings).find("file is not a database") != std::string::npos);
}

TEST_CASE("blobs, NUL bytes and invalid UTF-8 are bad rows with their number") {
  const TemporaryDirectory dir;
  SourceSettings settings = shop(dir / "shop.db");
  settings.persons_sql =
      "SELECT 1 AS person_id, 1 AS consent UNION ALL SELECT x'ff', 1 UNION ALL SELECT CAST(x'ff' AS TEXT), 1 "
      "UNION ALL SELECT CAST(x'610062' AS TEXT), 1";
  auto source = open_source(settings);
  REQUIRE(source.ok());
  const std::array<std::string_view, 2> columns = {"person_id", "consent"};
  std::vector<std::string> problems;
  REQUIRE((*source)
              ->read(Table::persons, columns,
                     [&](const SourceRow& row) {
                       problems.push_back(std::to_string(row.line) + " " + std::string(row.problem));
                     })
              .ok());
  CHECK(problems == std::vector<std::string>{"1 ", "2 a blob where text is needed", "3 invalid UTF-8", "4 a NUL byte"});
}
