#include "common/net/http_target.h"

#include <doctest/doctest.h>

#include <random>

namespace bauta {
namespace {

TEST_CASE("a target is split into decoded segments and parameters") {
  const auto target = parse_target("/v1/runs/caf%C3%A9%20x/?page=a%2Bb+c&empty=&flag&&z=1=2");
  REQUIRE(target.ok());
  CHECK(target->segments == std::vector<std::string>{"v1", "runs", "caf\xC3\xA9 x"});
  CHECK(target->path == "/v1/runs/caf\xC3\xA9 x");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(target->query == Pairs{{"page", "a+b c"}, {"empty", ""}, {"flag", ""}, {"z", "1=2"}});
  CHECK(parse_target("/a+b")->path == "/a+b");
}

TEST_CASE("the root has no segments") {
  CHECK(parse_target("/")->segments.empty());
  CHECK(parse_target("/")->path == "/");
  CHECK(parse_target("/?a=b")->path == "/");
}

TEST_CASE("targets that could be read in two ways are refused") {
  for (const std::string_view bad :
       {"",       "a",        "*",        "?a",     "http://h/p", "//",         "//a",           "/a//b",
        "/a//",   "/.",       "/..",      "/a/./b", "/%2e",       "/%2E%2e/a",  "/a%2fb",        "/a%2Fb",
        "/%",     "/%4",      "/%4g",     "/%00",   "/%0a",       "/a b",       "/a\tb",         "/a#b",
        "/a\x7f", "/%7f",     "/\xff",    "/%ff",   "/%c0%af",    "/%ed%a0%80", "/%f4%90%80%80", "/%e2%82",
        "/a?b=%", "/a?%00=1", "/a?b=%ff", "/a?b#c"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_target(bad).ok());
  }
}

TEST_CASE("segments and parameters are bounded") {
  std::string path;
  for (std::size_t i = 0; i < kMaxTargetSegments; ++i) path += "/a";
  CHECK(parse_target(path).ok());
  CHECK_FALSE(parse_target(path + "/a").ok());
  std::string query = "/?";
  for (std::size_t i = 0; i < kMaxTargetParameters; ++i) query += "a&";
  CHECK(parse_target(query).ok());
  CHECK_FALSE(parse_target(query + "a").ok());
}

TEST_CASE("what was percent-encoded is decoded to itself") {
  const std::string text = "all of it: /?#[]@!$&'()*+,;=% \"<>\xE2\x82\xAC~-._";
  const auto target = parse_target("/x?key=" + percent_encode(text));
  REQUIRE(target.ok());
  CHECK(target->query.front().second == text);
}

TEST_CASE("random targets are refused or decoded without '/' and controls in a segment") {
  std::mt19937 random(7);
  const std::string_view letters = "/%?&=.+a0fF2e#\x01\xC3\xA9";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "/";
    for (auto left = random() % 12; left > 0; --left) text += letters[random() % letters.size()];
    const auto target = parse_target(text);
    if (!target.ok()) continue;
    std::string joined;
    for (const auto& segment : target->segments) {
      CHECK_FALSE(segment.empty());
      CHECK(segment.find('/') == std::string::npos);
      CHECK(segment != "..");
      joined += "/" + segment;
    }
    CHECK(target->path == (joined.empty() ? "/" : joined));
  }
}

}  // namespace
}  // namespace bauta
