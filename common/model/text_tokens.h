// What an item is called, as rows of a hashed table: the only description of items that unlike services share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bauta {

inline constexpr std::size_t kMaxTokens = 24;

struct ItemText {
  std::string_view title;
  std::string_view category;  ///< path, levels separated by '>'
  std::string_view brand;
};

/// At most kMaxTokens different tokens, most telling first: title words, category words ("cat:"), brand ("brand:"),
/// bigrams of neighbouring words inside the category path ("cat:a b"), then 3–5-grams ("#") of words of 4 characters or
/// more, longest grams first, title before category. An item without any text is the single token "untitled".
///
/// Text is UTF-8. Folded to lower case: ASCII and Latin-1 letters (U+00C0–U+00DE); other letters are kept as they are,
/// without normalisation (NFKC), so composed and decomposed forms differ. Words are runs of letters and digits (every
/// character from U+0080 on counts as a letter) and of '.' or ',' between digits. A byte that is no UTF-8 stands alone.
std::vector<std::string> item_tokens(const ItemText& item);

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
