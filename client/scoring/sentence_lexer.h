// A sentence cut into words, numbers, quoted texts and breaks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace bauta::client {

struct Lexeme {
  enum class Kind : std::uint8_t { word, number, quoted, comma, stop };
  Kind kind = Kind::word;
  /// Word and number: lower case, no marks ("didnt" for "didn't"). Quoted: the words inside, one blank between.
  std::string text;
  std::optional<double> value;  ///< number; absent where the spelling is ambiguous, such as 20,50
  bool percent = false;         ///< a number followed by '%'
};

inline constexpr std::size_t kMaxSentenceBytes = 1000;

/// Words are those of common/model/text_tokens.h; curly quotes and apostrophes, dashes and wide blanks are taken for
/// their ASCII kin. ',' is a comma; '.', ';', ':', '!', '?' and brackets are stops; signs of currencies and all other
/// marks are dropped. A number has at most 12 digits and then at most 4 decimals; commas group its digits by threes.
/// oversized above kMaxSentenceBytes; malformed for what is not UTF-8, for control characters and for a quotation
/// without end; invalid_argument for a negative number.
Result<std::vector<Lexeme>> lex_sentence(std::string_view sentence);

}  // namespace bauta::client
