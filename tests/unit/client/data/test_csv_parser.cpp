#include <doctest/doctest.h>

#include "client/data/csv_parser.h"
#include "client/data/utf8.h"
#include "common/base/counter_random.h"

using namespace bauta;
using namespace bauta::client;

namespace {

struct Parsed {
  std::vector<std::string> fields;
  std::uint64_t line = 0;
  std::string problem;
  bool operator==(const Parsed&) const = default;
};

/// Feeds `text` in pieces of `piece` bytes; the error message, if any, comes last as a problem.
std::vector<Parsed> parse(std::string_view text, std::size_t piece = 1 << 20, CsvLimits limits = {}) {
  CsvParser parser(limits);
  std::vector<Parsed> records;
  const auto keep = [&] {
    const CsvRecord& r = parser.record();
    records.push_back({{r.fields.begin(), r.fields.end()}, r.line, std::string(r.problem)});
  };
  while (!text.empty()) {
    std::string_view now = text.substr(0, piece);
    text.remove_prefix(now.size());
    while (!now.empty()) {
      const auto complete = parser.parse(now);
      if (!complete.ok()) {
        records.push_back({{}, 0, complete.error().message});
        return records;
      }
      if (*complete) keep();
    }
  }
  const auto last = parser.finish();
  if (!last.ok()) {
    records.push_back({{}, 0, last.error().message});
  } else if (*last) {
    keep();
  }
  return records;
}

std::vector<std::string> fields_of(std::string_view line) {
  const auto records = parse(line);
  REQUIRE(records.size() == 1);
  REQUIRE(records[0].problem == "");
  return records[0].fields;
}

std::string problem_of(std::string_view line) {
  const auto records = parse(line);
  REQUIRE(records.size() == 1);
  return records[0].problem;
}

using Fields = std::vector<std::string>;

}  // namespace

TEST_CASE("quoted fields hold commas, quotes and line ends") {
  CHECK(fields_of("a,b,c\n") == Fields{"a", "b", "c"});
  CHECK(fields_of("\"a,b\",\"say \"\"hi\"\"\",\"\"\n") == Fields{"a,b", "say \"hi\"", ""});
  CHECK(fields_of("\"two\nlines\",\"three\r\n\"\r\n") == Fields{"two\nlines", "three\r\n"});
  CHECK(fields_of(",\n") == Fields{"", ""});
  CHECK(fields_of("\"\"") == Fields{""});
  CHECK(fields_of("no line end") == Fields{"no line end"});
}

TEST_CASE("records know the line they begin on, quoted line ends and empty lines included") {
  const auto records = parse("a\n\n\"b\nb\"\r\n\r\nc\n");
  REQUIRE(records.size() == 3);
  CHECK(records[0].line == 1);
  CHECK(records[1].line == 3);
  CHECK(records[2].line == 6);
}

TEST_CASE("what RFC 4180 does not allow makes one bad record and leaves the next one whole") {
  CHECK(problem_of("a\"b,c\n") == "a quote inside an unquoted field");
  CHECK(problem_of("\"a\"b,c\n") == "text after a closing quote");
  CHECK(problem_of("a\rb\n") == "a carriage return without line feed");
  CHECK(problem_of("a\r") == "a carriage return without line feed");
  CHECK(problem_of(std::string_view("a\0b\n", 4)) == "a NUL byte");
  CHECK(problem_of("caf\xE9,b\n") == "invalid UTF-8");
  const auto records = parse("\"a\"b,c\nd,e\n");
  REQUIRE(records.size() == 2);
  CHECK(records[1] == Parsed{{"d", "e"}, 2, ""});
}

TEST_CASE("a character split over two fields is invalid in both") {
  CHECK(problem_of("\xC3,\xA9\n") == "invalid UTF-8");
}

TEST_CASE("a quote left open is an error naming its line, never a short file") {
  const auto records = parse("a\nb,\"c\nd\n");
  REQUIRE(records.size() == 2);
  CHECK(records[1].problem == "line 2: a quoted field begins here and is never closed");
}

TEST_CASE("over-long fields spoil their record, over-long records end the reading") {
  const CsvLimits limits{8, 32};
  auto records = parse("123456789,b\nc\n", 1000, limits);
  REQUIRE(records.size() == 2);
  CHECK(records[0].problem == "a field longer than the limit");
  CHECK(records[1].fields == Fields{"c"});
  records = parse("c\n" + std::string(40, ','), 1000, limits);
  REQUIRE(records.size() == 2);
  CHECK(records[1].problem.starts_with("line 2: the record that begins here is longer than 32 bytes"));
}

TEST_CASE("the size of the pieces does not change what is read") {
  constexpr std::string_view kAlphabet = "ab,\"\"\r\n\n\xC3\xA9";
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CounterRandom random(seed, "csv pieces");
    std::string text;
    for (std::uint64_t i = random.below(60); i > 0; --i) text.push_back(kAlphabet[random.below(kAlphabet.size())]);
    const auto whole = parse(text);
    CHECK(parse(text, 1) == whole);
    CHECK(parse(text, 1 + random.below(7)) == whole);
  }
}

TEST_CASE("any fields survive being written and read again") {
  constexpr std::string_view kAlphabet = "xyz,\"\r\n ";
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CounterRandom random(seed, "csv round trip");
    std::vector<Fields> table(1 + random.below(4), Fields(1 + random.below(4)));
    std::string text;
    for (Fields& row : table) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        for (std::uint64_t n = random.below(6); n > 0; --n) row[i].push_back(kAlphabet[random.below(kAlphabet.size())]);
        text += i == 0 ? "\"" : ",\"";
        for (const char c : row[i]) text += c == '"' ? "\"\"" : std::string(1, c);
        text += '"';
      }
      text += random.below(2) == 0 ? "\n" : "\r\n";
    }
    const auto records = parse(text, 1 + random.below(9));
    REQUIRE(records.size() == table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      CHECK(records[i].problem == "");
      CHECK(records[i].fields == table[i]);
    }
  }
}

TEST_CASE("UTF-8 follows RFC 3629") {
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\xC2\x80 \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
  for (const char* wrong :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3("}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_utf8(wrong));
  }
}
