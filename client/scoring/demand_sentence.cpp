#include "client/scoring/demand_sentence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "client/scoring/matching_words.h"
#include "client/scoring/sentence_verbs.h"

namespace bauta::client {
namespace {

Error refuse(std::string message) { return Error{ErrorCode::invalid_argument, std::move(message)}; }

template <std::size_t N>
bool in(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::array<std::string_view, 26> kAudience = {
    "customers", "people",  "persons", "shoppers",   "buyers",      "purchasers", "redeemers", "users",    "visitors",
    "clients",   "members", "guests",  "households", "subscribers", "consumers",  "patients",  "everyone", "everybody",
    "anyone",    "anybody", "those",   "all",        "somebody",    "someone",    "audience",  "ones"};
/// Join parts of a sentence; a verb may follow.
constexpr std::array<std::string_view, 30> kLinks = {
    "who", "that", "which", "whom", "to",  "be",   "is",      "are",       "and",     "or",
    "nor", "but",  "then",  "also", "do",  "does", "did",     "have",      "has",     "had",
    "was", "were", "they",  "been", "yet", "just", "already", "currently", "usually", "often"};
/// After these a verb without an ending means the past: "did buy", "have come".
constexpr std::array<std::string_view, 6> kPastLinks = {"did", "have", "has", "had", "already", "been"};
constexpr std::array<std::string_view, 20> kFuture = {
    "will",  "would", "likely",     "likeliest", "expected", "going",   "may",   "might", "could", "should",
    "shall", "want",  "interested", "looking",   "ready",    "wanting", "prone", "need",  "about", "predicted"};
constexpr std::array<std::string_view, 7> kFirmFuture = {"will",     "would", "likely",   "likeliest",
                                                         "expected", "shall", "predicted"};
constexpr std::array<std::string_view, 8> kNegations = {"not",    "never",  "didnt", "dont",
                                                        "doesnt", "havent", "hasnt", "hadnt"};
constexpr std::array<std::string_view, 4> kNegatedFuture = {"wont", "wouldnt", "unlikely", "cannot"};
constexpr std::array<std::string_view, 6> kExceptions = {"except",    "excluding", "exclude",
                                                         "excepting", "without",   "minus"};
constexpr std::array<std::string_view, 3> kLapsed = {"lapsed", "inactive", "dormant"};
constexpr std::array<std::string_view, 25> kTimesBeyond = {
    "within",    "hours",    "january",  "february", "april",    "june",     "july",   "august", "september",
    "october",   "november", "december", "monday",   "tuesday",  "saturday", "since",  "until",  "ago",
    "yesterday", "tomorrow", "today",    "tonight",  "recently", "lately",   "weekend"};
constexpr std::array<std::string_view, 10> kGenericItems = {"anything", "something", "item",    "items",    "product",
                                                            "products", "goods",     "article", "articles", "stuff"};
constexpr std::array<std::string_view, 6> kPronouns = {"it", "them", "this", "these", "same", "such"};
constexpr std::array<std::string_view, 6> kPlaces = {"store", "shop", "website", "site", "us", "branch"};  // to visit
constexpr std::array<std::string_view, 3> kCarts = {"cart", "basket", "trolley"};  // "add shoes to the cart"
constexpr std::array<std::string_view, 14> kOrders = {"find", "show", "list",    "select", "target",
                                                      "give", "me",   "please",  "which",  "choose",
                                                      "get",  "us",   "address", "reach"};
constexpr std::array<std::string_view, 10> kCurrencies = {"dollar", "dollars", "euro", "euros", "pound",
                                                          "pounds", "usd",     "eur",  "gbp",   "each"};
constexpr std::array<std::string_view, 6> kAhead = {"next", "coming", "following", "upcoming", "this", "another"};
constexpr std::array<std::string_view, 4> kBehind = {"last", "past", "previous", "preceding"};
constexpr std::array<std::string_view, 7> kTimePrepositions = {"in",  "within", "over", "during",
                                                               "for", "inside", "under"};
constexpr std::array<std::string_view, 8> kWeakWords = {"soon",   "probably", "most",    "very",
                                                        "highly", "maybe",    "perhaps", "more"};
constexpr std::array<std::string_view, 8> kCounted = {"times",  "time",   "visits", "purchases",
                                                      "orders", "events", "clicks", "coupons"};

struct Unit {
  std::string_view one, many;
  int days;
};
constexpr std::array kUnits = {
    Unit{"day", "days", 1},      Unit{"week", "weeks", 7},        Unit{"fortnight", "fortnights", 14},
    Unit{"month", "months", 30}, Unit{"quarter", "quarters", 90}, Unit{"year", "years", 365}};

std::optional<int> unit_days(std::string_view word) {
  for (const Unit& unit : kUnits) {
    if (word == unit.one || word == unit.many) return unit.days;
  }
  return std::nullopt;
}

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

/// A number as the lexer reads it back, never with an exponent.
std::string plain(double value) { return fmt::format("{}", value); }

/// The words of one clause while they are read; `or` and a comma begin a new alternative.
class Alternatives {
 public:
  void add_word(std::string_view word) {
    if (broken_ || open_.empty()) open_.emplace_back();
    broken_ = false;
    open_.back() += (open_.back().empty() ? "" : " ") + std::string(word);
  }
  void next() { broken_ = !open_.empty(); }
  bool empty() const { return open_.empty(); }
  const std::vector<std::string>& texts() const { return open_; }

 private:
  std::vector<std::string> open_;
  bool broken_ = false;
};

struct Clause {
  bool main = false;
  bool required = false;
  bool exception = false;  ///< opened by "except": what follows "or", "and" is left out as well
  bool anything = false;
  bool same_item = false;
  bool generic_item = false;
  bool ambiguous_return = false;
  std::size_t denied = 0;  ///< "bought tea in the last 60 days but not in the last 14": the clause it goes on with
  std::optional<EventType> type;
  Alternatives words;
  Alternatives early;  ///< before the verb
  AmountBand amount;
  std::optional<int> days;

  bool has_content() const { return type || anything || !words.empty() || days || same_item || !amount.empty(); }
};

class SentenceParser {
 public:
  explicit SentenceParser(std::vector<Lexeme> lexemes) : lexemes_(std::move(lexemes)) {
    for (const Lexeme& lexeme : lexemes_) {
      words_.push_back(lexeme.kind == Lexeme::Kind::word ? std::string_view(lexeme.text) : std::string_view());
    }
    Clause main;
    main.main = true;
    clauses_.push_back(std::move(main));
  }

  Result<DemandSentence> run() {
    while (at_ < lexemes_.size()) {
      BAUTA_TRY(const bool taken, take());
      if (taken) continue;
      BAUTA_RETURN_IF_ERROR(check_number());
      take_plain_word();
    }
    return finish();
  }

 private:
  // Looking ahead.
  std::string_view word(std::size_t i) const { return i < words_.size() ? words_[i] : std::string_view(); }
  bool is(std::size_t i, std::string_view expected) const { return word(i) == expected; }
  bool is(std::size_t i, Lexeme::Kind kind) const { return i < lexemes_.size() && lexemes_[i].kind == kind; }
  bool is_article(std::size_t i) const { return is(i, "the") || is(i, "a") || is(i, "an") || is(i, "any"); }
  std::size_t after_articles(std::size_t i) const {
    while (is_article(i)) ++i;
    return i;
  }
  Clause& clause() { return clauses_[current_]; }
  Clause& main() { return clauses_[0]; }
  bool slot() const { return slot_; }

  struct Number {
    double value = 0;
    bool percent = false;
    std::size_t end = 0;
  };
  /// 14, fourteen, twenty one, a couple of.
  Result<std::optional<Number>> number_at(std::size_t i) const {
    if (is(i, Lexeme::Kind::number)) {
      const Lexeme& lexeme = lexemes_[i];
      if (!lexeme.value) {
        return refuse(
            fmt::format("the number {} can be read in two ways: write thousands as 1,000 and decimals as 20.50, "
                        "or put it in quotation marks if it belongs to the item",
                        lexeme.text));
      }
      return std::optional(Number{*lexeme.value, lexeme.percent, i + 1});
    }
    if (is(i, "a") && is(i + 1, "couple")) return std::optional(Number{2, false, is(i + 2, "of") ? i + 3 : i + 2});
    const auto spelt = spelt_number(word(i));
    if (!spelt) return std::optional<Number>();
    Number number{static_cast<double>(*spelt), false, i + 1};
    if (const auto unit = spelt_number(word(i + 1)); *spelt >= 20 && unit && *unit < 10) {
      number.value += *unit;
      ++number.end;
    }
    return std::optional(number);
  }

  /// One rule after the other; the order decides what a word with two meanings is taken for.
  Result<bool> take() {
    using Rule = Result<bool> (SentenceParser::*)();
    constexpr std::array<Rule, 15> kRules = {
        &SentenceParser::take_quoted,   &SentenceParser::take_break,     &SentenceParser::take_limit,
        &SentenceParser::take_lapsed,   &SentenceParser::take_time,      &SentenceParser::take_amount,
        &SentenceParser::take_negation, &SentenceParser::take_exception, &SentenceParser::take_future,
        &SentenceParser::take_doers,    &SentenceParser::take_verb,      &SentenceParser::take_again,
        &SentenceParser::take_link,     &SentenceParser::take_reference, &SentenceParser::refuse_unknown_time};
    for (const Rule rule : kRules) {
      BAUTA_TRY(const bool taken, (this->*rule)());
      if (taken) return true;
    }
    return false;
  }

  Result<bool> take_quoted() {
    if (!is(at_, Lexeme::Kind::quoted)) return false;
    clause_words().add_word(lexemes_[at_].text);
    slot_ = false;
    ++at_;
    return true;
  }

  Result<bool> take_break() {
    if (is(at_, Lexeme::Kind::comma)) {
      clause().words.next();
      clause().early.next();
      after_comma_ = true;
      linked_by_or_ = true;
      slot_ = true;
      ++at_;
      return true;
    }
    if (!is(at_, Lexeme::Kind::stop)) return false;
    current_ = 0;
    slot_ = true;
    ++at_;
    return true;
  }

  Result<bool> take_limit() {
    std::size_t i = at_;
    const bool led = is(i, "top") || is(i, "best") || is(i, "first");
    if (led) ++i;
    if (!led && !is(i, Lexeme::Kind::number)) return false;
    if (led && in(kAudience, word(i))) {  // "top customers": they are ranked anyway
      at_ = i;
      return true;
    }
    if (!led && clause().type) return false;  // "gifts for 4 guests"
    if (!is(i, Lexeme::Kind::number) && !spelt_number(word(i))) return false;
    BAUTA_TRY(const auto number, number_at(i));
    if (!number) return false;
    i = number->end;
    bool percent = number->percent;
    if (!percent && (is(i, "percent") || (is(i, "per") && is(i + 1, "cent")))) {
      i += is(i, "percent") ? 1 : 2;
      percent = true;
    }
    if (percent && is(i, "of")) ++i;
    i = after_articles(i);
    const bool counts_persons = in(kAudience, word(i));
    if (!led && !counts_persons) return false;
    if (unit_days(word(i))) return false;
    if (counts_persons) ++i;
    BAUTA_RETURN_IF_ERROR(set_limit(*number, percent));
    slot_ = true;
    at_ = i;
    return true;
  }

  Status set_limit(const Number& number, bool percent) {
    if (limit_.persons || limit_.percent) {
      return refuse("the sentence limits the audience twice: keep one of the two");
    }
    if (percent) {
      if (!(number.value > 0) || number.value > 100) {
        return refuse(
            fmt::format("top {} % is no share of persons: write a number above 0 and up to 100", plain(number.value)));
      }
      limit_.percent = number.value;
      return {};
    }
    if (number.value < 1 || number.value != std::floor(number.value) || number.value > 1e9) {
      return refuse(fmt::format("{} is no number of persons: write a whole number from 1", plain(number.value)));
    }
    limit_.persons = static_cast<std::uint64_t>(number.value);
    return {};
  }

  Result<bool> take_lapsed() {
    if (!in(kLapsed, word(at_)) || (main().type && current_ == 0 && !slot())) return false;
    std::size_t i = at_ + 1;
    while (in(kAudience, word(i))) ++i;
    int days = kLapsedDays;
    if (is(i, "for")) {
      std::size_t j = i + 1;
      if (is(j, "over")) ++j;
      if ((is(j, "more") && is(j + 1, "than")) || (is(j, "at") && is(j + 1, "least"))) j += 2;
      if (is(j, "the")) ++j;
      if (in(kBehind, word(j))) ++j;
      BAUTA_TRY(const auto span, duration_at(j, true));
      if (span) {
        BAUTA_TRY(days, whole_days(span->days, kMaxHistoryDays));
        i = span->end;
      }
    }
    BAUTA_RETURN_IF_ERROR(open_condition(false, false));
    clause().anything = true;
    clause().days = days;
    current_ = 0;
    slot_ = true;
    at_ = i;
    return true;
  }

  struct Span {
    double days = 0;
    std::size_t end = 0;
  };
  /// "14 days", "a week", and "week" alone where the number may be missing.
  Result<std::optional<Span>> duration_at(std::size_t i, bool number_may_miss) const {
    double count = 1;
    BAUTA_TRY(const auto number, number_at(i));
    if (number) {
      if (number->percent) return std::optional<Span>();
      count = number->value;
      i = number->end;
    } else if (is(i, "a") || is(i, "an")) {
      ++i;
    } else if (!number_may_miss) {
      return std::optional<Span>();
    }
    const auto unit = unit_days(word(i));
    if (!unit) return std::optional<Span>();
    return std::optional(Span{count * *unit, i + 1});
  }

  static Result<int> whole_days(double days, int most) {
    const double whole = std::round(days);
    if (whole < 1 || whole > most) {
      return refuse(fmt::format("{} days are out of bounds: write 1 to {} days", plain(days), most));
    }
    return static_cast<int>(whole);
  }

  Result<bool> take_time() {
    std::size_t i = at_;
    const bool preposition = in(kTimePrepositions, word(i));
    if (preposition) ++i;
    const bool whole = is(i, "the") || is(i, "their");
    if (whole) ++i;
    const bool ahead = in(kAhead, word(i));
    const bool behind = in(kBehind, word(i));
    if (ahead || behind) ++i;
    if (!preposition && !ahead && !behind) return false;
    BAUTA_TRY(const auto span, duration_at(i, ahead || behind));
    if (!span) {
      if ((ahead || behind) && (is(i, "few") || is(i, "several") || is(i, "some"))) {
        return refuse(
            fmt::format("'{} {}' is no length of time: write a number, such as 14 days", word(i), word(i + 1)));
      }
      return false;
    }
    if (is(span->end, "ago")) return refuse_unknown_time_at(span->end);
    at_ = span->end;
    BAUTA_RETURN_IF_ERROR(behind ? set_past(span->days) : set_time(span->days, ahead));
    slot_ = true;
    after_comma_ = false;
    return true;
  }

  Status set_past(double length) {
    BAUTA_TRY(const int days, whole_days(length, kMaxHistoryDays));
    if (clause().main) {
      if (clause().type) {
        return refuse(
            fmt::format("the demand lies ahead but the sentence says 'the last {} days' of it: say 'within {} "
                        "days' for what will be, 'who bought … in the last {} days' for what was",
                        days, days, days));
      }
      pending_past_ = days;  // "who, in the last 7 days, visited"
      return {};
    }
    if (clause().days) return refuse("a condition names two times: keep one of them");
    clause().days = days;
    return {};
  }

  /// "within 14 days" lies ahead in the main clause, behind in a condition; "the next 14 days" always ahead.
  Status set_time(double length, bool ahead) {
    if (!clause().main && !ahead && !(after_comma_ && !horizon_)) return set_past(length);
    if (!clause().main && ahead && !main().type && !after_comma_ && clause().has_content() && main().early.empty()) {
      return refuse("a condition asks for the future: conditions are about the past, such as 'in the last 14 days'");
    }
    BAUTA_TRY(const int days, whole_days(length, kMaxHorizonDays));
    if (horizon_ && *horizon_ != days) {
      return refuse(fmt::format("the sentence says both {} and {} days ahead: keep one of them", *horizon_, days));
    }
    horizon_ = days;
    return {};
  }

  struct Bound {
    bool low = false;
    bool strict = false;
    std::size_t end = 0;
  };
  std::optional<Bound> bound_at(std::size_t i) const {
    const auto two = [&](std::string_view a, std::string_view b) { return is(i, a) && is(i + 1, b); };
    if (is(i, "over") || is(i, "above") || is(i, "exceeding")) return Bound{true, true, i + 1};
    if (two("more", "than") || two("greater", "than")) return Bound{true, true, i + 2};
    if (two("at", "least")) return Bound{true, false, i + 2};
    if (is(i, "under") || is(i, "below")) return Bound{false, true, i + 1};
    if (two("less", "than") || two("cheaper", "than")) return Bound{false, true, i + 2};
    if (two("at", "most") || two("up", "to")) return Bound{false, false, i + 2};
    if (is(i, "no") && is(i + 1, "less") && is(i + 2, "than")) return Bound{true, false, i + 3};
    if (is(i, "no") && is(i + 1, "more") && is(i + 2, "than")) return Bound{false, false, i + 3};
    return std::nullopt;
  }

  Result<bool> take_amount() {
    std::size_t i = at_;
    if (is(i, "for") || is(i, "worth") || is(i, "costing") || is(i, "priced")) ++i;
    if (is(i, "between") || is(i, "from")) return take_between(i);
    const auto bound = bound_at(i);
    if (!bound) return false;
    BAUTA_TRY(const auto number, number_at(bound->end));
    if (!number) return false;
    if (in(kAudience, word(number->end))) {
      if (bound->low || number->percent) {
        return refuse("an audience can be limited from above only: write 'top 500 customers'");
      }
      Number most = *number;
      if (bound->strict) most.value -= 1;
      BAUTA_RETURN_IF_ERROR(set_limit(most, false));
      at_ = number->end + 1;
      return true;
    }
    BAUTA_RETURN_IF_ERROR(check_is_amount(at_, *number));
    AmountBand& band = clause().amount;
    if (bound->low ? band.low.has_value() : band.high.has_value()) {
      return refuse("the sentence bounds the amount twice from the same side: keep one of the two");
    }
    (bound->low ? band.low : band.high) = number->value;
    (bound->low ? band.above_low : band.below_high) = bound->strict;
    return end_amount(number->end);
  }

  Result<bool> take_between(std::size_t i) {
    const bool from = is(i, "from");
    BAUTA_TRY(const auto low, number_at(i + 1));
    if (!low) return false;
    std::size_t j = low->end;
    const bool joined = is(j, "and") || is(j, "to");
    if (from && !joined) return false;
    if (joined) ++j;
    BAUTA_TRY(const auto high, number_at(j));
    if (!high) return false;
    BAUTA_RETURN_IF_ERROR(check_is_amount(at_, *high));
    AmountBand& band = clause().amount;
    if (!band.empty()) return refuse("the sentence bounds the amount twice: keep one of the two");
    band = {low->value, high->value, false, false};
    return end_amount(high->end);
  }

  Result<bool> end_amount(std::size_t end) {
    at_ = end;
    while (in(kCurrencies, word(at_))) ++at_;
    slot_ = true;
    return true;
  }

  /// An amount of money stands at the end of its phrase; "over 3 bottles" counts bottles.
  Status check_is_amount(std::size_t begin, const Number& number) {
    const std::string_view follower = word(number.end);
    std::string phrase;
    for (std::size_t i = begin; i < number.end; ++i) phrase += (phrase.empty() ? "" : " ") + lexemes_[i].text;
    if (number.percent || in(kCounted, follower) || unit_days(follower)) {
      return refuse(
          fmt::format("'{}{} {}' is no amount of money of one purchase, and nothing else can be bounded; leave it "
                      "out, or put it in quotation marks if it belongs to the item",
                      phrase, number.percent ? " %" : "", follower));
    }
    const bool ends = follower.empty() || in(kCurrencies, follower) || is_connecting_word(follower) ||
                      in(kLinks, follower) || in(kTimePrepositions, follower) || in(kAhead, follower) ||
                      in(kBehind, follower) || in(kNegations, follower) || in(kExceptions, follower) ||
                      in(kFuture, follower) || is(number.end, "again") || is(number.end, "no") ||
                      bound_at(number.end).has_value();
    if (ends) return {};
    return refuse(
        fmt::format("'{} {}' seems to count things; only the amount of one purchase can be bounded, such as 'wine "
                    "over 20'; put it in quotation marks if it belongs to the item",
                    phrase, follower));
  }

  Result<bool> take_negation() {
    const bool no = is(at_, "no");
    if (no) {
      const std::size_t next = after_articles(at_ + 1);
      if (!verb_phrase_at(std::span(words_).subspan(std::min(next, words_.size())))) return false;
    }
    if (in(kNegatedFuture, word(at_)) && (slot() || is(at_, "unlikely"))) return refuse_negated_future();
    if (!no && !in(kNegations, word(at_))) return false;
    if (in(kFirmFuture, word(at_ + 1)) || in(kNegatedFuture, word(at_ + 1)) || is(at_ + 1, "going") ||
        (at_ > 0 && in(kFirmFuture, word(at_ - 1)))) {
      return refuse_negated_future();
    }
    if (!clause().main && clause().exception && !clause().has_content()) {
      clause().required = !clause().required;  // "except those who did not"
    } else {
      const std::size_t before = clause().type || clause().anything ? current_ : 0;
      BAUTA_RETURN_IF_ERROR(open_condition(false, false));
      clause().denied = before;
    }
    ++at_;
    return true;
  }

  static Error refuse_negated_future() {
    return refuse(
        "people who will NOT do something cannot be asked for: ask for what they will do, and leave out those who "
        "did something with 'except those who bought … in the last 30 days'");
  }

  Result<bool> take_exception() {
    std::size_t length = in(kExceptions, word(at_)) ? 1 : 0;
    if (is(at_, "other") && is(at_ + 1, "than")) length = 2;
    if (is(at_, "leave") && is(at_ + 1, "out")) length = 2;
    if (is(at_, "leaving") && is(at_ + 1, "out")) length = 2;
    if (length == 0) return false;
    if (is(at_ + length, "for")) ++length;
    BAUTA_RETURN_IF_ERROR(open_condition(false, true));
    at_ += length;
    return true;
  }

  Status open_condition(bool required, bool exception) {
    if (clauses_.size() > kMaxConditions) {
      return refuse(fmt::format("the sentence has more than {} conditions: drop some", kMaxConditions));
    }
    // "but not those who", "except customers without": nothing was said yet in the clause that is open.
    if (current_ == 0 || clause().has_content()) {
      clauses_.emplace_back();
      current_ = clauses_.size() - 1;
    }
    clause().required = required;
    clause().exception = clause().exception || exception;
    if (pending_past_) {
      clause().days = pending_past_;
      pending_past_.reset();
    }
    slot_ = true;
    past_link_ = false;
    after_comma_ = false;
    return {};
  }

  Result<bool> take_future() {
    if (!in(kFuture, word(at_))) return false;
    const bool firm = in(kFirmFuture, word(at_));
    if (!firm && (!slot() || (current_ == 0 && main().type))) return false;
    if ((is(at_, "about") || is(at_, "going")) && !is(at_ + 1, "to")) return false;
    if (current_ != 0) {
      if (!clause().has_content()) {
        return refuse(
            fmt::format("a condition asks for the future ('{}'): conditions are about the past, such as 'who "
                        "bought … in the last 14 days'",
                        word(at_)));
      }
      current_ = 0;
    }
    ++at_;
    if (is(at_, "in") || is(at_, "for")) ++at_;
    slot_ = true;
    past_link_ = false;
    will_ = true;
    return true;
  }

  /// "excluding buyers of wine": elsewhere such a word only names the audience.
  Result<bool> take_doers() {
    const auto type = doers(word(at_));
    if (type && current_ != 0 && !clause().type && !clause().anything && clause().exception) {
      clause().type = *type;
      ++at_;
      return true;
    }
    if (!in(kAudience, word(at_))) return false;
    ++at_;
    slot_ = true;
    return true;
  }

  Result<bool> take_verb() {
    if (!slot()) return false;
    const auto phrase = verb_phrase_at(std::span(words_).subspan(at_));
    if (!phrase) return false;
    if (phrase->meaning == Meaning::unasked) {
      if (current_ == 0 && main().type) return false;
      return refuse(
          fmt::format("'{}' is no event that is recorded: ask for an event ('cancel', 'buy', 'receive a mail'), or use "
                      "'inactive for 60 days' for those who stayed away",
                      word(at_)));
    }
    const bool past = phrase->past || past_link_;
    if (phrase->meaning == Meaning::anything && current_ == 0 && !past) return false;
    const bool ambiguous = word(at_).starts_with("return");
    BAUTA_RETURN_IF_ERROR(place_verb(past));
    Clause& into = clause();
    if (phrase->meaning == Meaning::anything) {
      into.anything = true;
    } else if (into.type && *into.type != phrase->type) {
      return refuse(
          fmt::format("the sentence asks for two things at once ('{}' and '{}'): ask for one of them, or put words "
                      "that belong to the item in quotation marks",
                      phrase_of(*into.type), phrase_of(phrase->type)));
    } else {
      into.type = phrase->type;
      into.ambiguous_return = ambiguous;
    }
    at_ += phrase->words;
    slot_ = false;
    past_link_ = false;
    will_ = false;
    linked_by_or_ = false;
    after_comma_ = false;
    return true;
  }

  /// Chooses, or opens, the clause that the verb belongs to.
  Status place_verb(bool past) {
    if (current_ == 0) return past && !will_ ? open_condition(true, false) : Status{};
    const bool taken = clause().type || clause().anything;
    if (!taken) return {};
    const Clause& open = clause();
    const bool stays_out = !open.required && (open.exception || (linked_by_or_ && !new_subject_));
    if (!past && !stays_out && !main().type && new_subject_) {
      current_ = 0;
      return {};
    }
    const bool exception = open.exception;
    return open_condition(!stays_out, exception);
  }

  Result<bool> take_again() {
    if (!is(at_, "again")) return false;
    if (current_ == 0 && main().type) again_ = true;
    slot_ = true;
    ++at_;
    return true;
  }

  Result<bool> take_link() {
    const std::string_view link = word(at_);
    if (at_ == leading_orders_ && in(kOrders, link)) {
      ++leading_orders_;
      ++at_;
      return true;
    }
    if (in(kLinks, link)) {
      if (in(kPastLinks, link)) past_link_ = true;
      if (link == "or" || link == "nor") {
        clause().words.next();
        clause().early.next();
        linked_by_or_ = true;
        new_subject_ = false;
      } else if (link == "and" || link == "but") {
        linked_by_or_ = link == "and" && clause().exception;
        new_subject_ = false;
        if (link == "but") past_link_ = false;
      } else if (link == "who" || link == "that" || link == "which") {
        new_subject_ = true;
        past_link_ = false;
      }
      if (link != "to" || !clause().type) slot_ = true;
      ++at_;
      return true;
    }
    if (in(kWeakWords, link) && (slot() || link == "soon")) {
      if (link == "soon") not_understood_.emplace_back(link);
      ++at_;
      return true;
    }
    if (!is_connecting_word(link)) return false;
    ++at_;  // leaves the slot as it is: "a purchase", "wine for"
    return true;
  }

  /// "it", "anything": says which item without describing it.
  Result<bool> take_reference() {
    if (in(kGenericItems, word(at_)) && clause_words().empty()) {
      clause().generic_item = true;
    } else if (in(kPronouns, word(at_)) && current_ != 0 && clause().words.empty()) {
      clause().same_item = true;
    } else if (clause().type == EventType::visit && in(kPlaces, word(at_)) && clause_words().empty()) {
      clause().generic_item = true;
    } else if (clause().type != EventType::cart || !in(kCarts, word(at_))) {
      return false;
    }
    slot_ = false;
    ++at_;
    return true;
  }

  Result<bool> refuse_unknown_time() {
    if (in(kTimesBeyond, word(at_))) return refuse_unknown_time_at(at_);
    // "wine 14 days", which nobody can have meant as words of an item.
    BAUTA_TRY(const auto span, duration_at(at_, false));
    if (span && word(span->end - 1).ends_with('s') && is(at_, Lexeme::Kind::number)) {
      return refuse(
          fmt::format("'{} {}' stands alone: write 'within {} {}' for what lies ahead or 'in the last {} {}' for "
                      "what was, or put it in quotation marks if it belongs to the item",
                      lexemes_[at_].text, word(span->end - 1), lexemes_[at_].text, word(span->end - 1),
                      lexemes_[at_].text, word(span->end - 1)));
    }
    return false;
  }

  Error refuse_unknown_time_at(std::size_t i) const {
    return refuse(
        fmt::format("the time '{}' is not understood: write 'within 14 days' for what lies ahead or 'in the last 14 "
                    "days' for what was, or put it in quotation marks if it belongs to the item",
                    word(i)));
  }

  Alternatives& clause_words() {
    Clause& open = clause();
    return open.main && !open.type ? open.early : open.words;
  }

  /// "50 or more", "20-50": surely meant as an amount.
  Status check_number() const {
    if (!is(at_, Lexeme::Kind::number)) return {};
    const bool beside = is(at_ + 1, Lexeme::Kind::number) ||
                        (is(at_ + 1, "or") && (is(at_ + 2, "more") || is(at_ + 2, "less") || is(at_ + 2, "fewer")));
    if (!beside && !lexemes_[at_].percent && !in(kCurrencies, word(at_ + 1))) return {};
    return refuse(
        fmt::format("the number {} is not understood: write amounts as 'over 20' or 'between 20 and 50', or put it "
                    "in quotation marks if it belongs to the item",
                    lexemes_[at_].text));
  }

  void take_plain_word() {
    clause_words().add_word(lexemes_[at_].text);
    slot_ = false;
    after_comma_ = false;
    ++at_;
  }

  static Result<DemandWords> demand_words(const Alternatives& alternatives) {
    DemandWords demand;
    for (const std::string& text : alternatives.texts()) {
      std::vector<std::string> words = words_of(text);
      const bool telling =
          !std::all_of(words.begin(), words.end(), [](const std::string& w) { return is_connecting_word(w); });
      if (telling) std::erase_if(words, [](const std::string& w) { return is_connecting_word(w); });
      if (words.size() >= 24)
        return refuse("the item is described in more than 23 words: use fewer, or 'or' between items");
      std::string joined = fmt::format("{}", fmt::join(words, " "));
      if (joined.empty()) continue;
      if (std::find(demand.alternatives.begin(), demand.alternatives.end(), joined) == demand.alternatives.end())
        demand.alternatives.push_back(std::move(joined));
    }
    if (demand.alternatives.size() > kMaxAlternatives) {
      return refuse(fmt::format("the sentence names more than {} items: split it", kMaxAlternatives));
    }
    return demand;
  }

  static Status check_band(const AmountBand& band) {
    if (!band.low || !band.high) return {};
    const bool none = *band.low > *band.high || (*band.low == *band.high && (band.above_low || band.below_high));
    if (!none) return {};
    return refuse(fmt::format("no amount lies{}: swap or widen the bounds", describe(band)));
  }

  static Status check_return(const Clause& clause) {
    if (!clause.ambiguous_return || !clause.words.empty() || clause.generic_item || clause.same_item) return {};
    return refuse("'return' can mean two things: write 'come back' or 'visit', or 'send back goods'");
  }

  Result<DemandSentence> finish() {
    if (pending_past_) {
      return refuse(
          "the sentence names a past time but nothing that happened in it: write 'who bought … in the last 14 days'");
    }
    DemandSentence sentence;
    BAUTA_RETURN_IF_ERROR(finish_main(sentence));
    for (std::size_t i = 1; i < clauses_.size(); ++i) {
      BAUTA_TRY(HistoryCondition condition, finish_condition(clauses_[i], sentence));
      add_condition(sentence, std::move(condition));
    }
    if (again_) {
      HistoryCondition before;
      before.required = true;
      before.type = sentence.type;
      before.words = sentence.words;
      add_condition(sentence, std::move(before));
    }
    BAUTA_RETURN_IF_ERROR(check_contradictions(sentence.conditions));
    return sentence;
  }

  static void add_condition(DemandSentence& sentence, HistoryCondition condition) {
    auto& all = sentence.conditions;
    if (std::find(all.begin(), all.end(), condition) == all.end()) all.push_back(std::move(condition));
  }

  Status finish_main(DemandSentence& sentence) {
    const Clause& demand = main();
    sentence.type_assumed = !demand.type;
    sentence.type = demand.type.value_or(EventType::purchase);
    sentence.horizon_assumed = !horizon_;
    sentence.horizon_days = horizon_.value_or(kDefaultHorizonDays);
    sentence.amount = demand.amount;
    sentence.limit = limit_;
    sentence.not_understood = not_understood_;
    BAUTA_RETURN_IF_ERROR(check_band(demand.amount));
    BAUTA_RETURN_IF_ERROR(check_return(demand));
    BAUTA_TRY(DemandWords early, demand_words(demand.early));
    BAUTA_TRY(sentence.words, demand_words(demand.words));
    if (!demand.type) {
      if (early.empty() && !demand.generic_item && demand.amount.empty()) {
        return refuse(
            "the sentence does not say what people will do: write for example 'customers likely to buy baby food "
            "within 14 days'");
      }
      sentence.words = std::move(early);
      return {};
    }
    for (const std::string& text : early.alternatives) {
      for (std::string& unused : words_of(text)) sentence.not_understood.push_back(std::move(unused));
    }
    if (!early.empty() && sentence.words.empty() && !demand.generic_item) {
      return refuse(
          fmt::format("'{}' stands before '{}' and is not understood: put what describes the item after it, "
                      "otherwise leave it out",
                      early.text(), phrase_of(sentence.type)));
    }
    return {};
  }

  Result<HistoryCondition> finish_condition(const Clause& clause, const DemandSentence& sentence) {
    BAUTA_RETURN_IF_ERROR(check_band(clause.amount));
    BAUTA_RETURN_IF_ERROR(check_return(clause));
    HistoryCondition condition;
    condition.required = clause.required;
    BAUTA_TRY(condition.words, demand_words(clause.words));
    if (clause.same_item && condition.words.empty()) condition.words = sentence.words;
    condition.amount = clause.amount;
    condition.days = clause.days;
    condition.type = clause.type;
    const bool about_item = !condition.words.empty() || !clause.amount.empty() || clause.generic_item;
    if (!clause.type && !clause.anything && !about_item && clause.denied != 0 && clause.days) {
      Clause same = clauses_[clause.denied];
      same.required = false;
      same.days = clause.days;
      return finish_condition(same, sentence);
    }
    if (!clause.type && !clause.anything) {
      if (about_item) {
        condition.type = sentence.type;
      } else if (!clause.days) {
        return refuse(
            "'except', 'not' or 'without' is followed by nothing that can be left out: write for example 'except "
            "those who bought in the last 7 days'");
      }
    }
    if (!condition.required && !condition.type && !condition.days && condition.words.empty() &&
        condition.amount.empty()) {
      return refuse("everybody who ever had an event is left out, so nobody remains: add 'in the last 90 days'");
    }
    return condition;
  }

  /// A required event that another condition leaves out.
  static Status check_contradictions(const std::vector<HistoryCondition>& conditions) {
    for (const HistoryCondition& kept : conditions) {
      for (const HistoryCondition& left : conditions) {
        if (!kept.required || left.required) continue;
        const bool same_type = !left.type || left.type == kept.type;
        const bool same_item = left.words.empty() || left.words == kept.words;
        const bool same_amount = left.amount.empty() || left.amount == kept.amount;
        const bool same_time = !left.days || (kept.days && *kept.days <= *left.days);
        if (same_type && same_item && same_amount && same_time) {
          return refuse(
              fmt::format("the sentence both asks for and leaves out the same people ({}; {}): drop one of the two",
                          describe(kept), describe(left)));
        }
      }
    }
    return {};
  }

  std::vector<Lexeme> lexemes_;
  std::vector<std::string_view> words_;  ///< parallel to lexemes_, "" for what is no word
  std::size_t at_ = 0;

  std::vector<Clause> clauses_;  ///< [0] is the demand, the others are conditions
  std::size_t current_ = 0;
  std::optional<int> horizon_;
  AudienceLimit limit_;
  std::vector<std::string> not_understood_;
  bool again_ = false;

  bool slot_ = true;           ///< may a verb stand here?
  bool past_link_ = false;     ///< "did", "have" since the last verb
  bool will_ = false;          ///< "will", "likely" since the last verb
  bool linked_by_or_ = false;  ///< goes on with what was denied before
  bool new_subject_ = false;   ///< "who" since the last verb
  bool after_comma_ = false;
  std::optional<int> pending_past_;
  std::size_t leading_orders_ = 0;
};

std::string item_text(const DemandWords& words) {
  std::string text;
  for (const std::string& alternative : words.alternatives)
    text += fmt::format("{}\"{}\"", text.empty() ? " " : " or ", alternative);
  return text;
}

std::string condition_text(const HistoryCondition& condition) {
  return fmt::format("who did {}{}{}{}{}", condition.required ? "" : "not ",
                     condition.type ? phrase_of(*condition.type) : "do anything", item_text(condition.words),
                     describe(condition.amount),
                     condition.days ? fmt::format(" in the last {} days", *condition.days) : std::string());
}

}  // namespace

std::string DemandWords::text() const { return fmt::format("{}", fmt::join(alternatives, " or ")); }

bool AmountBand::contains(float amount) const {
  if (empty()) return true;
  if (std::isnan(amount)) return false;
  // Amounts are kept as float: 20.10 must not count as over 20.10 because of how it is rounded there.
  if (low && (above_low ? amount <= static_cast<float>(*low) : amount < static_cast<float>(*low))) return false;
  return !high || (below_high ? amount < static_cast<float>(*high) : amount <= static_cast<float>(*high));
}

Result<DemandSentence> parse_demand_sentence(std::string_view sentence) {
  BAUTA_TRY(std::vector<Lexeme> lexemes, lex_sentence(sentence));
  return SentenceParser(std::move(lexemes)).run();
}

std::string describe(const AmountBand& amount) {
  if (amount.low && amount.high && !amount.above_low && !amount.below_high)
    return fmt::format(" between {} and {}", plain(*amount.low), plain(*amount.high));
  std::string text;
  if (amount.low) text += fmt::format(" {} {}", amount.above_low ? "over" : "at least", plain(*amount.low));
  if (amount.high) text += fmt::format(" {} {}", amount.below_high ? "under" : "at most", plain(*amount.high));
  return text;
}

std::string describe(const HistoryCondition& condition) {
  HistoryCondition event = condition;
  event.required = true;
  return fmt::format("{}: {}", condition.required ? "only" : "left out", condition_text(event));
}

std::string canonical_sentence(const DemandSentence& sentence) {
  std::string text;
  if (sentence.limit.persons) text += fmt::format("top {} ", *sentence.limit.persons);
  if (sentence.limit.percent) text += fmt::format("top {} % of ", plain(*sentence.limit.percent));
  text += fmt::format("persons who will {}{}{} within {} days", phrase_of(sentence.type), item_text(sentence.words),
                      describe(sentence.amount), sentence.horizon_days);
  for (const HistoryCondition& condition : sentence.conditions) text += ", " + condition_text(condition);
  return text;
}

std::vector<std::string> parsed_filters(const DemandSentence& sentence) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("looks for: {} (event type {}){}", phrase_of(sentence.type), to_string(sentence.type),
                              sentence.type_assumed ? ", assumed: the sentence names no verb" : ""));
  lines.push_back(sentence.words.empty() ? "item: any" : fmt::format("item:{}", item_text(sentence.words)));
  if (!sentence.amount.empty())
    lines.push_back(fmt::format("amount of one event:{}, in the service's own currency", describe(sentence.amount)));
  lines.push_back(fmt::format("within: {} days{}", sentence.horizon_days,
                              sentence.horizon_assumed ? ", assumed: the sentence names no time" : ""));
  for (const HistoryCondition& condition : sentence.conditions) lines.push_back(describe(condition));
  if (sentence.limit.persons) lines.push_back(fmt::format("at most: {} persons", *sentence.limit.persons));
  if (sentence.limit.percent)
    lines.push_back(fmt::format("at most: {} % of the persons", plain(*sentence.limit.percent)));
  if (!sentence.not_understood.empty())
    lines.push_back(fmt::format("not understood, without effect: {}", fmt::join(sentence.not_understood, ", ")));
  return lines;
}

}  // namespace bauta::client
