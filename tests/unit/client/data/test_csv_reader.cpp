#include <doctest/doctest.h>

#include "client/data/csv_reader.h"
#include "client/data/csv_source.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

namespace {

/// The first fields of all records joined by blanks, or the error.
std::string read_all(const std::filesystem::path& path) {
  auto reader = CsvReader::open(path);
  if (!reader.ok()) return reader.error().message;
  std::string text;
  while (true) {
    const auto more = reader->next();
    if (!more.ok()) return more.error().message;
    if (!*more) return text;
    text += std::string(reader->record().fields[0]) + " ";
  }
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Incompressible enough to span several pieces of 64 KiB.
std::string many_lines() {
  std::string text;
  for (std::uint64_t i = 0; i < 40'000; ++i) text += std::to_string(i * 0x9E3779B97F4A7C15ULL) + ",x\n";
  return text;
}

}  // namespace

TEST_CASE("gzip is told by its bytes, and reads like the plain file") {
  const TemporaryDirectory dir;
  const std::string text = many_lines();
  write_plain(dir / "plain.gz", text);
  write_gzip(dir / "packed.csv", text);
  const std::string expected = read_all(dir / "plain.gz");
  CHECK(expected.size() > 500'000);
  CHECK(read_all(dir / "packed.csv") == expected);
}

TEST_CASE("gzip members one after another are one text") {
  const TemporaryDirectory dir;
  write_gzip(dir / "a", "a\nb");
  write_gzip(dir / "b", "c\nd\n");
  write_plain(dir / "ab", contents(dir / "a") + contents(dir / "b"));
  CHECK(read_all(dir / "ab") == "a bc d ");
}

TEST_CASE("truncated or damaged gzip is an error wherever it is cut, never silently the end") {
  const TemporaryDirectory dir;
  write_gzip(dir / "small", "a,b\nc,d\ne,f\n");
  const std::string small = contents(dir / "small");
  for (std::size_t size = 2; size < small.size(); ++size) {
    write_plain(dir / "cut", small.substr(0, size));
    CAPTURE(size);
    CHECK(read_all(dir / "cut").find("the gzip data end early") != std::string::npos);
  }
  std::string wrong_checksum = small;
  wrong_checksum[small.size() - 8] = static_cast<char>(wrong_checksum[small.size() - 8] ^ 1);
  write_plain(dir / "wrong", wrong_checksum);
  CHECK(read_all(dir / "wrong").find("the gzip data are damaged") != std::string::npos);
  write_plain(dir / "tail", small + "x,y\n");
  CHECK(read_all(dir / "tail").find("the gzip data are damaged") != std::string::npos);

  write_gzip(dir / "large", many_lines());
  const std::string large = contents(dir / "large");
  write_plain(dir / "cut", large.substr(0, large.size() / 2));
  CHECK(read_all(dir / "cut").find("the gzip data end early") != std::string::npos);
}

TEST_CASE("files that are missing or are folders are named") {
  const TemporaryDirectory dir;
  CHECK(read_all(dir / "nothing.csv") ==
        (dir / "nothing.csv").string() + ": cannot be opened: No such file or directory");
  CHECK(read_all(dir.path()).find("cannot be read: Is a directory") != std::string::npos);
}

TEST_CASE("a byte order mark is no text") {
  const TemporaryDirectory dir;
  write_plain(dir / "bom", "\xEF\xBB\xBF\"a\",b\n");
  CHECK(read_all(dir / "bom") == "a ");
}

TEST_CASE("columns are matched by name, and a missing one is named together with its file") {
  const TemporaryDirectory dir;
  write_plain(dir / "items.csv", "brand,other,title,category,item_id\nB,-,T,C,I\nB,-,T,C\n");
  CsvSource source(dir / "none", dir / "items.csv", dir / "items.csv");
  const std::vector<std::string_view> columns = {"item_id", "title", "category", "brand"};
  std::vector<std::string> rows;
  REQUIRE(source
              .read(Table::items, columns,
                    [&](const SourceRow& row) {
                      std::string text = std::to_string(row.line) + std::string(row.problem);
                      for (const auto field : row.fields) text += field;
                      rows.push_back(text);
                    })
              .ok());
  CHECK(rows == std::vector<std::string>{"2ITCB", "3not as many fields as the header"});

  const std::vector<std::string_view> persons = {"person_id"};
  const Status missing = source.read(Table::persons, persons, [](const SourceRow&) {});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == ErrorCode::bad_data);
  CHECK(missing.error().message ==
        (dir / "items.csv").string() +
            ": column 'person_id' is missing; there are: brand, other, title, category, item_id");

  write_plain(dir / "twice.csv", "person_id,person_id\n");
  CsvSource twice(dir / "none", dir / "none", dir / "twice.csv");
  CHECK(twice.read(Table::persons, persons, [](const SourceRow&) {}).error().message.find("occurs twice") !=
        std::string::npos);
  write_plain(dir / "empty.csv", "");
  CsvSource empty(dir / "none", dir / "none", dir / "empty.csv");
  CHECK(empty.read(Table::persons, persons, [](const SourceRow&) {}).error().message.find("a header line is needed") !=
        std::string::npos);
}
