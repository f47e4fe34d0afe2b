#include "common/model/text_tokens.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/counter_random.h"

using namespace bauta;

namespace {

bool contains(const std::vector<std::string>& tokens, std::string_view token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

}  // namespace

TEST_CASE("words come first, then category, brand, bigrams and grams") {
  const auto tokens = item_tokens({"Milk 2%", "DAIRY > FLUID MILK", "Private"});
  const std::vector<std::string> head = {
      "milk", "2", "cat:dairy", "cat:fluid", "cat:milk", "brand:private", "cat:dairy fluid", "cat:fluid milk"};
  REQUIRE(tokens.size() > head.size());
  CHECK(std::vector<std::string>(tokens.begin(), tokens.begin() + 8) == head);
  CHECK(contains(tokens, "#milk"));
  CHECK(contains(tokens, "#mil"));
  CHECK_FALSE(contains(tokens, "#2"));
}

TEST_CASE("there are never more than 24 tokens, none twice") {
  std::string title;
  for (int i = 0; i < 60; ++i) title += "word" + std::to_string(i % 40) + " ";
  const auto tokens = item_tokens({title, "A > B", "C"});
  CHECK(tokens.size() == kMaxTokens);
  CHECK(std::set<std::string>(tokens.begin(), tokens.end()).size() == tokens.size());
  CHECK(tokens[0] == "word0");
}

TEST_CASE("an item without text is one token, and its id plays no part") {
  CHECK(item_tokens({}) == std::vector<std::string>{"untitled"});
  CHECK(item_tokens({" - > ", "", "!"}) == std::vector<std::string>{"untitled"});
}

TEST_CASE("case is folded for ASCII and Latin-1, other letters stay") {
  CHECK(item_tokens({"CAFÉ", "", ""})[0] == "café");
  CHECK(item_tokens({"ÀÞ×", "", ""})[0] == "àþ×");
  CHECK(item_tokens({"Жук", "", ""})[0] == "Жук");
}

TEST_CASE("grams never cut a character of several bytes in two") {
  CHECK(item_tokens({"éa€ž", "", ""}) == std::vector<std::string>{"éa€ž", "#éa€ž", "#éa€", "#a€ž"});
}

TEST_CASE("a decimal number is one word, a trailing point is none of it") {
  const auto tokens = item_tokens({"cell 40.74 -73.99, 6.", "", ""});
  CHECK(tokens[1] == "40.74");
  CHECK(tokens[2] == "73.99");
  CHECK(tokens[3] == "6");
}

TEST_CASE("any bytes at all give tokens without reading past the end") {
  CounterRandom random(1, "bytes");
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text(random.below(12), ' ');
    for (char& c : text) c = static_cast<char>(random.below(4) == 0 ? random.below(256) : 0xC0 + random.below(56));
    const auto tokens = item_tokens({text, text, text});
    CHECK(!tokens.empty());
    CHECK(tokens.size() <= kMaxTokens);
  }
}

TEST_CASE("two rows a token, inside the table, with both signs, and another seed moves them") {
  std::vector<std::string> tokens;
  for (int i = 0; i < 2000; ++i) tokens.push_back("token" + std::to_string(i));
  const auto rows = token_rows(tokens, 1, 1024);
  REQUIRE(rows.size() == 4000);
  std::map<std::uint32_t, int> used;
  int negative = 0;
  for (const TokenRow row : rows) {
    CHECK(row.row() < 1024);
    ++used[row.row()];
    negative += row.negative() ? 1 : 0;
  }
  CHECK(used.size() > 980);  // 1024·(1 − e^−3.9) = 1003 expected
  CHECK(negative > 1850);
  CHECK(negative < 2150);
  CHECK(token_rows(tokens, 2, 1024)[0].code != rows[0].code);
  // Golden values: a change would part partners of different versions.
  CHECK(rows[0].code == 1104);
  CHECK(rows[1].code == 1146);
}
