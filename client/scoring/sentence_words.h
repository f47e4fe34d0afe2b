// The lexemes of a sentence as its grammar looks at them, ahead of the place it has reached: words, and the phrases for
// a number, a length of time and a bound, which mean the same wherever they stand. A place is an index of a lexeme; a
// phrase's `end` is the place behind it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/scoring/sentence_lexer.h"
#include "common/base/result.h"

namespace bauta::client {

/// What is wrong with a sentence, and what to write instead.
inline Error refuse(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

struct NumberPhrase {
  double value = 0;
  bool percent = false;
  std::size_t end = 0;
};

struct DurationPhrase {
  double days = 0;
  std::size_t end = 0;
};

struct BoundPhrase {
  bool low = false;
  bool strict = false;  ///< the bound itself is out
  std::size_t end = 0;
};

class SentenceWords {
 public:
  explicit SentenceWords(std::vector<Lexeme> lexemes);
  SentenceWords(const SentenceWords&) = delete;  // words_ views lexemes_
  SentenceWords& operator=(const SentenceWords&) = delete;

  std::size_t size() const { return lexemes_.size(); }
  const Lexeme& lexeme(std::size_t i) const { return lexemes_[i]; }
  bool is(std::size_t i, Lexeme::Kind kind) const { return i < lexemes_.size() && lexemes_[i].kind == kind; }
  /// "" for what is no word, and behind the end.
  std::string_view operator[](std::size_t i) const { return i < words_.size() ? words_[i] : std::string_view(); }
  /// All of them from there on.
  std::span<const std::string_view> from(std::size_t i) const;
  std::size_t after_articles(std::size_t i) const;

  /// 14, fourteen, twenty one, a couple of. Refuses a number that can be read in two ways.
  Result<std::optional<NumberPhrase>> number_at(std::size_t i) const;
  /// "14 days", "a week", and "week" alone where the number may be missing.
  Result<std::optional<DurationPhrase>> duration_at(std::size_t i, bool number_may_miss) const;
  /// "over", "at least", "no more than": what stands before the number.
  std::optional<BoundPhrase> bound_at(std::size_t i) const;

 private:
  std::vector<Lexeme> lexemes_;
  std::vector<std::string_view> words_;  ///< parallel to lexemes_
};

/// The days of a unit of time, singular or plural.
std::optional<int> unit_days(std::string_view word);

/// Rounded; refuses what is not within 1 and `most`.
Result<int> whole_days(double days, int most);

}  // namespace bauta::client
