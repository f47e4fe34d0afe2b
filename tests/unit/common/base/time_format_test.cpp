#include "common/base/time_format.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

TEST_CASE("known instants are written and read") {
  CHECK(format_time(0) == "1970-01-01T00:00:00Z");
  CHECK(format_time(1'709'208'000) == "2024-02-29T12:00:00Z");
  CHECK(format_time(-1) == "1969-12-31T23:59:59Z");
  CHECK(format_time(kEarliestTime) == "0000-01-01T00:00:00Z");
  CHECK(format_time(kLatestTime) == "9999-12-31T23:59:59Z");
  CHECK(parse_time("2024-02-29T12:00:00Z") == 1'709'208'000);
  CHECK(parse_date("2024-02-29") == 1'709'164'800);
  CHECK(format_date(1'709'208'000) == "2024-02-29");
}

TEST_CASE("instants that RFC 3339 cannot write are clamped") {
  CHECK(format_time(std::numeric_limits<std::int64_t>::min()) == "0000-01-01T00:00:00Z");
  CHECK(format_time(std::numeric_limits<std::int64_t>::max()) == "9999-12-31T23:59:59Z");
  CHECK(format_date(std::numeric_limits<std::int64_t>::max()) == "9999-12-31");
}

TEST_CASE("every writable instant comes back, and later instants sort after earlier ones") {
  testing::SeededRandom random(1);
  const auto span = static_cast<std::uint64_t>(kLatestTime - kEarliestTime) + 1;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t a = kEarliestTime + static_cast<std::int64_t>(random.below(span));
    const std::int64_t b = kEarliestTime + static_cast<std::int64_t>(random.below(span));
    REQUIRE(parse_time(format_time(a)) == a);
    REQUIRE((a < b) == (format_time(a) < format_time(b)));
    REQUIRE(parse_date(format_date(a)).value() <= a);
    REQUIRE(parse_date(format_date(a)).value() + 86'400 > a);
  }
}

TEST_CASE("days that do not exist are refused, leap days only in leap years") {
  for (const char* text :
       {"2023-02-29", "1900-02-29", "2024-02-30", "2024-04-31", "2024-00-10", "2024-13-01", "2024-01-00", "2024-01-32",
        "24-01-01", "2024/01/01", "2024-1-1", "", "2024-01-0a", "+024-01-01"}) {
    CAPTURE(text);
    CHECK(!parse_date(text));
  }
  CHECK(parse_date("2000-02-29"));
}

TEST_CASE("only the one form of a time is taken") {
  for (const char* text :
       {"2024-02-29T12:00:00", "2024-02-29t12:00:00Z", "2024-02-29T12:00:00z", "2024-02-29 12:00:00Z",
        "2024-02-29T24:00:00Z", "2024-02-29T12:60:00Z", "2024-02-29T12:00:60Z", "2024-02-29T12:00:00+00:00",
        "2024-02-29T12:00:00.0Z", "2024-02-29T-1:00:00Z", " 2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z "}) {
    CAPTURE(text);
    CHECK(!parse_time(text));
  }
}

TEST_CASE("any bytes are either refused or written back the same") {
  testing::SeededRandom random(2);
  const std::string_view alphabet = "0123456789-:TZ \xff";
  for (int i = 0; i < 50'000; ++i) {
    std::string text = format_time(static_cast<std::int64_t>(random.below(1ull << 33)));
    for (std::uint64_t edits = random.below(3); edits > 0; --edits) {
      text[random.below(text.size())] = alphabet[random.below(alphabet.size())];
    }
    if (const auto parsed = parse_time(text)) REQUIRE(format_time(*parsed) == text);
  }
}

}  // namespace
}  // namespace bauta
