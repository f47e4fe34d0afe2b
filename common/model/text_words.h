// Free text cut into words that are the same on every machine: Unicode normalisation, case folding, word borders.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace bauta {

inline constexpr std::size_t kMostTextBytes = 1024;

/// A run of word characters of one kind of script.
struct TextWord {
  std::vector<std::string> characters;  ///< UTF-8, folded; a letter or digit together with its combining marks
  bool unspaced = false;                ///< of a script that writes no spaces: such a "word" may be a whole sentence
};

/// The words of `text`, in order. Total on any bytes.
///
/// * Text is UTF-8, folded by NFKC_Casefold (Unicode §3.13): NFKC, full case folding (ß becomes ss), and characters
///   without a look of their own (soft hyphen, joiners, variation selectors) left out. ™ and ℠ are separators.
/// * Word characters are letters and numbers (general categories L and N), marks (M) after one of these, and '.' or ','
///   between two decimal digits. Everything else separates words.
/// * Han, Hiragana, Katakana, Bopomofo, Hangul, Thai, Lao, Myanmar and Khmer are unspaced; a word ends where unspaced
///   script begins or ends.
/// * A byte that is no UTF-8 is a letter of its own, kept as it is. Normalisation does not look across it.
/// * Only the first kMostTextBytes count: a model takes a few dozen words, and the folding of marks is quadratic.
std::vector<TextWord> text_words(std::string_view text);

/// SHA-256 over what the rules above make of every assigned Unicode code point, alone, in a Hangul syllable and between
/// a letter and a combining mark: into which it is folded, and whether these are letters, digits or marks; and over the
/// combining class of every code point and whether it is left out. Takes about a tenth of a second.
Digest text_rules_hash();

/// Tokens are part of the shared model, and the tables behind them come from a library: ok where text_rules_hash() is
/// what every build of this version must find, else internal, naming the library's Unicode version.
Status check_text_rules();

}  // namespace bauta
