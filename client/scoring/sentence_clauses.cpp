#include "client/scoring/sentence_clauses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/scoring/matching_words.h"
#include "client/scoring/sentence_verbs.h"
#include "client/scoring/sentence_words.h"

namespace bauta::client {
namespace {

constexpr std::size_t kMaxItemWords = 23;

Result<DemandWords> demand_words(const Alternatives& alternatives) {
  DemandWords demand;
  for (const std::string& text : alternatives.texts()) {
    std::vector<std::string> words = words_of(text);
    if (!std::all_of(words.begin(), words.end(), is_connecting_word)) std::erase_if(words, is_connecting_word);
    if (words.size() > kMaxItemWords) {
      return refuse(
          fmt::format("the item is described in more than {} words: use fewer, or 'or' between items", kMaxItemWords));
    }
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

Status check_band(const AmountBand& band) {
  if (!band.low || !band.high) return {};
  const bool none = *band.low > *band.high || (*band.low == *band.high && (band.above_low || band.below_high));
  if (!none) return {};
  return refuse(fmt::format("no amount lies{}: swap or widen the bounds", describe(band)));
}

Status check_return(const Clause& clause) {
  if (!clause.ambiguous_return || !clause.words.empty() || clause.generic_item || clause.same_item) return {};
  return refuse("'return' can mean two things: write 'come back' or 'visit', or 'send back goods'");
}

/// A required event that another condition leaves out.
Status check_contradictions(const std::vector<HistoryCondition>& conditions) {
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

void add_condition(DemandSentence& sentence, HistoryCondition condition) {
  auto& all = sentence.conditions;
  if (std::find(all.begin(), all.end(), condition) == all.end()) all.push_back(std::move(condition));
}

}  // namespace

void Alternatives::add_word(std::string_view word) {
  if (broken_ || texts_.empty()) texts_.emplace_back();
  broken_ = false;
  texts_.back() += (texts_.back().empty() ? "" : " ") + std::string(word);
}

void SentenceClauses::next_alternative() {
  open().words.next();
  open().early.next();
}

Status SentenceClauses::open_condition(bool required, bool exception) {
  if (clauses_.size() > kMaxConditions) {
    return refuse(fmt::format("the sentence has more than {} conditions: drop some", kMaxConditions));
  }
  // "but not those who", "except customers without": nothing was said yet in the clause that is open.
  if (in_demand() || open().has_content()) {
    clauses_.emplace_back();
    current_ = clauses_.size() - 1;
  }
  open().required = required;
  open().exception = open().exception || exception;
  if (pending_past_) {
    open().days = pending_past_;
    pending_past_.reset();
  }
  return {};
}

Result<bool> SentenceClauses::deny() {
  if (!in_demand() && open().exception && !open().has_content()) {
    open().required = !open().required;  // "except those who did not"
    return false;
  }
  const std::size_t before = open().has_verb() ? current_ : 0;
  BAUTA_RETURN_IF_ERROR(open_condition(false, false));
  open().denied = before;
  return true;
}

Status SentenceClauses::limit_audience(double count, bool percent) {
  if (limit_.persons || limit_.percent) {
    return refuse("the sentence limits the audience twice: keep one of the two");
  }
  if (percent) {
    if (!(count > 0) || count > 100) {
      return refuse(fmt::format("top {} % is no share of persons: write a number above 0 and up to 100", count));
    }
    limit_.percent = count;
    return {};
  }
  if (count < 1 || count != std::floor(count) || count > 1e9) {
    return refuse(fmt::format("{} is no number of persons: write a whole number from 1", count));
  }
  limit_.persons = static_cast<std::uint64_t>(count);
  return {};
}

Status SentenceClauses::bound_amount(double bound, bool low, bool strict) {
  AmountBand& band = open().amount;
  std::optional<double>& side = low ? band.low : band.high;
  if (side) return refuse("the sentence bounds the amount twice from the same side: keep one of the two");
  side = bound;
  (low ? band.above_low : band.below_high) = strict;
  return {};
}

Status SentenceClauses::set_amount(const AmountBand& amount) {
  if (!open().amount.empty()) return refuse("the sentence bounds the amount twice: keep one of the two");
  open().amount = amount;
  return {};
}

Status SentenceClauses::set_past(double length) {
  BAUTA_TRY(const int days, whole_days(length, kMaxHistoryDays));
  if (in_demand()) {
    if (open().type) {
      return refuse(
          fmt::format("the demand lies ahead but the sentence says 'the last {} days' of it: say 'within {} "
                      "days' for what will be, 'who bought … in the last {} days' for what was",
                      days, days, days));
    }
    pending_past_ = days;
    return {};
  }
  if (open().days) return refuse("a condition names two times: keep one of them");
  open().days = days;
  return {};
}

Status SentenceClauses::set_time(double length, bool ahead, bool after_comma) {
  if (!in_demand() && !ahead && !(after_comma && !horizon_days_)) return set_past(length);
  if (!in_demand() && ahead && !demand().type && !after_comma && open().has_content() && demand().early.empty()) {
    return refuse("a condition asks for the future: conditions are about the past, such as 'in the last 14 days'");
  }
  BAUTA_TRY(const int days, whole_days(length, kMaxHorizonDays));
  if (horizon_days_ && *horizon_days_ != days) {
    return refuse(fmt::format("the sentence says both {} and {} days ahead: keep one of them", *horizon_days_, days));
  }
  horizon_days_ = days;
  return {};
}

void SentenceClauses::repeat_demand() {
  if (in_demand() && demand().type) again_ = true;
}

Result<DemandSentence> SentenceClauses::finish() const {
  if (pending_past_) {
    return refuse(
        "the sentence names a past time but nothing that happened in it: write 'who bought … in the last 14 days'");
  }
  DemandSentence sentence;
  BAUTA_RETURN_IF_ERROR(finish_demand(sentence));
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

Status SentenceClauses::finish_demand(DemandSentence& sentence) const {
  const Clause& said = demand();
  sentence.type_assumed = !said.type;
  sentence.type = said.type.value_or(EventType::purchase);
  sentence.horizon_assumed = !horizon_days_;
  sentence.horizon_days = horizon_days_.value_or(kDefaultHorizonDays);
  sentence.amount = said.amount;
  sentence.limit = limit_;
  sentence.not_understood = not_understood_;
  BAUTA_RETURN_IF_ERROR(check_band(said.amount));
  BAUTA_RETURN_IF_ERROR(check_return(said));
  BAUTA_TRY(DemandWords early, demand_words(said.early));
  BAUTA_TRY(sentence.words, demand_words(said.words));
  if (!said.type) {
    if (early.empty() && !said.generic_item && said.amount.empty()) {
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
  if (!early.empty() && sentence.words.empty() && !said.generic_item) {
    return refuse(
        fmt::format("'{}' stands before '{}' and is not understood: put what describes the item after it, "
                    "otherwise leave it out",
                    early.text(), phrase_of(sentence.type)));
  }
  return {};
}

Result<HistoryCondition> SentenceClauses::finish_condition(const Clause& clause, const DemandSentence& sentence) const {
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
  if (!clause.has_verb() && !about_item && clause.denied != 0 && clause.days) {
    Clause same = clauses_[clause.denied];
    same.required = false;
    same.days = clause.days;
    return finish_condition(same, sentence);
  }
  if (!clause.has_verb()) {
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

}  // namespace bauta::client
