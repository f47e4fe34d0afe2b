#include "client/storage/witness.h"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.h"

using namespace bauta;
using bauta::client::Generation;
using bauta::client::Witness;
using bauta::testing::TemporaryDirectory;

namespace {

constexpr std::size_t kBlock = 4096;

const Bytes kFirst(16, 1);
const Bytes kSecond(16, 2);

class File {
 public:
  File() : witness_(path()) {}

  std::filesystem::path path() const { return directory_ / "witness"; }
  void write(const Bytes& incarnation, std::uint64_t number) { REQUIRE(witness_.write({incarnation, number}).ok()); }
  std::string text() const { return read_text_file(path(), 2 * kBlock).value(); }
  void replace(const std::string& text) { REQUIRE(write_file_atomically(path(), as_bytes(text)).ok()); }
  /// What another process reads.
  std::optional<std::uint64_t> number() const {
    const auto generation = Witness(path()).read();
    if (!generation.ok()) return std::nullopt;
    return (*generation)->number;
  }
  ErrorCode error() const { return Witness(path()).read().error().code; }

 private:
  TemporaryDirectory directory_;
  Witness witness_;
};

}  // namespace

TEST_CASE("a witness tells the newest generation that was written, whichever line it stands on") {
  File file;
  CHECK(!Witness(file.path()).read().value());
  for (std::uint64_t number = 7; number < 12; ++number) {
    file.write(kFirst, number);
    CHECK(file.number() == number);
  }
  file.write(kSecond, 1);
  CHECK(file.number() == 1);
  CHECK(Witness(file.path()).read().value()->incarnation == kSecond);
}

TEST_CASE("a generation leaves the line of the one before untouched") {
  File file;
  file.write(kFirst, 4);
  const std::string before = file.text();
  file.write(kFirst, 5);
  CHECK(file.text().substr(0, kBlock) == before.substr(0, kBlock));
  CHECK(file.text().substr(kBlock) != before.substr(kBlock));
}

TEST_CASE("a torn line counts as the generation that was being written, however much of it was") {
  File file;
  file.write(kFirst, 1'000'008);
  file.write(kFirst, 1'000'009);
  const std::string before = file.text();
  file.write(kFirst, 1'000'010);
  const std::string after = file.text();
  int torn = 0;
  for (std::size_t kept = 0; kept <= 64; ++kept) {
    const std::string text = after.substr(0, kept) + before.substr(kept);
    if (text == before || text == after) continue;
    file.replace(text);
    CHECK(file.number() == 1'000'010);
    ++torn;
  }
  CHECK(torn > 20);
}

TEST_CASE("a witness that no crash leaves is damaged") {
  File file;
  file.write(kFirst, 4);
  file.write(kFirst, 5);
  const std::string whole = file.text();
  File other;
  other.write(kSecond, 5);
  std::string both_torn = whole;
  both_torn[3] = both_torn[kBlock + 3] = '7';
  for (const std::string& text : {std::string(), whole.substr(0, whole.size() - 1), whole + "\n", both_torn,
                                  whole.substr(0, kBlock) + other.text().substr(kBlock)}) {
    file.replace(text);
    CHECK(file.error() == ErrorCode::malformed);
  }
}

TEST_CASE("a witness that was deleted or replaced meanwhile is written anew") {
  File file;
  file.write(kFirst, 4);
  const std::string old = file.text();
  file.write(kFirst, 5);
  std::filesystem::remove(file.path());
  file.write(kFirst, 6);
  CHECK(file.number() == 6);
  file.replace(old);
  file.write(kFirst, 7);
  CHECK(file.number() == 7);
}
