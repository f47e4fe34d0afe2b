// What a sentence says, clause by clause, while its grammar is reading it: the demand and the conditions on the past,
// each with its verb, item, amount and time. Every setter refuses what contradicts what was said before, finish() what
// makes no sense as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/data/event_log.h"
#include "client/scoring/demand_sentence.h"
#include "common/base/result.h"

namespace bauta::client {

/// The words of one clause while they are read; "or" and a comma begin a new alternative.
class Alternatives {
 public:
  void add_word(std::string_view word);
  void next() { broken_ = !texts_.empty(); }
  bool empty() const { return texts_.empty(); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  bool broken_ = false;
};

struct Clause {
  bool required = false;
  bool exception = false;  ///< opened by "except": what follows "or", "and" is left out as well
  bool anything = false;   ///< its verb means any event
  bool same_item = false;
  bool generic_item = false;
  bool ambiguous_return = false;
  std::size_t denied = 0;  ///< "bought tea in the last 60 days but not in the last 14": the clause it goes on with
  std::optional<EventType> type;
  Alternatives words;
  Alternatives early;  ///< before the verb
  AmountBand amount;
  std::optional<int> days;

  bool has_verb() const { return type || anything; }
  bool has_content() const { return has_verb() || !words.empty() || days || same_item || !amount.empty(); }
};

class SentenceClauses {
 public:
  /// The clause that is being read, at first the demand.
  Clause& open() { return clauses_[current_]; }
  bool in_demand() const { return current_ == 0; }
  const Clause& demand() const { return clauses_[0]; }
  void return_to_demand() { current_ = 0; }
  /// Where the open clause takes words from now on.
  Alternatives& words() { return in_demand() && !open().type ? open().early : open().words; }
  void next_alternative();

  /// Goes on with the open condition where nothing was said in it yet.
  Status open_condition(bool required, bool exception);
  /// "not": opens a condition that leaves out, and says so; or turns round an exception that was only just opened.
  Result<bool> deny();

  Status limit_audience(double count, bool percent);
  /// Of the open clause; `low` tells which of the two bounds.
  Status bound_amount(double bound, bool low, bool strict);
  Status set_amount(const AmountBand& amount);
  /// "in the last 14 days"
  Status set_past(double days);
  /// "within 14 days" lies ahead in the demand, behind in a condition; "the next 14 days" always `ahead`.
  Status set_time(double days, bool ahead, bool after_comma);
  /// "again"
  void repeat_demand();
  void add_unused(std::string_view word) { not_understood_.emplace_back(word); }

  Result<DemandSentence> finish() const;

 private:
  Status finish_demand(DemandSentence& sentence) const;
  Result<HistoryCondition> finish_condition(const Clause& clause, const DemandSentence& sentence) const;

  std::vector<Clause> clauses_{1};  ///< [0] is the demand, the others are conditions
  std::size_t current_ = 0;
  std::optional<int> horizon_days_;
  std::optional<int> pending_past_;  ///< "who, in the last 7 days, visited": waits for its verb
  AudienceLimit limit_;
  std::vector<std::string> not_understood_;
  bool again_ = false;
};

}  // namespace bauta::client
