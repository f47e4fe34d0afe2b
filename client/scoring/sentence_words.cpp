#include "client/scoring/sentence_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bauta::client {
namespace {

struct Unit {
  std::string_view one, many;
  int days;
};
constexpr std::array kUnits = {
    Unit{"day", "days", 1},      Unit{"week", "weeks", 7},        Unit{"fortnight", "fortnights", 14},
    Unit{"month", "months", 30}, Unit{"quarter", "quarters", 90}, Unit{"year", "years", 365}};

std::optional<int> spelt_number(std::string_view word) {
  constexpr std::array<std::string_view, 20> kSmall = {
      "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
      "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  constexpr std::array<std::string_view, 8> kTens = {"twenty", "thirty",  "forty",  "fifty",
                                                     "sixty",  "seventy", "eighty", "ninety"};
  for (std::size_t i = 1; i < kSmall.size(); ++i) {
    if (word == kSmall[i]) return static_cast<int>(i);
  }
  for (std::size_t i = 0; i < kTens.size(); ++i) {
    if (word == kTens[i]) return static_cast<int>(10 * i + 20);
  }
  return std::nullopt;
}

bool is_article(std::string_view word) { return word == "the" || word == "a" || word == "an" || word == "any"; }

}  // namespace

SentenceWords::SentenceWords(std::vector<Lexeme> lexemes) : lexemes_(std::move(lexemes)) {
  for (const Lexeme& lexeme : lexemes_) {
    words_.push_back(lexeme.kind == Lexeme::Kind::word ? std::string_view(lexeme.text) : std::string_view());
  }
}

std::span<const std::string_view> SentenceWords::from(std::size_t i) const {
  return std::span(words_).subspan(std::min(i, words_.size()));
}

std::size_t SentenceWords::after_articles(std::size_t i) const {
  while (is_article((*this)[i])) ++i;
  return i;
}

Result<std::optional<NumberPhrase>> SentenceWords::number_at(std::size_t i) const {
  const SentenceWords& words = *this;
  if (is(i, Lexeme::Kind::number)) {
    const Lexeme& number = lexemes_[i];
    if (!number.value) {
      return refuse(
          fmt::format("the number {} can be read in two ways: write thousands as 1,000 and decimals as 20.50, "
                      "or put it in quotation marks if it belongs to the item",
                      number.text));
    }
    return std::optional(NumberPhrase{*number.value, number.percent, i + 1});
  }
  if (words[i] == "a" && words[i + 1] == "couple")
    return std::optional(NumberPhrase{2, false, words[i + 2] == "of" ? i + 3 : i + 2});
  const auto spelt = spelt_number(words[i]);
  if (!spelt) return std::optional<NumberPhrase>();
  NumberPhrase number{static_cast<double>(*spelt), false, i + 1};
  if (const auto unit = spelt_number(words[i + 1]); *spelt >= 20 && unit && *unit < 10) {
    number.value += *unit;
    ++number.end;
  }
  return std::optional(number);
}

Result<std::optional<DurationPhrase>> SentenceWords::duration_at(std::size_t i, bool number_may_miss) const {
  const SentenceWords& words = *this;
  double count = 1;
  BAUTA_TRY(const auto number, number_at(i));
  if (number) {
    if (number->percent) return std::optional<DurationPhrase>();
    count = number->value;
    i = number->end;
  } else if (words[i] == "a" || words[i] == "an") {
    ++i;
  } else if (!number_may_miss) {
    return std::optional<DurationPhrase>();
  }
  const auto unit = unit_days(words[i]);
  if (!unit) return std::optional<DurationPhrase>();
  return std::optional(DurationPhrase{count * *unit, i + 1});
}

std::optional<BoundPhrase> SentenceWords::bound_at(std::size_t i) const {
  const SentenceWords& words = *this;
  const std::string_view word = words[i];
  const std::string_view next = words[i + 1];
  if (word == "over" || word == "above" || word == "exceeding") return BoundPhrase{true, true, i + 1};
  if ((word == "more" || word == "greater") && next == "than") return BoundPhrase{true, true, i + 2};
  if (word == "at" && next == "least") return BoundPhrase{true, false, i + 2};
  if (word == "under" || word == "below") return BoundPhrase{false, true, i + 1};
  if ((word == "less" || word == "cheaper") && next == "than") return BoundPhrase{false, true, i + 2};
  if ((word == "at" && next == "most") || (word == "up" && next == "to")) return BoundPhrase{false, false, i + 2};
  if (word == "no" && next == "less" && words[i + 2] == "than") return BoundPhrase{true, false, i + 3};
  if (word == "no" && next == "more" && words[i + 2] == "than") return BoundPhrase{false, false, i + 3};
  return std::nullopt;
}

std::optional<int> unit_days(std::string_view word) {
  for (const Unit& unit : kUnits) {
    if (word == unit.one || word == unit.many) return unit.days;
  }
  return std::nullopt;
}

Result<int> whole_days(double days, int most) {
  const double whole = std::round(days);
  if (whole < 1 || whole > most) {
    return refuse(fmt::format("{} days are out of bounds: write 1 to {} days", days, most));
  }
  return static_cast<int>(whole);
}

}  // namespace bauta::client
