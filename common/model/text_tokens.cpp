#include "common/model/text_tokens.h"

#include <algorithm>

#include "common/base/counter_random.h"

namespace bauta {
namespace {

using Word = std::vector<std::string>;  // one string a character

/// Bytes of the UTF-8 character that starts at `at`; 1 where none does.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (at + length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 1;
  return length;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string fold(std::string_view character) {
  std::string folded(character);
  if (folded.size() == 1 && folded[0] >= 'A' && folded[0] <= 'Z') folded[0] = static_cast<char>(folded[0] + 32);
  const auto trail = folded.size() == 2 ? static_cast<unsigned char>(folded[1]) : 0;
  if (folded.size() == 2 && static_cast<unsigned char>(folded[0]) == 0xC3 && trail >= 0x80 && trail <= 0x9E &&
      trail != 0x97)  // À–Þ without ×
    folded[1] = static_cast<char>(trail + 0x20);
  return folded;
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  bool open = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const char c = text[at];
    const bool inner_mark =
        (c == '.' || c == ',') && open && is_digit(text[at - 1]) && at + 1 < text.size() && is_digit(text[at + 1]);
    if (is_digit(c) || is_letter(c) || static_cast<unsigned char>(c) >= 0x80 || inner_mark) {
      if (!open) words.emplace_back();
      open = true;
      words.back().push_back(fold(text.substr(at, length)));
    } else {
      open = false;
    }
    at += length;
  }
  return words;
}

std::string joined(const Word& word, std::size_t from, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += word[from + i];
  return text;
}
std::string joined(const Word& word) { return joined(word, 0, word.size()); }

/// Keeps the first kMaxTokens different tokens.
class TokenList {
 public:
  void add(std::string token) {
    if (tokens_.size() < kMaxTokens && std::find(tokens_.begin(), tokens_.end(), token) == tokens_.end())
      tokens_.push_back(std::move(token));
  }
  void add_grams(const std::vector<Word>& words) {
    for (std::size_t n = 5; n >= 3; --n)
      for (const Word& word : words)
        for (std::size_t i = 0; word.size() >= 4 && i + n <= word.size(); ++i) add("#" + joined(word, i, n));
  }
  bool empty() const { return tokens_.empty(); }
  std::vector<std::string> take() { return std::move(tokens_); }

 private:
  std::vector<std::string> tokens_;
};

}  // namespace

std::vector<std::string> item_tokens(const ItemText& item) {
  const std::vector<Word> title = words_of(item.title);
  const std::vector<Word> category = words_of(item.category);
  TokenList tokens;
  for (const Word& word : title) tokens.add(joined(word));
  for (const Word& word : category) tokens.add("cat:" + joined(word));
  for (const Word& word : words_of(item.brand)) tokens.add("brand:" + joined(word));
  for (std::size_t i = 1; i < category.size(); ++i)
    tokens.add("cat:" + joined(category[i - 1]) + " " + joined(category[i]));
  tokens.add_grams(title);
  tokens.add_grams(category);
  if (tokens.empty()) tokens.add("untitled");
  return tokens.take();
}

std::vector<TokenRow> token_rows(std::span<const std::string> tokens, std::uint64_t seed, std::uint32_t table_rows) {
  std::vector<TokenRow> rows;
  rows.reserve(2 * tokens.size());
  for (const std::string& token : tokens) {
    const std::uint64_t hash = mix64(fnv1a64(token) ^ mix64(seed));
    // The low bits choose one row, the bits above 32 the other; bit 31 and bit 63 their signs.
    for (const auto half : {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32)})
      rows.push_back({(half & (table_rows - 1)) << 1 | half >> 31});
  }
  return rows;
}

}  // namespace bauta
