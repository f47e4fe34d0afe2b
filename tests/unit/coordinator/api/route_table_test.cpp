#include "coordinator/api/route_table.h"

#include <doctest/doctest.h>

#include "coordinator/api/path_parameters.h"
#include "coordinator/api/refusal_log.h"
#include "tests/support/manual_clock.h"

using namespace bauta;
using namespace bauta::coordinator;

TEST_CASE("a path matches segment by segment, and its parameters come in order") {
  const std::vector<std::string> segments = {"v1", "rounds", "7", "2", "keys"};
  const auto parameters = match_path("/v1/rounds/{round}/{attempt}/keys", segments);
  REQUIRE(parameters);
  CHECK(*parameters == std::vector<std::string_view>{"7", "2"});
  CHECK_FALSE(match_path("/v1/rounds/{round}/{attempt}", segments));
  CHECK_FALSE(match_path("/v1/rounds/{round}/{attempt}/keys/{more}", segments));
  CHECK_FALSE(match_path("/v1/rounds/{round}/{attempt}/shares", segments));
  CHECK_FALSE(match_path("/v1", {}));
  CHECK(match_path("/v1", std::vector<std::string>{"v1"}));
}

TEST_CASE("numbers in paths have exactly one spelling") {
  CHECK(parse_decimal("0", 10) == 0);
  CHECK(parse_decimal("10", 10) == 10);
  for (const char* text : {"", "11", "01", "+1", "-1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text, 10));
  }
  CHECK(parse_round_key("12.3") == RoundKey{12, 3});
  CHECK(parse_round_key("0.0") == RoundKey{0, 0});
  CHECK(parse_round_key("9223372036854775807.4294967295"));
  for (const char* text : {"", ".", "1", "1.", ".1", "1.1.1", "9223372036854775808.1", "1.4294967296", "01.1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_round_key(text));
  }
}

TEST_CASE("a refusal is logged once per cause, and a peer that invents causes silences only itself") {
  testing::ManualClock clock;
  std::vector<std::string> lines;
  const Logger log(Logger::Settings{}, clock, [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  RefusalLog refusals(log, clock);
  const Error late{ErrorCode::late, "too late"};
  refusals.note("a", late);
  refusals.note("a", late);
  CHECK(lines.size() == 1);
  refusals.note("b", late);
  refusals.note("a", {ErrorCode::late, "also too late"});
  CHECK(lines.size() == 3);
  for (int i = 0; i < 1000; ++i) refusals.note("a", {ErrorCode::malformed, "cause " + std::to_string(i)});
  CHECK(lines.size() < 40);
  const std::size_t before = lines.size();
  refusals.note("c", late);
  CHECK(lines.size() == before + 1);
  clock.advance(std::chrono::hours(1));
  refusals.note("b", late);
  CHECK(lines.back().find("too late") != std::string::npos);
  CHECK(lines.size() == before + 3);  // and one line that says how many were left out
}
