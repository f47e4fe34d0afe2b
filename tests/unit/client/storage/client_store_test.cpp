#include "client/storage/client_store.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/support/crashing_child.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temporary_directory.h"

namespace bauta::client {
namespace {

using testing::TemporaryDirectory;

constexpr WallTime kNow{Milliseconds(1000)};

ClientStore open_in(const std::filesystem::path& directory, const std::filesystem::path& witness = {}) {
  static testing::SeededRandom random(1);
  auto store = ClientStore::open({directory, witness}, random);
  if (!store.ok()) FAIL(store.error().message);
  return std::move(store).value();
}

std::vector<StoredItem> items(std::initializer_list<std::pair<const char*, Bytes>> list) {
  std::vector<StoredItem> out;
  for (const auto& [key, bytes] : list) out.emplace_back(key, bytes);
  return out;
}

/// A copy of client.db as a backup program would take it: all committed content in the one file.
void back_up(ClientStore& store, const std::filesystem::path& state, const std::filesystem::path& backup) {
  // The erase of an attempt that does not exist moves the WAL into the database and changes nothing else.
  REQUIRE(store.erase(999'999, 1).ok());
  std::filesystem::copy_file(state / "client.db", backup, std::filesystem::copy_options::overwrite_existing);
}

void restore(const std::filesystem::path& backup, const std::filesystem::path& state) {
  std::filesystem::remove(state / "client.db-wal");
  std::filesystem::remove(state / "client.db-shm");
  std::filesystem::copy_file(backup, state / "client.db", std::filesystem::copy_options::overwrite_existing);
}

TEST_CASE("items and latches come back after a restart") {
  const TemporaryDirectory directory;
  {
    ClientStore store = open_in(directory.path());
    CHECK(!store.restored());
    REQUIRE(store.put_all(3, 1, items({{"out/1", {1, 2}}, {"secret/keys", {}}}), items({{"last_round", {3}}})).ok());
    REQUIRE(store.put_all(3, 2, items({{"out/1", {9}}})).ok());
    REQUIRE(store.put_latch("certified/ab", Bytes{7}).ok());
  }
  ClientStore store = open_in(directory.path());
  CHECK(!store.restored());
  CHECK(store.load(3, 1).value() == StoredItems{{"out/1", {1, 2}}, {"secret/keys", {}}});
  CHECK(store.load(4, 1)->empty());
  CHECK(store.latch("last_round").value() == Bytes{3});
  CHECK(store.latch("certified/ab").value() == Bytes{7});
  CHECK(!store.latch("certified/cd").value());
  CHECK(store.rounds_under_way().value() == std::vector<std::pair<std::uint64_t, std::uint32_t>>{{3, 1}, {3, 2}});
}

TEST_CASE("what stands in the outbox is never replaced, and nothing beside it is written") {
  const TemporaryDirectory directory;
  ClientStore store = open_in(directory.path());
  REQUIRE(store.put_all(3, 1, items({{"out/1", {1}}})).ok());
  CHECK(store.put_all(3, 1, items({{"out/1", {1}}})).ok());
  const Status other = store.put_all(3, 1, items({{"out/2", {5}}, {"out/1", {2}}}), items({{"last_round", {3}}}));
  CHECK(other.error().code == ErrorCode::conflict);
  CHECK(store.load(3, 1).value() == StoredItems{{"out/1", {1}}});
  CHECK(!store.latch("last_round").value());
  CHECK(store.put_all(3, 1, items({{"out/2", {5}}})).ok());
}

TEST_CASE("a crash in the middle of everything loses only what was not yet promised") {
  const TemporaryDirectory directory;
  REQUIRE(testing::crash_after([&] {
    static std::optional<ClientStore> store;
    store.emplace(open_in(directory.path()));
    for (std::uint8_t i = 0; i < 20; ++i) {
      if (!store->put_all(i, 1, items({{"out/1", {i}}}), items({{"last_round", {i}}})).ok()) ::_exit(2);
    }
  }));
  ClientStore store = open_in(directory.path());
  CHECK(!store.restored());
  CHECK(store.latch("last_round").value() == Bytes{19});
  CHECK(store.rounds_under_way()->size() == 20);
}

TEST_CASE("a crash between the commit and the witness is no restored backup") {
  const TemporaryDirectory directory;
  { ClientStore store = open_in(directory.path()); }
  const std::string witness = read_text_file(directory / "client.generation", 10'000).value();
  {
    ClientStore store = open_in(directory.path());
    REQUIRE(store.put_all(1, 1, items({{"out/1", {1}}})).ok());
  }
  REQUIRE(write_file_atomically(directory / "client.generation", as_bytes(witness)).ok());
  ClientStore store = open_in(directory.path());
  CHECK(!store.restored());
  CHECK(store.load(1, 1)->size() == 1);
}

TEST_CASE("a database restored from a backup is found out by a single later write") {
  const TemporaryDirectory directory;
  const TemporaryDirectory elsewhere;
  {
    ClientStore store = open_in(directory.path());
    REQUIRE(store.put_latch("last_round", Bytes{1}).ok());
    back_up(store, directory.path(), elsewhere / "backup.db");
    REQUIRE(store.put_latch("last_round", Bytes{2}).ok());
  }
  restore(elsewhere / "backup.db", directory.path());
  for (int opened = 0; opened < 2; ++opened) {
    ClientStore store = open_in(directory.path());
    CHECK(store.restored());
    CHECK(store.latch("last_round").value() == Bytes{1});
    CHECK(store.put_latch("last_round", Bytes{3}).error().code == ErrorCode::refused_by_policy);
    CHECK(store.put_all(3, 1, items({{"out/1", {1}}})).error().code == ErrorCode::refused_by_policy);
    CHECK(store.write_vector(3, 1, Bytes{1}).error().code == ErrorCode::refused_by_policy);
    CHECK(store.put_latch("a", Bytes{}).error().message.find("resume-after") != std::string::npos);
  }
}

TEST_CASE("a backup that is as new as the witness is no older state") {
  const TemporaryDirectory directory;
  const TemporaryDirectory elsewhere;
  {
    ClientStore store = open_in(directory.path());
    REQUIRE(store.put_latch("last_round", Bytes{1}).ok());
    back_up(store, directory.path(), elsewhere / "backup.db");
  }
  restore(elsewhere / "backup.db", directory.path());
  CHECK(!open_in(directory.path()).restored());
}

TEST_CASE("a lost database, a lost witness, a damaged witness and a foreign database all count as restored") {
  const TemporaryDirectory directory;
  const TemporaryDirectory other;
  { REQUIRE(open_in(directory.path()).put_latch("last_round", Bytes{1}).ok()); }
  const std::string witness = read_text_file(directory / "client.generation", 10'000).value();
  const auto write_witness = [&](std::string_view text) {
    REQUIRE(write_file_atomically(directory / "client.generation", as_bytes(text)).ok());
  };
  std::filesystem::remove(directory / "client.generation");
  CHECK(open_in(directory.path()).restored());
  const std::string endless(20'000, 'x');
  for (const std::string_view damaged :
       {std::string_view("nonsense"), std::string_view(""), std::string_view("00 1\n"),
        std::string_view(witness).substr(0, witness.size() - 1), std::string_view(endless)}) {
    write_witness(damaged);
    CHECK(open_in(directory.path()).restored());
  }
  write_witness(witness);
  CHECK(!open_in(directory.path()).restored());
  {
    ClientStore foreign = open_in(other.path());
    for (int i = 0; i < 10; ++i) REQUIRE(foreign.put_latch("x", Bytes{1}).ok());
    back_up(foreign, other.path(), other / "backup.db");
  }
  restore(other / "backup.db", directory.path());
  CHECK(open_in(directory.path()).restored());
  std::filesystem::remove(directory / "client.db");
  CHECK(open_in(directory.path()).restored());
  CHECK(open_in(directory.path()).restored());
}

TEST_CASE("a very first start that was cut short is no restored backup, whatever it left") {
  const TemporaryDirectory directory;
  { ClientStore store = open_in(directory.path()); }  // the witness, not yet the database
  std::filesystem::remove(directory / "client.db");
  {
    ClientStore store = open_in(directory.path());
    CHECK(!store.restored());
    REQUIRE(store.put_latch("last_round", Bytes{1}).ok());
  }
  CHECK(!open_in(directory.path()).restored());
  std::filesystem::remove(directory / "client.db");
  CHECK(open_in(directory.path()).restored());
}

TEST_CASE("a database that is lost right after resume-after counts as restored") {
  const TemporaryDirectory directory;
  testing::SeededRandom random(7);
  { REQUIRE(open_in(directory.path()).resume_after(12, kNow, random).ok()); }
  std::filesystem::remove(directory / "client.db");
  CHECK(open_in(directory.path()).restored());
}

TEST_CASE("a witness on another file system finds out when the whole state directory was restored") {
  const TemporaryDirectory directory;
  const TemporaryDirectory elsewhere;
  {
    ClientStore store = open_in(directory / "state", elsewhere / "witness");
    REQUIRE(store.put_latch("last_round", Bytes{1}).ok());
  }
  std::filesystem::copy(directory / "state", directory / "backup", std::filesystem::copy_options::recursive);
  { REQUIRE(open_in(directory / "state", elsewhere / "witness").put_latch("last_round", Bytes{2}).ok()); }
  std::filesystem::remove_all(directory / "state");
  std::filesystem::rename(directory / "backup", directory / "state");
  CHECK(open_in(directory / "state", elsewhere / "witness").restored());
}

TEST_CASE("resume-after lets the client go on, logged, without the rounds under way") {
  const TemporaryDirectory directory;
  testing::SeededRandom random(7);
  {
    ClientStore store = open_in(directory.path());
    REQUIRE(store.write_vector(5, 1, Bytes{1}).ok());
    REQUIRE(store.put_all(5, 1, items({{"out/3", {1}}}), items({{"certified/ab", {1}}})).ok());
  }
  std::filesystem::remove(directory / "client.generation");
  {
    ClientStore store = open_in(directory.path());
    REQUIRE(store.restored());
    REQUIRE(store.resume_after(12, kNow, random).ok());
    CHECK(!store.restored());
    CHECK(store.resumed_after().value() == 12);
    CHECK(store.rounds_under_way()->empty());
    CHECK(!std::filesystem::exists(store.vector_path(5, 1)));
    CHECK(store.latch("certified/ab").value() == Bytes{1});
    CHECK(store.resume_after(11, kNow, random).error().code == ErrorCode::invalid_argument);
    CHECK(store.put_latch("last_round", Bytes{13}).ok());
  }
  ClientStore store = open_in(directory.path());
  CHECK(!store.restored());
  const auto releases = store.releases().value();
  REQUIRE(releases.size() == 1);
  CHECK(releases[0].command == "resume-after");
  CHECK(releases[0].detail == "12");
  CHECK(releases[0].created_at == kNow);
}

TEST_CASE("vectors of attempts that are over and half written files do not outlive the next start") {
  const TemporaryDirectory directory;
  {
    ClientStore store = open_in(directory.path());
    for (std::uint64_t round_no = 1; round_no <= 3; ++round_no) {
      REQUIRE(store.write_vector(round_no, 1, Bytes{1}).ok());
    }
    REQUIRE(store.put_all(3, 1, items({{"out/1", {1}}})).ok());
  }
  for (const char* const name : {"client.generation.tmp.2147483647.2", "outbox/3-1.vector.tmp.2147483647.3"}) {
    REQUIRE(write_file_atomically(directory / name, Bytes(10)).ok());
  }
  const ClientStore store = open_in(directory.path());
  CHECK(!store.restored());
  CHECK(std::filesystem::exists(store.vector_path(3, 1)));
  for (const char* const name : {"outbox/1-1.vector", "outbox/2-1.vector", "client.generation.tmp.2147483647.2",
                                 "outbox/3-1.vector.tmp.2147483647.3"}) {
    CAPTURE(name);
    CHECK(!std::filesystem::exists(directory / name));
  }
}

TEST_CASE("after erase no file of the state directory holds the secret any more") {
  const TemporaryDirectory directory;
  ClientStore store = open_in(directory.path());
  const std::string secret = "e-and-m-keys-that-must-be-gone-after-phase-5";
  const auto secret_bytes = as_bytes(secret);
  const auto found = [&] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
      if (!entry.is_regular_file()) continue;
      const auto text = read_text_file(entry.path(), 10'000'000);
      if (text.ok() && text->find(secret) != std::string::npos) return true;
    }
    return false;
  };
  const std::vector<StoredItem> stored = {{"secret/keys", Bytes(secret_bytes.begin(), secret_bytes.end())}};
  REQUIRE(store.put_all(1, 1, stored).ok());
  REQUIRE(store.put_all(1, 2, items({{"out/1", {4}}})).ok());
  REQUIRE(store.write_vector(1, 1, secret_bytes).ok());
  CHECK(found());
  REQUIRE(store.erase(1, 1).ok());
  CHECK(!found());
  CHECK(store.load(1, 1)->empty());
  CHECK(store.load(1, 2)->size() == 1);
}

TEST_CASE("a released latch is gone and its release is on record") {
  const TemporaryDirectory directory;
  ClientStore store = open_in(directory.path());
  REQUIRE(store.put_latch("certified/ab", Bytes{1}).ok());
  REQUIRE(store.release_latch("certified/ab", "release-certificate", "round 4 lost with its coordinator", kNow).ok());
  CHECK(!store.latch("certified/ab").value());
  CHECK(store.releases()->at(0).detail == "round 4 lost with its coordinator");
  CHECK(store.release_latch("certified/ab", "x", "y", kNow).error().code == ErrorCode::not_found);
  CHECK(store.releases()->size() == 1);
}

TEST_CASE("a masked vector is whole on disk, and a full disk keeps the former one") {
  const TemporaryDirectory directory;
  ClientStore store = open_in(directory.path());
  REQUIRE(store.write_vector(1, 1, Bytes(1000, 5)).ok());
  {
    const testing::FileSizeLimit limit(100'000);
    CHECK(store.write_vector(1, 1, Bytes(200'000, 6)).error().code == ErrorCode::disk_full);
  }
  CHECK(read_file(store.vector_path(1, 1), 1000).value() == Bytes(1000, 5));
  REQUIRE(store.remove_vector(1, 1).ok());
  CHECK(store.remove_vector(1, 1).ok());
}

TEST_CASE("a full disk refuses the write, keeps the store usable and is no restored backup") {
  const TemporaryDirectory directory;
  {
    ClientStore store = open_in(directory.path());
    REQUIRE(store.put_all(1, 1, items({{"out/1", {1}}})).ok());
    {
      const testing::FileSizeLimit limit(500'000);
      CHECK(store.put_all(1, 1, items({{"in/1", Bytes(1'000'000)}})).error().code == ErrorCode::disk_full);
    }
    CHECK(store.load(1, 1)->size() == 1);
    CHECK(store.put_all(1, 1, items({{"in/1", Bytes(1'000'000)}})).ok());
  }
  CHECK(!open_in(directory.path()).restored());
}

TEST_CASE("a state directory is used by one process at a time") {
  const TemporaryDirectory directory;
  testing::SeededRandom random(1);
  const ClientStore store = open_in(directory.path());
  CHECK(ClientStore::open({directory.path(), {}}, random).error().code == ErrorCode::busy);
}

TEST_CASE("a client refuses a database of a newer version") {
  const TemporaryDirectory directory;
  testing::SeededRandom random(1);
  { ClientStore store = open_in(directory.path()); }
  {
    SqliteDatabase database = std::move(SqliteDatabase::open(directory / "client.db", {})).value();
    REQUIRE(database.run_script("pretend", "PRAGMA user_version = 99").ok());
  }
  CHECK(ClientStore::open({directory.path(), {}}, random).error().code == ErrorCode::newer_schema);
}

}  // namespace
}  // namespace bauta::client
