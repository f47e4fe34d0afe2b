// Titles, categories and brands of any bytes: tokens stay within their bounds, and a word that was folded once stays.
#include <algorithm>
#include <cstdint>

#include "common/model/text_tokens.h"
#include "common/model/text_words.h"

using namespace bauta;

namespace {

std::string spaced(const std::vector<TextWord>& words) {
  std::string text;
  for (const TextWord& word : words) {
    for (const std::string& character : word.characters) text += character;
    text += ' ';
  }
  return text;
}

/// Not where folding brings bytes together that are UTF-8 only then. U+0345 turns from a mark into a letter when it is
/// folded, so what stands around it may be ordered anew (Unicode D145).
bool stays(const std::vector<TextWord>& words, std::string_view text) {
  const auto is_byte = [](const std::string& character) {
    const bool continued = character.size() > 1 && (static_cast<unsigned char>(character[1]) & 0xC0) == 0x80;
    return static_cast<unsigned char>(character[0]) >= 0x80 && !continued;
  };
  return text.find("\xcd\x85") == std::string_view::npos &&
         std::none_of(words.begin(), words.end(), [&](const TextWord& word) {
           return std::any_of(word.characters.begin(), word.characters.end(), is_byte);
         });
}

void check(const std::vector<std::string>& tokens, std::size_t most) {
  BAUTA_CHECK(tokens.size() <= most);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    BAUTA_CHECK(!tokens[i].empty());
    BAUTA_CHECK(std::find(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(i), tokens[i]) ==
                tokens.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const std::vector<TextWord> words = text_words(text);
  const std::string once = spaced(words);
  if (stays(words, text)) BAUTA_CHECK(spaced(text_words(once)) == once);

  const std::size_t first = text.find('\n');
  const std::string_view title = text.substr(0, first);
  const std::string_view rest = first == std::string_view::npos ? std::string_view() : text.substr(first + 1);
  const std::vector<std::string> attributes = {std::string(rest)};
  const auto tokens = item_tokens({title, rest, title, attributes});
  check(tokens, kMaxTokens);
  BAUTA_CHECK(!tokens.empty());
  check(text_token_list(text), kMaxTextTokens);
  return 0;
}
