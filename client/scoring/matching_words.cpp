#include "client/scoring/matching_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/model/text_tokens.h"

namespace bauta::client {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kIrregular = {{
    {"children", "child"},
    {"feet", "foot"},
    {"geese", "goose"},
    {"halves", "half"},
    {"knives", "knife"},
    {"leaves", "leaf"},
    {"loaves", "loaf"},
    {"men", "man"},
    {"mice", "mouse"},
    {"scarves", "scarf"},
    {"shelves", "shelf"},
    {"teeth", "tooth"},
    {"wives", "wife"},
    {"women", "woman"},
}};

constexpr std::array<std::string_view, 24> kConnecting = {
    "a",    "an",  "and", "any", "as", "at", "by",  "for",  "from", "her", "his",  "in",
    "into", "its", "my",  "of",  "on", "or", "our", "some", "the",  "to",  "with", "your",
};

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view kBrand = "brand:";  // of the three fields the one that yields words and nothing else
  std::vector<std::string> words = item_tokens({.title = {}, .category = {}, .brand = text});
  std::erase_if(words, [&](const std::string& token) { return !token.starts_with(kBrand); });
  for (std::string& word : words) word.erase(0, kBrand.size());
  return words;
}

std::string comparing_form(std::string_view word) {
  for (const auto& [plural, singular] : kIrregular) {
    if (word == plural) return comparing_form(singular);
  }
  std::string form(word);
  if (form.size() > 3 && form.ends_with('s') && !form.ends_with("ss") && !form.ends_with("us") && !form.ends_with("is"))
    form.pop_back();
  if (form.size() >= 3 && form.ends_with("ie")) return form.substr(0, form.size() - 2) + "y";
  for (const std::string_view ending : {"oe", "xe", "ze", "che", "she", "sse"}) {
    if (form.size() > 3 && form.ends_with(ending)) {
      form.pop_back();
      break;
    }
  }
  return form;
}

bool is_connecting_word(std::string_view word) {
  return std::find(kConnecting.begin(), kConnecting.end(), word) != kConnecting.end();
}

std::vector<std::string> comparing_forms(std::string_view text) {
  std::vector<std::string> words = words_of(text);
  std::erase_if(words, is_connecting_word);
  for (std::string& word : words) word = comparing_form(word);
  return words;
}

}  // namespace bauta::client
