#include "coordinator/models/model_store.h"

#include <doctest/doctest.h>

#include "coordinator/storage/database.h"
#include "coordinator/storage/model_table.h"
#include "coordinator/storage/run_store.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace bauta::coordinator {
namespace {

constexpr WallTime kNow{Milliseconds(1000)};

/// A model store over a real database with two runs, "a" and "b".
struct Fixture {
  testing::TemporaryDirectory directory;
  SqliteDatabase database = std::move(open_database(directory.path())).value();
  ModelTable table{database};
  ModelStore store = std::move(ModelStore::open(directory.path(), table)).value();

  Fixture() {
    for (const char* id : {"a", "b"}) {
      RunRow run;
      run.run_id = id;
      REQUIRE(RunStore(database).create(run).ok());
    }
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory / "models"), {}));
  }
};

TEST_CASE("a model is found by its hash, in a file of that name") {
  Fixture f;
  const Digest hash{0xAB};
  CHECK(f.store.find(hash).error().code == ErrorCode::not_found);
  const ModelRow row = f.store.put("a", 1, hash, Bytes{1, 2, 3}, kNow).value();
  CHECK(row.file == to_hex(hash) + ".bauta");
  CHECK(f.store.read(hash).value() == Bytes{1, 2, 3});
  CHECK(f.store.find(hash)->size == 3);
  CHECK(std::filesystem::exists(f.store.path(hash).value()));
}

TEST_CASE("the same model may be put again, another one under its name may not") {
  Fixture f;
  REQUIRE(f.store.put("a", 1, Digest{1}, Bytes{1}, kNow).ok());
  CHECK(f.store.put("a", 1, Digest{1}, Bytes{1}, kNow).ok());
  CHECK(f.store.put("a", 1, Digest{2}, Bytes{2}, kNow).error().code == ErrorCode::conflict);
  CHECK(f.store.find(Digest{1})->round_no == 1);
  CHECK(f.store.find(Digest{2}).error().code == ErrorCode::not_found);
  CHECK(f.store.put("nobody's", 1, Digest{3}, Bytes{3}, kNow).error().code == ErrorCode::conflict);
}

TEST_CASE("a full disk leaves no row and no file") {
  Fixture f;
  {
    const testing::FileSizeLimit limit(100'000);
    CHECK(f.store.put("a", 1, Digest{1}, Bytes(200'000), kNow).error().code == ErrorCode::disk_full);
  }
  CHECK(f.store.find(Digest{1}).error().code == ErrorCode::not_found);
  CHECK(f.files() == 0);
}

TEST_CASE("pruning keeps the newest models and the first, and files that another run needs") {
  Fixture f;
  for (std::uint8_t round = 0; round < 6; ++round)
    REQUIRE(f.store.put("a", round, Digest{round}, Bytes{round}, kNow).ok());
  REQUIRE(f.store.put("b", 0, Digest{2}, Bytes{2}, kNow).ok());
  CHECK(f.store.prune("a", 2).value() == 3);
  const auto rows = f.store.list("a", 100).value();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].round_no == 5);
  CHECK(rows[1].round_no == 4);
  CHECK(rows[2].round_no == 0);
  CHECK(f.files() == 4);
  CHECK(f.store.read(Digest{2}).value() == Bytes{2});
  CHECK(!f.store.read(Digest{3}).ok());
  CHECK(f.store.list("", 100)->size() == 4);
  CHECK(f.store.list("", 2)->size() == 2);
  CHECK(f.store.prune("a", 2).value() == 0);
}

}  // namespace
}  // namespace bauta::coordinator
