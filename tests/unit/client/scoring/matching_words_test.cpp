#include "client/scoring/matching_words.h"

#include <doctest/doctest.h>

using namespace bauta::client;

TEST_CASE("singular and plural of a word have one form") {
  const std::pair<const char*, const char*> pairs[] = {
      {"food", "foods"},     {"box", "boxes"},       {"berry", "berries"}, {"cookie", "cookies"},
      {"pie", "pies"},       {"potato", "potatoes"}, {"shoe", "shoes"},    {"glass", "glasses"},
      {"cheese", "cheeses"}, {"peach", "peaches"},   {"brush", "brushes"}, {"size", "sizes"},
      {"knife", "knives"},   {"woman", "women"},     {"toy", "toys"},      {"axe", "axes"}};
  for (const auto& pair : pairs) {
    CAPTURE(pair.first);
    CHECK(comparing_form(pair.first) == comparing_form(pair.second));
  }
}

TEST_CASE("different words keep different forms") {
  CHECK(comparing_form("bus") == "bus");
  CHECK(comparing_form("glass") == "glass");
  CHECK(comparing_form("gas") == "gas");
  CHECK(comparing_form("wine") != comparing_form("win"));
  CHECK(comparing_form("pan") != comparing_form("pants"));
}

TEST_CASE("words are those of the model, folded and each once") {
  CHECK(words_of("Crème BRÛLÉE, 2.5 oz/crème") == std::vector<std::string>{"crème", "brûlée", "2.5", "oz"});
  CHECK(words_of("!!!").empty());
  CHECK(comparing_forms("Gifts for the Children and Women") == std::vector<std::string>{"gift", "child", "woman"});
}
