#include "common/base/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/crashing_child.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace bauta {
namespace {

using testing::FileSizeLimit;
using testing::TemporaryDirectory;

std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

TEST_CASE("what was written atomically is read back, only by its owner") {
  const TemporaryDirectory directory;
  const Bytes bytes{1, 2, 0, 255};
  REQUIRE(write_file_atomically(directory / "state", bytes).ok());
  CHECK(read_file(directory / "state", 4).value() == bytes);
  CHECK(mode_of(directory / "state") == 0600);
  CHECK(entries(directory.path()) == 1);
}

TEST_CASE("a file longer than the limit is refused and named") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "state", Bytes(100)).ok());
  const auto read = read_file(directory / "state", 99);
  REQUIRE(!read.ok());
  CHECK(read.error().code == ErrorCode::oversized);
  CHECK(read.error().message.find("state") != std::string::npos);
  CHECK(read_text_file(directory / "state", 100).value().size() == 100);
}

TEST_CASE("a missing file and a directory are told apart") {
  const TemporaryDirectory directory;
  CHECK(read_file(directory / "nothing", 10).error().code == ErrorCode::not_found);
  CHECK(read_file(directory.path(), 10).error().code == ErrorCode::io);
}

TEST_CASE("an open file tells how long it is, a directory is none") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "f", Bytes(7)).ok());
  const FileDescriptor file = std::move(open_file(directory / "f", O_RDONLY)).value();
  CHECK(length_of(file.get(), directory / "f").value() == 7);
  const FileDescriptor folder = std::move(open_file(directory.path(), O_RDONLY)).value();
  CHECK(length_of(folder.get(), directory.path()).error().code == ErrorCode::io);
}

TEST_CASE("what a killed process left half written is removed, and nothing else") {
  const TemporaryDirectory directory;
  const std::string dead = std::to_string(std::numeric_limits<pid_t>::max());  // no process has this number
  const std::string alive = "other.tmp." + std::to_string(::getppid()) + ".0";
  for (const std::string& name :
       {std::string("state"), std::string("state.tmp"), std::string("tmp.1"), alive, "state.tmp." + dead + ".bak",
        "state.tmp." + dead + ".3", "1-1.vector.tmp." + dead + ".4"}) {
    REQUIRE(write_file_atomically(directory / name, Bytes(10)).ok());
  }
  remove_temporaries_of(directory / "state");
  CHECK(entries(directory.path()) == 6);
  REQUIRE(remove_temporaries(directory.path()).ok());
  CHECK(entries(directory.path()) == 5);
  CHECK(std::filesystem::exists(directory / alive));
  CHECK(std::filesystem::exists(directory / "state.tmp"));
  CHECK(remove_temporaries(directory / "missing").error().code == ErrorCode::not_found);
}

TEST_CASE("a link planted under a temporary's name is not followed") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "others", Bytes(3)).ok());
  // Whatever the serial number is by now: one of the next.
  for (int serial = 0; serial < 2000; ++serial) {
    const std::string name = "mine.tmp." + std::to_string(::getpid()) + "." + std::to_string(serial);
    if (serial % 2 == 0) std::filesystem::create_symlink(directory / "others", directory / name);
  }
  for (int i = 0; i < 4; ++i) REQUIRE(write_file_atomically(directory / "mine", Bytes(10)).ok());
  CHECK(std::filesystem::file_size(directory / "others") == 3);
  CHECK(std::filesystem::file_size(directory / "mine") == 10);
  CHECK_FALSE(std::filesystem::is_symlink(directory / "mine"));
}

TEST_CASE("a disk that is full leaves the former file as it was and nothing else") {
  const TemporaryDirectory directory;
  const Bytes former(10, 7);
  REQUIRE(write_file_atomically(directory / "state", former).ok());
  {
    const FileSizeLimit limit(4096);
    const Status written = write_file_atomically(directory / "state", Bytes(10'000));
    REQUIRE(!written.ok());
    CHECK(written.error().code == ErrorCode::disk_full);
    CHECK(written.error().message.find((directory / "state").string()) != std::string::npos);
  }
  CHECK(read_file(directory / "state", 100).value() == former);
  CHECK(entries(directory.path()) == 1);
}

TEST_CASE("no space left says what mends it") {
  const Error error = file_error("write", "spool/3", ENOSPC);
  CHECK(error.code == ErrorCode::disk_full);
  CHECK(error.message == "cannot write spool/3: No space left on device; free space on that file system and try again");
}

TEST_CASE("writing into a folder that is not there names the file") {
  const TemporaryDirectory directory;
  const Status written = write_file_atomically(directory / "no" / "state", Bytes(1));
  REQUIRE(!written.ok());
  CHECK(written.error().message.find("no/state") != std::string::npos);
}

TEST_CASE("private directories are made with their parents and narrowed where they were open") {
  const TemporaryDirectory directory;
  REQUIRE(ensure_private_directory(directory / "a" / "b").ok());
  CHECK(mode_of(directory / "a") == 0700);
  CHECK(mode_of(directory / "a" / "b") == 0700);
  REQUIRE(::chmod((directory / "a").c_str(), 0755) == 0);
  REQUIRE(ensure_private_directory(directory / "a").ok());
  CHECK(mode_of(directory / "a") == 0700);
  REQUIRE(write_file_atomically(directory / "file", Bytes(1)).ok());
  CHECK(!ensure_private_directory(directory / "file").ok());
}

TEST_CASE("a descriptor is closed once, by its last owner") {
  const TemporaryDirectory directory;
  FileDescriptor first = std::move(open_file(directory / "f", O_WRONLY | O_CREAT)).value();
  const int number = first.get();
  FileDescriptor second = std::move(first);
  CHECK(!first.valid());
  CHECK(::fcntl(number, F_GETFD) >= 0);
  second.reset();
  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("a directory is locked for one holder, and a crash lets go of it") {
  const TemporaryDirectory directory;
  CHECK(testing::crash_after([&] {
    if (!lock_directory(directory.path()).ok()) ::_exit(2);
  }));
  FileDescriptor held = std::move(lock_directory(directory.path())).value();
  const auto second = lock_directory(directory.path());
  REQUIRE(!second.ok());
  CHECK(second.error().code == ErrorCode::busy);
  CHECK(second.error().message.find("(process " + std::to_string(::getpid()) + ")") != std::string::npos);
  held.reset();
  CHECK(lock_directory(directory.path()).ok());
}

TEST_CASE("removing a file twice is no error") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "f", Bytes(1)).ok());
  CHECK(remove_file(directory / "f").ok());
  CHECK(remove_file(directory / "f").ok());
  CHECK(entries(directory.path()) == 0);
}

}  // namespace
}  // namespace bauta
