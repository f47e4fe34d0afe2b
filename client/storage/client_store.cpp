#include "client/storage/client_store.h"

#include <fmt/format.h>

#include <set>

#include "client/storage/migrations/0001_initial.h"

namespace bauta::client {
namespace {

constexpr std::string_view kDatabaseName = "client.db";
constexpr std::string_view kWitnessName = "client.generation";
constexpr std::size_t kIncarnationBytes = 16;
constexpr std::string_view kResumeAfter = "resume_after";

Bytes fresh_incarnation(RandomSource& random) {
  Bytes id(kIncarnationBytes);
  random.fill(id);
  return id;
}

}  // namespace

ClientStore::ClientStore(const Settings& settings, FileDescriptor lock, SqliteDatabase database)
    : state_directory_(settings.state_directory),
      lock_(std::move(lock)),
      database_(std::move(database)),
      witness_(settings.witness.empty() ? state_directory_ / kWitnessName : settings.witness) {}

Result<SqliteDatabase> ClientStore::open_database(const Settings& settings) {
  static constexpr Migration kMigrations[] = {
      {1, migrations::k0001Initial},
  };
  BAUTA_TRY(SqliteDatabase database,
            SqliteDatabase::open(settings.state_directory / kDatabaseName, {.secure_delete = true}));
  BAUTA_RETURN_IF_ERROR(apply_migrations(database, kMigrations));
  return database;
}

Result<ClientStore> ClientStore::look(const Settings& settings) {
  const std::filesystem::path file = settings.state_directory / kDatabaseName;
  std::error_code none;
  if (!std::filesystem::exists(file, none)) {
    return Error{ErrorCode::not_found, fmt::format("there is no {}: this client has not run yet", file.string())};
  }
  BAUTA_TRY(SqliteDatabase database, open_database(settings));
  BAUTA_RETURN_IF_ERROR(database.run_script("look at the database", "PRAGMA query_only = 1"));
  ClientStore store(settings, FileDescriptor(), std::move(database));
  if (auto compared = store.compare_with_witness(); !compared.ok()) return std::move(compared).error();
  return store;
}

Result<ClientStore> ClientStore::open(const Settings& settings, RandomSource& random) {
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.state_directory));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.state_directory / "outbox"));
  BAUTA_TRY(FileDescriptor lock, lock_directory(settings.state_directory));
  BAUTA_TRY(SqliteDatabase database, open_database(settings));
  ClientStore store(settings, std::move(lock), std::move(database));
  BAUTA_RETURN_IF_ERROR(store.recognise(random));
  BAUTA_RETURN_IF_ERROR(store.sweep());
  return store;
}

// A crash between the erasure in the database and that of the vector, or in the middle of a write.
Status ClientStore::sweep() const {
  BAUTA_RETURN_IF_ERROR(remove_temporaries(state_directory_));
  if (restored_) return {};
  BAUTA_TRY(const auto rounds, rounds_under_way());
  std::set<std::filesystem::path> kept;
  for (const auto& [round_no, attempt] : rounds) kept.insert(vector_path(round_no, attempt));
  std::error_code error;
  for (std::filesystem::directory_iterator it(state_directory_ / "outbox", error), end; !error && it != end;
       it.increment(error)) {
    if (!kept.contains(it->path())) BAUTA_RETURN_IF_ERROR(remove_file(it->path()));
  }
  if (error) return file_error("list", state_directory_ / "outbox", error.value());
  return {};
}

Result<bool> ClientStore::compare_with_witness() {
  std::optional<Generation> witness;
  auto read = witness_.read();
  if (read.ok()) {
    witness = *std::move(read);
  } else if (read.error().code == ErrorCode::malformed) {
    restored_ = true;
  } else {
    return read.error();
  }

  BAUTA_TRY(Statement row, database_.query("read the incarnation", "SELECT id, generation FROM incarnation"));
  BAUTA_TRY(const bool found, row.step());
  if (!found) {
    // A new database beside an old witness: the old one was lost, with its latches. Under generation 0 none were
    // written.
    restored_ = restored_ || (witness && witness->number > 0);
    return false;
  }
  incarnation_ = row.blob(0);
  generation_ = row.unsigned_integer(1);
  if (!witness || witness->incarnation != incarnation_ || witness->number > generation_) restored_ = true;
  return true;
}

Status ClientStore::recognise(RandomSource& random) {
  BAUTA_TRY(const bool found, compare_with_witness());
  if (restored_) return {};
  if (!found) {
    incarnation_ = fresh_incarnation(random);
    // The witness first: if we are gone before the database knows the incarnation, the next open begins anew, which is
    // safe beside a witness of generation 0 only. The other way round it would find a database without a witness.
    BAUTA_RETURN_IF_ERROR(witness_.write({incarnation_, generation_}));
    return database_.run("create the incarnation",
                         "INSERT INTO incarnation (only_row, id, generation) VALUES (1, ?, 0)", incarnation_);
  }
  // First what a crash has left behind, so that the witness is never two generations late.
  BAUTA_RETURN_IF_ERROR(witness_.write({incarnation_, generation_}));
  BAUTA_TRY(Transaction transaction, Transaction::begin(database_));
  BAUTA_RETURN_IF_ERROR(count_generation());
  BAUTA_RETURN_IF_ERROR(transaction.commit());
  return witness_.write({incarnation_, generation_});
}

Status ClientStore::refuse_if_restored() const {
  if (!restored_) return {};
  return Error{
      ErrorCode::refused_by_policy,
      fmt::format("{} was restored from a backup or lost its witness {}; find the last round this client took part "
                  "in and run `bauta-client resume-after ROUND`",
                  database_.file().string(), witness_.path().string())};
}

Status ClientStore::count_generation() {
  ++generation_;
  return database_.run("count the generation", "UPDATE incarnation SET generation = ?", generation_);
}

Status ClientStore::log_release(std::string_view command, std::string_view detail, WallTime now) {
  return database_.run("log the release", "INSERT INTO releases (command, detail, created_at) VALUES (?, ?, ?)",
                       command, detail, now);
}

Status ClientStore::write_latch(std::string_view key, ByteView bytes) {
  return database_.run(
      "write the latch",
      "INSERT INTO latches (key, bytes) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes", key,
      bytes);
}

Status ClientStore::resume_after(std::uint64_t last_round, WallTime now, RandomSource& random) {
  BAUTA_TRY(const std::uint64_t former, resumed_after());
  if (last_round < former) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("this client promised before to take no part in rounds up to {}; name that or a later one",
                             former)};
  }
  BAUTA_TRY(const auto rounds, rounds_under_way());
  const Bytes next = fresh_incarnation(random);
  {
    BAUTA_TRY(Transaction transaction, Transaction::begin(database_));
    Bytes value;
    append_u64(value, last_round);
    BAUTA_RETURN_IF_ERROR(write_latch(kResumeAfter, value));
    BAUTA_RETURN_IF_ERROR(log_release("resume-after", std::to_string(last_round), now));
    BAUTA_RETURN_IF_ERROR(database_.run("forget the rounds under way", "DELETE FROM round_state"));
    // From generation 1: a witness of generation 0 says that nothing was ever promised.
    BAUTA_RETURN_IF_ERROR(database_.run("start a new incarnation",
                                        "INSERT INTO incarnation (only_row, id, generation) VALUES (1, ?, 1) "
                                        "ON CONFLICT (only_row) DO UPDATE SET id = excluded.id, generation = 1",
                                        next));
    BAUTA_RETURN_IF_ERROR(transaction.commit());
  }
  // From here on the database is of an incarnation the witness does not know: restored, until the witness is written.
  restored_ = true;
  incarnation_ = next;
  generation_ = 1;
  for (const auto& [round_no, attempt] : rounds) BAUTA_RETURN_IF_ERROR(remove_vector(round_no, attempt));
  BAUTA_RETURN_IF_ERROR(database_.truncate_wal());
  BAUTA_RETURN_IF_ERROR(witness_.write({incarnation_, generation_}));
  restored_ = false;
  return {};
}

Result<std::uint64_t> ClientStore::resumed_after() const {
  BAUTA_TRY(const auto bytes, latch(kResumeAfter));
  if (!bytes) return std::uint64_t{0};
  if (bytes->size() != 8)
    return Error{ErrorCode::database, "the latch resume_after is damaged; run resume-after again"};
  return read_u64(*bytes);
}

Status ClientStore::change(const std::function<Status()>& work) {
  BAUTA_RETURN_IF_ERROR(refuse_if_restored());
  const std::uint64_t former_generation = generation_;
  const Status written = [&]() -> Status {
    BAUTA_TRY(Transaction transaction, Transaction::begin(database_));
    BAUTA_RETURN_IF_ERROR(work());
    BAUTA_RETURN_IF_ERROR(count_generation());
    return transaction.commit();
  }();
  if (!written.ok()) {
    generation_ = former_generation;
    return written;
  }
  return witness_.write({incarnation_, generation_});
}

Status ClientStore::put_all(std::uint64_t round_no, std::uint32_t attempt, std::span<const StoredItem> items,
                            std::span<const StoredItem> latches) {
  return change([&]() -> Status {
    for (const auto& [key, bytes] : items) {
      BAUTA_RETURN_IF_ERROR(database_.run("write the outbox",
                                          "INSERT INTO round_state (round_no, attempt, key, bytes) VALUES (?, ?, ?, ?) "
                                          "ON CONFLICT (round_no, attempt, key) DO UPDATE SET bytes = excluded.bytes "
                                          "WHERE round_state.bytes = excluded.bytes",
                                          round_no, attempt, key, bytes));
      if (database_.changes() == 0) {
        return Error{ErrorCode::conflict,
                     fmt::format("round {}, attempt {} has another {} in its outbox already", round_no, attempt, key)};
      }
    }
    for (const auto& [key, bytes] : latches) BAUTA_RETURN_IF_ERROR(write_latch(key, bytes));
    return {};
  });
}

Result<StoredItems> ClientStore::load(std::uint64_t round_no, std::uint32_t attempt) const {
  BAUTA_TRY(Statement rows,
            database_.query("read the outbox", "SELECT key, bytes FROM round_state WHERE round_no = ? AND attempt = ?",
                            round_no, attempt));
  StoredItems items;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    items.emplace(rows.text(0), rows.blob(1));
  }
  return items;
}

Result<std::vector<std::pair<std::uint64_t, std::uint32_t>>> ClientStore::rounds_under_way() const {
  BAUTA_TRY(Statement rows,
            database_.query("list the rounds under way",
                            "SELECT DISTINCT round_no, attempt FROM round_state ORDER BY round_no, attempt"));
  std::vector<std::pair<std::uint64_t, std::uint32_t>> rounds;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    rounds.emplace_back(rows.unsigned_integer(0), rows.u32(1));
  }
  return rounds;
}

Status ClientStore::erase_items(std::uint64_t round_no, std::uint32_t attempt, std::string_view prefix) {
  BAUTA_RETURN_IF_ERROR(
      database_.run("erase from the outbox",
                    "DELETE FROM round_state WHERE round_no = ? AND attempt = ? AND substr(key, 1, length(?3)) = ?3",
                    round_no, attempt, prefix));
  return database_.truncate_wal();
}

Status ClientStore::erase(std::uint64_t round_no, std::uint32_t attempt) {
  BAUTA_RETURN_IF_ERROR(database_.run("erase the round", "DELETE FROM round_state WHERE round_no = ? AND attempt = ?",
                                      round_no, attempt));
  BAUTA_RETURN_IF_ERROR(database_.truncate_wal());
  return remove_vector(round_no, attempt);
}

Result<std::optional<Bytes>> ClientStore::latch(std::string_view key) const {
  BAUTA_TRY(Statement row, database_.query("read the latch", "SELECT bytes FROM latches WHERE key = ?", key));
  BAUTA_TRY(const bool found, row.step());
  return found ? std::optional(row.blob(0)) : std::nullopt;
}

Status ClientStore::put_latch(std::string_view key, ByteView bytes) {
  const StoredItem item(std::string(key), Bytes(bytes.begin(), bytes.end()));
  return put_all(0, 0, {}, std::span(&item, 1));
}

Status ClientStore::put_logged_latch(std::string_view key, ByteView bytes, std::string_view command,
                                     std::string_view detail, WallTime now) {
  return change([&]() -> Status {
    BAUTA_RETURN_IF_ERROR(write_latch(key, bytes));
    return log_release(command, detail, now);
  });
}

Status ClientStore::release_latch(std::string_view key, std::string_view command, std::string_view detail,
                                  WallTime now) {
  return change([&]() -> Status {
    BAUTA_RETURN_IF_ERROR(database_.run("release the latch", "DELETE FROM latches WHERE key = ?", key));
    if (database_.changes() == 0) return Error{ErrorCode::not_found, fmt::format("nothing is latched under {}", key)};
    return log_release(command, detail, now);
  });
}

Result<std::vector<Release>> ClientStore::releases() const {
  BAUTA_TRY(Statement rows,
            database_.query("list releases", "SELECT command, detail, created_at FROM releases ORDER BY seq"));
  std::vector<Release> releases;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    releases.push_back({rows.text(0), rows.text(1), rows.time(2)});
  }
  return releases;
}

Status ClientStore::write_vector(std::uint64_t round_no, std::uint32_t attempt, ByteView masked) {
  BAUTA_RETURN_IF_ERROR(refuse_if_restored());
  return write_file_atomically(vector_path(round_no, attempt), masked);
}

std::filesystem::path ClientStore::vector_path(std::uint64_t round_no, std::uint32_t attempt) const {
  return state_directory_ / "outbox" / fmt::format("{}-{}.vector", round_no, attempt);
}

Status ClientStore::remove_vector(std::uint64_t round_no, std::uint32_t attempt) {
  return remove_file(vector_path(round_no, attempt));
}

}  // namespace bauta::client
