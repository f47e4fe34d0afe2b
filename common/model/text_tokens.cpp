#include "common/model/text_tokens.h"

#include <algorithm>

#include "common/base/counter_random.h"
#include "common/model/text_words.h"

namespace bauta {
namespace {

std::string joined(const TextWord& word, std::size_t from, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += word.characters[from + i];
  return text;
}
std::string joined(const TextWord& word) { return joined(word, 0, word.characters.size()); }

/// Keeps the first `most` different tokens.
class TokenList {
 public:
  explicit TokenList(std::size_t most) : most_(most) {}

  void add(std::string token) {
    if (!full() && std::find(tokens_.begin(), tokens_.end(), token) == tokens_.end())
      tokens_.push_back(std::move(token));
  }
  void add_category_bigrams(const std::vector<TextWord>& words) {
    for (std::size_t i = 1; i < words.size() && !full(); ++i)
      add("cat:" + joined(words[i - 1]) + " " + joined(words[i]));
  }
  void add_grams(const std::vector<TextWord>& words) {
    for (std::size_t step = 0; step < 3; ++step)
      for (const TextWord& word : words) add_grams(word, word.unspaced ? 2 + step : 5 - step);
  }
  bool empty() const { return tokens_.empty(); }
  std::vector<std::string> take() { return std::move(tokens_); }

 private:
  bool full() const { return tokens_.size() == most_; }
  void add_grams(const TextWord& word, std::size_t n) {
    const std::size_t size = word.characters.size();
    if (size < (word.unspaced ? 2 : 4)) return;
    for (std::size_t i = 0; i + n <= size && !full(); ++i) add("#" + joined(word, i, n));
  }

  std::size_t most_;
  std::vector<std::string> tokens_;
};

}  // namespace

std::vector<std::string> item_tokens(const ItemText& item) {
  const std::vector<TextWord> title = text_words(item.title);
  const std::vector<TextWord> category = text_words(item.category);
  TokenList tokens(kMaxTokens);
  for (const TextWord& word : title) tokens.add(joined(word));
  for (const TextWord& word : category) tokens.add("cat:" + joined(word));
  for (const TextWord& word : text_words(item.brand)) tokens.add("brand:" + joined(word));
  for (const std::string& attribute : item.attributes)
    if (!attribute.empty()) tokens.add("attr:" + attribute);
  tokens.add_category_bigrams(category);
  tokens.add_grams(title);
  tokens.add_grams(category);
  if (tokens.empty()) tokens.add("untitled");
  return tokens.take();
}

std::vector<std::string> text_token_list(std::string_view text) {
  const std::vector<TextWord> words = text_words(text);
  TokenList tokens(kMaxTextTokens);
  for (const TextWord& word : words) {
    tokens.add(joined(word));
    tokens.add("cat:" + joined(word));
  }
  tokens.add_category_bigrams(words);
  tokens.add_grams(words);
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
