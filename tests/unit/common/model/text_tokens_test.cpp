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

TEST_CASE("text is folded before it becomes tokens") {
  CHECK(item_tokens({"CAFE\u0301", "", ""})[0] == "caf\u00e9");
  CHECK(item_tokens({"\u00c0\u00de", "", ""})[0] == "\u00e0\u00fe");
  CHECK(item_tokens({"\uff2d\uff49\uff4c\uff4b", "\u2116 5", "Stra\u00dfe"}) ==
        item_tokens({"milk", "no 5", "STRASSE"}));
}

TEST_CASE("grams never cut a character of several bytes in two") {
  CHECK(item_tokens({"éaжž", "", ""}) == std::vector<std::string>{"éaжž", "#éaжž", "#éaж", "#aжž"});
}

TEST_CASE("a decimal number is one word, a trailing point is none of it") {
  const auto tokens = item_tokens({"cell 40.74 -73.99, 6.", "", ""});
  CHECK(tokens[1] == "40.74");
  CHECK(tokens[2] == "73.99");
  CHECK(tokens[3] == "6");
}

TEST_CASE("tokens of plain ASCII are golden values") {
  CHECK(item_tokens({"Yogurt 4x125g, 1.5% Fat!", "DAIRY > YOGURT & CREAM", "O'Neil"}) ==
        std::vector<std::string>{"yogurt",
                                 "4x125g",
                                 "1.5",
                                 "fat",
                                 "cat:dairy",
                                 "cat:yogurt",
                                 "cat:cream",
                                 "brand:o",
                                 "brand:neil",
                                 "cat:dairy yogurt",
                                 "cat:yogurt cream",
                                 "#yogur",
                                 "#ogurt",
                                 "#4x125",
                                 "#x125g",
                                 "#yogu",
                                 "#ogur",
                                 "#gurt",
                                 "#4x12",
                                 "#x125",
                                 "#125g",
                                 "#yog",
                                 "#ogu",
                                 "#gur"});
}

TEST_CASE("runs without spaces give pairs first, then three and four characters") {
  CHECK(item_tokens({"北海道牛乳 1L", "食品", ""}) ==
        std::vector<std::string>{"北海道牛乳", "1l", "cat:食品", "#北海", "#海道", "#道牛", "#牛乳", "#北海道",
                                 "#海道牛", "#道牛乳", "#北海道牛", "#海道牛乳", "#食品"});
  CHECK(contains(item_tokens({"牛乳", "", ""}), "#牛乳"));
}

TEST_CASE("attributes are tokens as they are, after all words and before bigrams and grams") {
  const std::vector<std::string> attributes = {"123", "", "Red XL", "123"};
  CHECK(item_tokens({"Milk", "A > B", "C", attributes}) ==
        std::vector<std::string>{"milk", "cat:a", "cat:b", "brand:c", "attr:123", "attr:Red XL", "cat:a b", "#milk",
                                 "#mil", "#ilk"});
  CHECK(item_tokens({"", "", "", attributes}) == std::vector<std::string>{"attr:123", "attr:Red XL"});
}

TEST_CASE("attributes count within the most tokens of an item") {
  std::vector<std::string> attributes;
  for (int i = 0; i < 40; ++i) attributes.push_back(std::to_string(i));
  const auto tokens = item_tokens({"Milk", "", "", attributes});
  REQUIRE(tokens.size() == kMaxTokens);
  CHECK(tokens.front() == "milk");
  CHECK(tokens.back() == "attr:22");
}

TEST_CASE("a free text meets title words, category words and the category path") {
  const auto tokens = text_token_list("Will purchase Baby Food within 30 days");
  CHECK(tokens.size() == kMaxTextTokens);
  CHECK(tokens[0] == "will");
  CHECK(tokens[1] == "cat:will");
  const auto of_item = item_tokens({"food", "BABY > BABY FOOD", ""});
  for (const char* token : {"food", "cat:baby", "cat:food", "cat:baby food"}) {
    CHECK(contains(tokens, token));
    CHECK(contains(of_item, token));
  }
  CHECK(text_token_list(" - ").empty());
  CHECK(text_token_list("牛乳") == std::vector<std::string>{"牛乳", "cat:牛乳", "#牛乳"});
}

TEST_CASE("all words and bigrams of a free text of sixteen words come before its grams") {
  std::string text;
  for (int i = 0; i < 16; ++i) text += "word" + std::to_string(i) + " ";
  const auto tokens = text_token_list(text);
  REQUIRE(tokens.size() == kMaxTextTokens);
  CHECK(tokens[30] == "word15");
  CHECK(tokens[46] == "cat:word14 word15");
  CHECK(tokens[47] == "#word0");
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
