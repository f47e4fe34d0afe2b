#include "common/base/log.h"

#include <doctest/doctest.h>

#include <limits>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.h"

namespace bauta {
namespace {

struct Captured {
  std::vector<std::string> lines;
  Logger::Sink sink() {
    return [this](LogLevel, std::string_view line) { lines.emplace_back(line); };
  }
};

const testing::ManualClock kClock(1'700'000'000'042);

TEST_CASE("a JSON line carries time, level, event and fields of every kind") {
  Captured captured;
  const Logger log({.format = LogFormat::json}, kClock, captured.sink());
  const std::string partner = "grocery";
  log.info("round opened",
           {{"round", 3}, {"partner", partner}, {"share", 0.5}, {"late", true}, {"n", std::uint64_t{7}}});
  REQUIRE(captured.lines.size() == 1);
  CHECK(
      captured.lines[0] ==
      R"({"time":"2023-11-14T22:13:20.042Z","level":"info","event":"round opened","round":3,"partner":"grocery","share":0.5,"late":true,"n":7})");
}

TEST_CASE("quotes, control characters and broken UTF-8 of a peer stay inside the JSON string") {
  CHECK(json_string("a\"b\\c\n\t\r") == R"("a\"b\\c\n\t\r")");
  CHECK(json_string(std::string_view("\0\x1f\x7f", 3)) == R"("\u0000\u001f\u007f")");
  CHECK(json_string("é€😀") == "\"é€😀\"");
  CHECK(json_string("x\xff\xc3") == "\"x\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(json_string("\xED\xA0\x80").size() == 2 + 3 * 3);  // a surrogate
  CHECK(json_string("\xC0\xAF").size() == 2 + 2 * 3);      // an overlong slash
}

TEST_CASE("a text line quotes what is not one plain word, so nothing can forge a second line") {
  Captured captured;
  const Logger log({.format = LogFormat::text}, kClock, captured.sink());
  log.warning("upload\nrefused", {{"partner", "shop-1"}, {"why", "two words\nerror forged"}, {"empty", ""}});
  REQUIRE(captured.lines.size() == 1);
  CHECK(captured.lines[0] ==
        R"(2023-11-14T22:13:20.042Z warning upload\nrefused partner=shop-1 why="two words\nerror forged" empty="")");
}

TEST_CASE("under journald a line has a priority and no time") {
  Captured captured;
  const Logger log({.level = LogLevel::debug, .format = LogFormat::text, .journald = true}, kClock, captured.sink());
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  CHECK(captured.lines == std::vector<std::string>{"<7>debug   a", "<6>info    b", "<4>warning c", "<3>error   d"});
}

TEST_CASE("lines below the level are dropped") {
  Captured captured;
  const Logger log({.level = LogLevel::warning}, kClock, captured.sink());
  log.debug("a");
  log.info("b");
  log.error("c");
  CHECK(captured.lines.size() == 1);
  CHECK(!log.enabled(LogLevel::info));
}

TEST_CASE("a number that JSON cannot write becomes a string") {
  Captured captured;
  const Logger log({.format = LogFormat::json, .journald = true}, kClock, captured.sink());
  log.info("e", {{"nan", std::numeric_limits<double>::quiet_NaN()}, {"inf", -std::numeric_limits<double>::infinity()}});
  CHECK(captured.lines.at(0) == R"(<6>{"level":"info","event":"e","nan":"nan","inf":"-inf"})");
}

TEST_CASE("lines of several threads never mix") {
  Captured captured;
  const Logger log({}, kClock, captured.sink());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 500; ++i) log.info("line");
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(captured.lines.size() == 2000);
}

TEST_CASE("names of levels and formats are read back") {
  CHECK(log_level_from("warning") == LogLevel::warning);
  CHECK(!log_level_from("loud"));
  CHECK(log_format_from("json") == LogFormat::json);
  CHECK(!log_format_from("xml"));
}

}  // namespace
}  // namespace bauta
