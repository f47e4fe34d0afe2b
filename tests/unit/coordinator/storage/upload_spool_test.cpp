#include "coordinator/storage/upload_spool.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/crashing_child.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temporary_directory.h"

namespace bauta::coordinator {
namespace {

using testing::TemporaryDirectory;

constexpr std::uint64_t kChunk = UploadSpool::kChunkBytes;
constexpr std::uint64_t kRoomy = 1 << 30;

UploadSpool open_in(const std::filesystem::path& directory, std::uint64_t budget = kRoomy) {
  auto spool = UploadSpool::open(directory, budget);
  if (!spool.ok()) FAIL(spool.error().message);
  return std::move(spool).value();
}

Upload open_upload(UploadSpool& spool, UploadKey key, std::uint64_t bytes) {
  auto upload = spool.open_upload(key, bytes);
  if (!upload.ok()) FAIL(upload.error().message);
  return std::move(upload).value();
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  testing::SeededRandom(size).fill(bytes);
  return bytes;
}

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST_CASE("an upload is written piece by piece and read back by any range") {
  const TemporaryDirectory directory;
  UploadSpool spool = open_in(directory.path());
  const Bytes bytes = random_bytes(3 * kChunk + 17);
  Upload upload = open_upload(spool, {{1, 1}, 2}, bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t piece = std::min<std::size_t>(10'007, bytes.size() - at);
    REQUIRE(upload.append(at, ByteView(bytes).subspan(at, piece)).ok());
    at += piece;
  }
  CHECK(upload.complete());
  REQUIRE(upload.sync().ok());
  Bytes part(kChunk + 5);
  REQUIRE(upload.read(kChunk - 3, part).ok());
  CHECK(std::equal(part.begin(), part.end(), bytes.begin() + kChunk - 3));
}

TEST_CASE("the leaves beside an upload live and die with it, and a closed upload is read without its key") {
  const TemporaryDirectory directory;
  const UploadKey key{{1, 1}, 2};
  const Bytes bytes = random_bytes(2 * kChunk + 17);
  const std::vector<Digest> leaves = {Digest{1}, Digest{2}, Digest{3}};
  {
    UploadSpool spool = open_in(directory.path());
    CHECK(spool.leaves(key).empty());
    {
      Upload upload = open_upload(spool, key, bytes.size());
      REQUIRE(upload.append(0, bytes).ok());
      REQUIRE(upload.keep_leaves(leaves).ok());
    }
    CHECK(spool.leaves(key) == leaves);
    Bytes part(100);
    REQUIRE(spool.read(key, kChunk, part).ok());
    CHECK(std::equal(part.begin(), part.end(), bytes.begin() + kChunk));
    CHECK(spool.read(key, bytes.size() - 50, part).error().code == ErrorCode::io);
    CHECK(spool.read({{1, 1}, 3}, 0, part).error().code == ErrorCode::not_found);
    REQUIRE(spool.keep_leaves(key, std::span(leaves).first(1)).ok());
    CHECK(spool.leaves(key).size() == 1);
  }
  // Those whose upload is gone are swept at the next start.
  REQUIRE(write_file_atomically(directory.path() / "spool/9-9-9.leaves", Bytes(32, 1)).ok());
  UploadSpool spool = open_in(directory.path());
  CHECK(files_in(directory.path() / "spool") == 2);
  CHECK(spool.leaves(key).size() == 1);
  REQUIRE(spool.remove(key).ok());
  CHECK(files_in(directory.path() / "spool") == 0);
}

TEST_CASE("bytes are taken only where the upload goes on, and only as many as announced") {
  const TemporaryDirectory directory;
  UploadSpool spool = open_in(directory.path());
  Upload upload = open_upload(spool, {{1, 1}, 2}, 10);
  CHECK(upload.append(1, Bytes(1)).error().code == ErrorCode::conflict);
  REQUIRE(upload.append(0, Bytes(6)).ok());
  CHECK(upload.append(0, Bytes(1)).error().message == "the upload goes on at byte 6, not at 0");
  CHECK(upload.append(6, Bytes(5)).error().code == ErrorCode::oversized);
  CHECK(upload.size() == 6);
  CHECK(upload.append(6, Bytes(4)).ok());
  CHECK(upload.complete());
}

TEST_CASE("after a crash whole chunks are kept and the tail is cut") {
  const TemporaryDirectory directory;
  const Bytes bytes = random_bytes(5 * kChunk);
  REQUIRE(testing::crash_after([&] {
    UploadSpool spool = open_in(directory.path());
    static std::optional<Upload> upload;
    upload.emplace(open_upload(spool, {{1, 1}, 2}, bytes.size()));
    if (!upload->append(0, ByteView(bytes).first(2 * kChunk + 100)).ok()) ::_exit(2);
  }));
  UploadSpool spool = open_in(directory.path());
  CHECK(spool.size_of({{1, 1}, 2}) == 2 * kChunk + 100);
  Upload upload = open_upload(spool, {{1, 1}, 2}, bytes.size());
  CHECK(upload.size() == 2 * kChunk);
  REQUIRE(upload.append(2 * kChunk, ByteView(bytes).subspan(2 * kChunk)).ok());
  Bytes all(bytes.size());
  REQUIRE(upload.read(0, all).ok());
  CHECK(all == bytes);
}

TEST_CASE("a whole upload is kept whole, whatever its length") {
  const TemporaryDirectory directory;
  const Bytes bytes = random_bytes(kChunk + 1);
  {
    UploadSpool spool = open_in(directory.path());
    REQUIRE(open_upload(spool, {{1, 1}, 2}, bytes.size()).append(0, bytes).ok());
  }
  UploadSpool spool = open_in(directory.path());
  CHECK(open_upload(spool, {{1, 1}, 2}, bytes.size()).complete());
  // The same file under another announced length is no whole upload any more.
  CHECK(open_upload(spool, {{1, 1}, 2}, bytes.size() + 1).size() == kChunk);
}

TEST_CASE("a key is open once at a time") {
  const TemporaryDirectory directory;
  UploadSpool spool = open_in(directory.path());
  {
    const Upload upload = open_upload(spool, {{1, 1}, 2}, 10);
    CHECK(spool.open_upload({{1, 1}, 2}, 10).error().code == ErrorCode::busy);
    CHECK(spool.remove({{1, 1}, 2}).error().code == ErrorCode::busy);
    CHECK(spool.open_upload({{1, 1}, 3}, 10).ok());
  }
  CHECK(spool.open_upload({{1, 1}, 2}, 10).ok());
}

TEST_CASE("an upload that is cut off takes nothing more, others and later ones do") {
  const TemporaryDirectory directory;
  UploadSpool spool = open_in(directory.path());
  {
    Upload late = open_upload(spool, {{1, 1}, 2}, 10);
    Upload other = open_upload(spool, {{1, 2}, 2}, 10);
    REQUIRE(late.append(0, Bytes(4)).ok());
    spool.cut_off({1, 1});
    CHECK(late.append(4, Bytes(4)).error().code == ErrorCode::late);
    CHECK(late.size() == 4);
    CHECK(other.append(0, Bytes(10)).ok());
  }
  CHECK(open_upload(spool, {{1, 1}, 2}, 10).append(0, Bytes(10)).ok());
}

TEST_CASE("the budget covers what uploads may grow to, and what was left from before") {
  const TemporaryDirectory directory;
  {
    UploadSpool spool = open_in(directory.path(), 100);
    Upload first = open_upload(spool, {{1, 1}, 1}, 60);
    CHECK(spool.reserved_bytes() == 60);
    const auto second = spool.open_upload({{1, 1}, 2}, 41);
    CHECK(second.error().code == ErrorCode::busy);
    CHECK(spool.open_upload({{1, 1}, 2}, 40).ok());
    REQUIRE(first.append(0, Bytes(60)).ok());
  }
  UploadSpool spool = open_in(directory.path(), 100);
  CHECK(spool.reserved_bytes() == 60);
  CHECK(spool.open_upload({{1, 1}, 3}, 41).error().code == ErrorCode::busy);
  REQUIRE(spool.remove({{1, 1}, 1}).ok());
  CHECK(spool.reserved_bytes() == 0);
  CHECK(spool.open_upload({{1, 1}, 3}, 100).ok());
  CHECK(spool.open_upload({{1, 1}, 4}, 101).error().code == ErrorCode::busy);
}

TEST_CASE("a full disk refuses the piece, and the upload goes on from where it was") {
  const TemporaryDirectory directory;
  UploadSpool spool = open_in(directory.path());
  const Bytes bytes = random_bytes(2 * kChunk);
  Upload upload = open_upload(spool, {{1, 1}, 1}, bytes.size());
  REQUIRE(upload.append(0, ByteView(bytes).first(1000)).ok());
  {
    const testing::FileSizeLimit limit(kChunk);
    const Status status = upload.append(1000, ByteView(bytes).subspan(1000));
    CHECK(status.error().code == ErrorCode::disk_full);
    CHECK(status.error().message.find("1-1-1.upload") != std::string::npos);
  }
  CHECK(upload.size() == 1000);
  REQUIRE(upload.append(1000, ByteView(bytes).subspan(1000)).ok());
  Bytes all(bytes.size());
  REQUIRE(upload.read(0, all).ok());
  CHECK(all == bytes);
}

TEST_CASE("uploads of forgotten rounds are swept, others and strange files stay") {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "spool");
  for (const char* name : {"README", "07-1-1.upload", "1-1.upload", "1-1-1.uploadx", "1-1-99999999999.upload"}) {
    std::ofstream(directory / "spool" / name) << "x";
  }
  UploadSpool spool = open_in(directory.path());
  for (const RoundKey round : {RoundKey{1, 1}, {1, 2}, {2, 1}}) {
    for (std::uint32_t partner = 0; partner < 2; ++partner) {
      REQUIRE(open_upload(spool, {round, partner}, 10).append(0, Bytes(10)).ok());
    }
  }
  CHECK(files_in(directory / "spool") == 5 + 6);
  REQUIRE(spool.forget({1, 1}).ok());
  CHECK(files_in(directory / "spool") == 5 + 4);
  const RoundKey keep[] = {{2, 1}};
  REQUIRE(open_in(directory.path()).sweep(keep).ok());
  CHECK(files_in(directory / "spool") == 5 + 2);
  CHECK(spool.size_of({{2, 1}, 1}) == 10);
  CHECK(spool.size_of({{1, 2}, 1}) == 0);
}

}  // namespace
}  // namespace bauta::coordinator
