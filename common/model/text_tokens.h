// What an item is called, as rows of a hashed table: the only description of items that unlike services share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bauta {

inline constexpr std::size_t kMaxTokens = 24;
/// Of a free text, in which every word counts twice.
inline constexpr std::size_t kMaxTextTokens = 2 * kMaxTokens;

struct ItemText {
  std::string_view title;
  std::string_view category;  ///< path, levels separated by '>'
  std::string_view brand;
  /// Short codes as the source gives them, for items that have these instead of words; compared byte by byte.
  std::span<const std::string> attributes{};
};

/// At most kMaxTokens different tokens, most telling first: title words, category words ("cat:"), brand ("brand:"),
/// attributes ("attr:", none for an empty one), bigrams of neighbouring words inside the category path ("cat:a b"),
/// then grams ("#"), title before category. An item without any of these is the single token "untitled".
///
/// Text is cut into words by text_words: UTF-8 of any content, NFKC_Casefold. Grams are 3–5 characters of words of 4 or
/// more, longest first; of scripts that write no spaces 2–4 characters of runs of 2 or more, shortest first, since most
/// words of these scripts have two characters, and a run as a whole seldom occurs twice.
std::vector<std::string> item_tokens(const ItemText& item);

/// At most kMaxTextTokens different tokens of a text that belongs to no field, such as "will purchase baby food within
/// 30 days", to be compared with those of items: every word as a title word and as a category word ("food",
/// "cat:food"), then bigrams ("cat:baby food") and grams as of an item. Empty where the text has no word.
std::vector<std::string> text_token_list(std::string_view text);

/// A row of the table and the sign it is taken with.
struct TokenRow {
  std::uint32_t code = 0;  ///< row · 2 + (1 where negative)

  std::uint32_t row() const { return code >> 1; }
  bool negative() const { return (code & 1) != 0; }
};

/// Two rows a token: one collision then costs half a token, and signs make collisions cancel in the mean.
/// `table_rows` is a power of two.
std::vector<TokenRow> token_rows(std::span<const std::string> tokens, std::uint64_t seed, std::uint32_t table_rows);

/// The token rows of many items, back to back.
class TokenBags {
 public:
  TokenBags() : first_{0} {}
  /// Returns the bag's number. An empty bag stands for "no item" and gives a zero vector.
  std::uint32_t add(std::span<const TokenRow> rows) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    first_.push_back(rows_.size());
    return static_cast<std::uint32_t>(first_.size() - 2);
  }
  std::size_t size() const { return first_.size() - 1; }
  std::span<const TokenRow> operator[](std::uint32_t bag) const {
    return std::span(rows_).subspan(first_[bag], first_[bag + 1] - first_[bag]);
  }

 private:
  std::vector<std::size_t> first_;
  std::vector<TokenRow> rows_;
};

}  // namespace bauta
