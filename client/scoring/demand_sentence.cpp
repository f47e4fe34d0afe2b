#include "client/scoring/demand_sentence.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "client/scoring/sentence_parser.h"
#include "client/scoring/sentence_verbs.h"

namespace bauta::client {
namespace {

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
  return read_lexemes(std::move(lexemes));
}

std::string describe(const AmountBand& amount) {
  if (amount.low && amount.high && !amount.above_low && !amount.below_high)
    return fmt::format(" between {} and {}", *amount.low, *amount.high);
  std::string text;
  if (amount.low) text += fmt::format(" {} {}", amount.above_low ? "over" : "at least", *amount.low);
  if (amount.high) text += fmt::format(" {} {}", amount.below_high ? "under" : "at most", *amount.high);
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
  if (sentence.limit.percent) text += fmt::format("top {} % of ", *sentence.limit.percent);
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
  if (sentence.limit.percent) lines.push_back(fmt::format("at most: {} % of the persons", *sentence.limit.percent));
  if (!sentence.not_understood.empty())
    lines.push_back(fmt::format("not understood, without effect: {}", fmt::join(sentence.not_understood, ", ")));
  return lines;
}

}  // namespace bauta::client
