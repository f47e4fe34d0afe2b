#include "client/scoring/sentence_parser.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "client/scoring/matching_words.h"
#include "client/scoring/sentence_clauses.h"
#include "client/scoring/sentence_lists.h"
#include "client/scoring/sentence_verbs.h"
#include "client/scoring/sentence_words.h"

namespace bauta::client {
namespace {

using namespace sentence_lists;

/// Goes through the lexemes once. A rule looks at those from at_ on, takes what it understands and leaves the rest.
class SentenceParser {
 public:
  explicit SentenceParser(std::vector<Lexeme> lexemes) : words_(std::move(lexemes)) {}

  Result<DemandSentence> run() {
    while (at_ < words_.size()) {
      BAUTA_TRY(const bool taken, take());
      if (taken) continue;
      BAUTA_RETURN_IF_ERROR(check_number());
      take_plain_word();
    }
    return clauses_.finish();
  }

 private:
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

  bool is_number(std::size_t i) const { return words_.is(i, Lexeme::Kind::number); }
  bool are(std::size_t i, std::string_view first, std::string_view second) const {
    return words_[i] == first && words_[i + 1] == second;
  }

  // Words as they stand, and breaks.

  Result<bool> take_quoted() {
    if (!words_.is(at_, Lexeme::Kind::quoted)) return false;
    clauses_.words().add_word(words_.lexeme(at_).text);
    slot_ = false;
    ++at_;
    return true;
  }

  Result<bool> take_break() {
    if (words_.is(at_, Lexeme::Kind::comma)) {
      clauses_.next_alternative();
      after_comma_ = true;
      linked_by_or_ = true;
    } else if (words_.is(at_, Lexeme::Kind::stop)) {
      clauses_.return_to_demand();
    } else {
      return false;
    }
    slot_ = true;
    ++at_;
    return true;
  }

  /// "50 or more", "20-50": surely meant as an amount.
  Status check_number() const {
    if (!is_number(at_)) return {};
    const std::string_view third = words_[at_ + 2];
    const bool beside =
        is_number(at_ + 1) || (words_[at_ + 1] == "or" && (third == "more" || third == "less" || third == "fewer"));
    if (!beside && !words_.lexeme(at_).percent && !in(kCurrencies, words_[at_ + 1])) return {};
    return refuse(
        fmt::format("the number {} is not understood: write amounts as 'over 20' or 'between 20 and 50', or put it "
                    "in quotation marks if it belongs to the item",
                    words_.lexeme(at_).text));
  }

  void take_plain_word() {
    clauses_.words().add_word(words_.lexeme(at_).text);
    slot_ = false;
    after_comma_ = false;
    ++at_;
  }

  // How many persons, when, and for how much.

  Result<bool> take_limit() {
    std::size_t i = at_;
    const bool led = words_[i] == "top" || words_[i] == "best" || words_[i] == "first";
    if (led) ++i;
    if (!led && !is_number(i)) return false;
    if (led && in(kAudience, words_[i])) {  // "top customers": they are ranked anyway
      at_ = i;
      return true;
    }
    if (!led && clauses_.open().type) return false;  // "gifts for 4 guests"
    BAUTA_TRY(const auto number, words_.number_at(i));
    if (!number || words_[i] == "a") return false;
    i = number->end;
    bool percent = number->percent;
    if (!percent && (words_[i] == "percent" || are(i, "per", "cent"))) {
      i += words_[i] == "percent" ? 1 : 2;
      percent = true;
    }
    if (percent && words_[i] == "of") ++i;
    i = words_.after_articles(i);
    const bool counts_persons = in(kAudience, words_[i]);
    if (!led && !counts_persons) return false;
    if (unit_days(words_[i])) return false;
    if (counts_persons) ++i;
    BAUTA_RETURN_IF_ERROR(clauses_.limit_audience(number->value, percent));
    slot_ = true;
    at_ = i;
    return true;
  }

  Result<bool> take_lapsed() {
    if (!in(kLapsed, words_[at_]) || (clauses_.in_demand() && clauses_.demand().type && !slot_)) return false;
    std::size_t i = at_ + 1;
    while (in(kAudience, words_[i])) ++i;
    int days = kLapsedDays;
    if (words_[i] == "for") {
      std::size_t j = i + 1;
      if (words_[j] == "over") ++j;
      if (are(j, "more", "than") || are(j, "at", "least")) j += 2;
      if (words_[j] == "the") ++j;
      if (in(kBehind, words_[j])) ++j;
      BAUTA_TRY(const auto span, words_.duration_at(j, true));
      if (span) {
        BAUTA_TRY(days, whole_days(span->days, kMaxHistoryDays));
        i = span->end;
      }
    }
    BAUTA_RETURN_IF_ERROR(open_condition(false, false));
    clauses_.open().anything = true;
    clauses_.open().days = days;
    clauses_.return_to_demand();
    at_ = i;
    return true;
  }

  Result<bool> take_time() {
    std::size_t i = at_;
    const bool preposition = in(kTimePrepositions, words_[i]);
    if (preposition) ++i;
    if (words_[i] == "the" || words_[i] == "their") ++i;
    const bool ahead = in(kAhead, words_[i]);
    const bool behind = in(kBehind, words_[i]);
    if (ahead || behind) ++i;
    if (!preposition && !ahead && !behind) return false;
    BAUTA_TRY(const auto span, words_.duration_at(i, ahead || behind));
    if (!span) {
      const std::string_view vague = words_[i];
      if ((ahead || behind) && (vague == "few" || vague == "several" || vague == "some")) {
        return refuse(
            fmt::format("'{} {}' is no length of time: write a number, such as 14 days", vague, words_[i + 1]));
      }
      return false;
    }
    if (words_[span->end] == "ago") return unknown_time(words_[span->end]);
    at_ = span->end;
    BAUTA_RETURN_IF_ERROR(behind ? clauses_.set_past(span->days) : clauses_.set_time(span->days, ahead, after_comma_));
    slot_ = true;
    after_comma_ = false;
    return true;
  }

  Result<bool> refuse_unknown_time() {
    if (in(kTimesBeyond, words_[at_])) return unknown_time(words_[at_]);
    // "wine 14 days", which nobody can have meant as words of an item.
    BAUTA_TRY(const auto span, words_.duration_at(at_, false));
    if (!span || !words_[span->end - 1].ends_with('s') || !is_number(at_)) return false;
    const std::string length = fmt::format("{} {}", words_.lexeme(at_).text, words_[span->end - 1]);
    return refuse(
        fmt::format("'{}' stands alone: write 'within {}' for what lies ahead or 'in the last {}' for what was, or "
                    "put it in quotation marks if it belongs to the item",
                    length, length, length));
  }

  static Error unknown_time(std::string_view word) {
    return refuse(
        fmt::format("the time '{}' is not understood: write 'within 14 days' for what lies ahead or 'in the last 14 "
                    "days' for what was, or put it in quotation marks if it belongs to the item",
                    word));
  }

  Result<bool> take_amount() {
    std::size_t i = at_;
    if (words_[i] == "for" || words_[i] == "worth" || words_[i] == "costing" || words_[i] == "priced") ++i;
    if (words_[i] == "between" || words_[i] == "from") return take_between(i);
    const auto bound = words_.bound_at(i);
    if (!bound) return false;
    BAUTA_TRY(const auto number, words_.number_at(bound->end));
    if (!number) return false;
    if (in(kAudience, words_[number->end])) {
      if (bound->low || number->percent) {
        return refuse("an audience can be limited from above only: write 'top 500 customers'");
      }
      BAUTA_RETURN_IF_ERROR(clauses_.limit_audience(number->value - (bound->strict ? 1 : 0), false));
      at_ = number->end + 1;
      return true;
    }
    BAUTA_RETURN_IF_ERROR(check_is_amount(*number));
    BAUTA_RETURN_IF_ERROR(clauses_.bound_amount(number->value, bound->low, bound->strict));
    end_amount(number->end);
    return true;
  }

  Result<bool> take_between(std::size_t i) {
    BAUTA_TRY(const auto low, words_.number_at(i + 1));
    if (!low) return false;
    const std::string_view link = words_[low->end];
    const bool joined = link == "and" || link == "to";
    if (words_[i] == "from" && !joined) return false;
    BAUTA_TRY(const auto high, words_.number_at(low->end + (joined ? 1 : 0)));
    if (!high) return false;
    BAUTA_RETURN_IF_ERROR(check_is_amount(*high));
    BAUTA_RETURN_IF_ERROR(clauses_.set_amount({low->value, high->value, false, false}));
    end_amount(high->end);
    return true;
  }

  void end_amount(std::size_t end) {
    at_ = end;
    while (in(kCurrencies, words_[at_])) ++at_;
    slot_ = true;
  }

  /// An amount of money, the last number of a phrase that begins at at_, stands at the end of that phrase; "over 3
  /// bottles" counts bottles.
  Status check_is_amount(const NumberPhrase& number) const {
    const std::string_view follower = words_[number.end];
    std::string phrase;
    for (std::size_t i = at_; i < number.end; ++i) phrase += (phrase.empty() ? "" : " ") + words_.lexeme(i).text;
    if (number.percent || in(kCounted, follower) || unit_days(follower)) {
      return refuse(
          fmt::format("'{}{} {}' is no amount of money of one purchase, and nothing else can be bounded; leave it "
                      "out, or put it in quotation marks if it belongs to the item",
                      phrase, number.percent ? " %" : "", follower));
    }
    const bool ends = follower.empty() || in(kCurrencies, follower) || is_connecting_word(follower) ||
                      in(kLinks, follower) || in(kTimePrepositions, follower) || in(kAhead, follower) ||
                      in(kBehind, follower) || in(kNegations, follower) || in(kExceptions, follower) ||
                      in(kFuture, follower) || follower == "again" || follower == "no" ||
                      words_.bound_at(number.end).has_value();
    if (ends) return {};
    return refuse(
        fmt::format("'{} {}' seems to count things; only the amount of one purchase can be bounded, such as 'wine "
                    "over 20'; put it in quotation marks if it belongs to the item",
                    phrase, follower));
  }

  // Whom to leave out or keep, and what will be.

  Status open_condition(bool required, bool exception) {
    BAUTA_RETURN_IF_ERROR(clauses_.open_condition(required, exception));
    begin_condition();
    return {};
  }

  void begin_condition() {
    slot_ = true;
    past_link_ = false;
    after_comma_ = false;
  }

  Result<bool> take_negation() {
    const std::string_view word = words_[at_];
    const std::string_view next = words_[at_ + 1];
    const bool no = word == "no";
    if (no && !verb_phrase_at(words_.from(words_.after_articles(at_ + 1)))) return false;
    if (in(kNegatedFuture, word) && (slot_ || word == "unlikely")) return refuse_negated_future();
    if (!no && !in(kNegations, word)) return false;
    if (in(kFirmFuture, next) || in(kNegatedFuture, next) || next == "going" ||
        (at_ > 0 && in(kFirmFuture, words_[at_ - 1]))) {
      return refuse_negated_future();
    }
    BAUTA_TRY(const bool opened, clauses_.deny());
    if (opened) begin_condition();
    ++at_;
    return true;
  }

  static Error refuse_negated_future() {
    return refuse(
        "people who will NOT do something cannot be asked for: ask for what they will do, and leave out those who "
        "did something with 'except those who bought … in the last 30 days'");
  }

  Result<bool> take_exception() {
    std::size_t length = in(kExceptions, words_[at_]) ? 1 : 0;
    if (are(at_, "other", "than") || are(at_, "leave", "out") || are(at_, "leaving", "out")) length = 2;
    if (length == 0) return false;
    if (words_[at_ + length] == "for") ++length;
    BAUTA_RETURN_IF_ERROR(open_condition(false, true));
    at_ += length;
    return true;
  }

  Result<bool> take_future() {
    const std::string_view word = words_[at_];
    if (!in(kFuture, word)) return false;
    const bool firm = in(kFirmFuture, word);
    if (!firm && (!slot_ || (clauses_.in_demand() && clauses_.demand().type))) return false;
    if ((word == "about" || word == "going") && words_[at_ + 1] != "to") return false;
    if (!clauses_.in_demand() && !clauses_.open().has_content()) {
      return refuse(
          fmt::format("a condition asks for the future ('{}'): conditions are about the past, such as 'who "
                      "bought … in the last 14 days'",
                      word));
    }
    clauses_.return_to_demand();
    ++at_;
    if (words_[at_] == "in" || words_[at_] == "for") ++at_;
    slot_ = true;
    past_link_ = false;
    will_ = true;
    return true;
  }

  /// "excluding buyers of wine": elsewhere such a word only names the audience.
  Result<bool> take_doers() {
    Clause& open = clauses_.open();
    const auto type = doers(words_[at_]);
    if (type && !clauses_.in_demand() && !open.has_verb() && open.exception) {
      open.type = *type;
      ++at_;
      return true;
    }
    if (!in(kAudience, words_[at_])) return false;
    ++at_;
    slot_ = true;
    return true;
  }

  // Verbs, and what holds a sentence together.

  Result<bool> take_verb() {
    if (!slot_) return false;
    const auto phrase = verb_phrase_at(words_.from(at_));
    if (!phrase) return false;
    if (phrase->meaning == Meaning::unasked) {
      if (clauses_.in_demand() && clauses_.demand().type) return false;
      return refuse(
          fmt::format("'{}' is no event that is recorded: ask for an event ('cancel', 'buy', 'receive a mail'), or use "
                      "'inactive for 60 days' for those who stayed away",
                      words_[at_]));
    }
    const bool past = phrase->past || past_link_;
    if (phrase->meaning == Meaning::anything && clauses_.in_demand() && !past) return false;
    BAUTA_RETURN_IF_ERROR(place_verb(past));
    Clause& into = clauses_.open();
    if (phrase->meaning == Meaning::anything) {
      into.anything = true;
    } else if (into.type && *into.type != phrase->type) {
      return refuse(
          fmt::format("the sentence asks for two things at once ('{}' and '{}'): ask for one of them, or put words "
                      "that belong to the item in quotation marks",
                      phrase_of(*into.type), phrase_of(phrase->type)));
    } else {
      into.type = phrase->type;
      into.ambiguous_return = words_[at_].starts_with("return");
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
    if (clauses_.in_demand()) return past && !will_ ? open_condition(true, false) : Status{};
    const Clause& open = clauses_.open();
    if (!open.has_verb()) return {};
    const bool stays_out = !open.required && (open.exception || (linked_by_or_ && !new_subject_));
    if (!past && !stays_out && !clauses_.demand().type && new_subject_) {
      clauses_.return_to_demand();
      return {};
    }
    return open_condition(!stays_out, open.exception);
  }

  Result<bool> take_again() {
    if (words_[at_] != "again") return false;
    clauses_.repeat_demand();
    slot_ = true;
    ++at_;
    return true;
  }

  Result<bool> take_link() {
    const std::string_view word = words_[at_];
    if (at_ == leading_orders_ && in(kOrders, word)) {
      ++leading_orders_;
    } else if (in(kLinks, word)) {
      follow_link(word);
    } else if (in(kWeakWords, word) && (slot_ || word == "soon")) {
      if (word == "soon") clauses_.add_unused(word);
    } else if (!is_connecting_word(word)) {  // "a purchase", "wine for": leaves the slot as it is
      return false;
    }
    ++at_;
    return true;
  }

  void follow_link(std::string_view link) {
    if (in(kPastLinks, link)) past_link_ = true;
    if (link == "or" || link == "nor") {
      clauses_.next_alternative();
      linked_by_or_ = true;
      new_subject_ = false;
    } else if (link == "and" || link == "but") {
      linked_by_or_ = link == "and" && clauses_.open().exception;
      new_subject_ = false;
      if (link == "but") past_link_ = false;
    } else if (link == "who" || link == "that" || link == "which") {
      new_subject_ = true;
      past_link_ = false;
    }
    if (link != "to" || !clauses_.open().type) slot_ = true;
  }

  /// "it", "anything": says which item without describing it.
  Result<bool> take_reference() {
    const std::string_view word = words_[at_];
    Clause& open = clauses_.open();
    if (in(kGenericItems, word) && clauses_.words().empty()) {
      open.generic_item = true;
    } else if (in(kPronouns, word) && !clauses_.in_demand() && open.words.empty()) {
      open.same_item = true;
    } else if (open.type == EventType::visit && in(kPlaces, word) && clauses_.words().empty()) {
      open.generic_item = true;
    } else if (open.type != EventType::cart || !in(kCarts, word)) {
      return false;
    }
    slot_ = false;
    ++at_;
    return true;
  }

  SentenceWords words_;
  SentenceClauses clauses_;
  std::size_t at_ = 0;
  std::size_t leading_orders_ = 0;  ///< "show me": words at the beginning that only address the reader

  bool slot_ = true;           ///< may a verb stand here?
  bool past_link_ = false;     ///< "did", "have" since the last verb
  bool will_ = false;          ///< "will", "likely" since the last verb
  bool linked_by_or_ = false;  ///< goes on with what was denied before
  bool new_subject_ = false;   ///< "who" since the last verb
  bool after_comma_ = false;
};

}  // namespace

Result<DemandSentence> read_lexemes(std::vector<Lexeme> lexemes) { return SentenceParser(std::move(lexemes)).run(); }

}  // namespace bauta::client
