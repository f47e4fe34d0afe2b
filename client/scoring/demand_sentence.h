// "customers likely to buy baby food within 14 days": what a marketer asks for, read by a small grammar.
//
//   sentence  = [limit] [whom] [will] verb item [amount] [time ahead] { condition }
//   limit     = ("top" | "best" | "first") N [persons] | the same with N % | N persons
//   will      = "who will", "likely to", "expected to", "interested in", …; may be missing
//   verb      = a phrase for an event type (sentence_verbs.h); "buy" is assumed where none is said
//   item      = words { "or" words }; words in quotation marks are taken as they stand, whatever they mean elsewhere
//   amount    = ("over" | "above" | "more than" | "at least" | "under" | "below" | "less than" | "at most" | "up to") N
//             | "between" N "and" N | "from" N "to" N; of one event, in the service's own currency
//   time ahead  = ("within" | "in" | "over" | "during" | "for") ["the next"] [N] unit; 28 days where none is said
//   time behind = ["in" | "within" | "during" | "over" | "for"] ["the"] ("last" | "past" | "previous") [N] unit
//   condition = ("who did not" | "but not those who" | "except those who" | "excluding" | "without" | "never" | "no" …)
//               [verb] [item] [amount] [time behind]: leaves them out; ever, where no time is said
//             | ("who" | "and who" …) past-verb [item] [amount] [time behind]: keeps only them
//             | ("lapsed" | "inactive" | "dormant") [for time]: leaves out whoever had any event then; 90 days
//   unit      = days, weeks, fortnights, months (30 days), quarters (90), years (365)
//
// "again" keeps only those who did the same before. "it" or "them" in a condition stands for the item. A condition
// without a verb is about the main verb; "excluding the last 7 days" is about any event, "but not in the last 14 days"
// after a condition about the same event as that. Letter case and singular or plural do not matter. What is understood
// comes back in one canonical form that reads as itself; words that could not be put to use are named; what is
// contradictory, empty or beyond the grammar is refused with what to write instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/data/event_log.h"
#include "client/scoring/sentence_lexer.h"
#include "common/base/result.h"

namespace bauta::client {

/// Which item: any of the alternatives, each at most 23 words that all belong to it. Empty: any item, or none.
struct DemandWords {
  std::vector<std::string> alternatives;  ///< words in lower case, one blank between

  bool empty() const { return alternatives.empty(); }
  std::string text() const;  ///< "baby food or wet wipes"
  bool operator==(const DemandWords&) const = default;
};

/// Bounds of one event's amount.
struct AmountBand {
  std::optional<double> low, high;
  bool above_low = false;   ///< the bound itself is out ("over")
  bool below_high = false;  ///< the bound itself is out ("under")

  bool empty() const { return !low && !high; }
  /// An event without an amount lies in the empty band only.
  bool contains(float amount) const;
  bool operator==(const AmountBand&) const = default;
};

/// Asks a person's history strictly before now.
struct HistoryCondition {
  bool required = false;          ///< true: keeps only those with such an event; false: leaves them out
  std::optional<EventType> type;  ///< absent: any event
  DemandWords words;
  AmountBand amount;
  std::optional<int> days;  ///< the last so many; absent: ever

  bool operator==(const HistoryCondition&) const = default;
};

/// How many persons were asked for; at most one of the two.
struct AudienceLimit {
  std::optional<std::uint64_t> persons;
  std::optional<double> percent;  ///< in (0, 100]

  bool operator==(const AudienceLimit&) const = default;
};

struct DemandSentence {
  EventType type = EventType::purchase;
  DemandWords words;
  AmountBand amount;
  int horizon_days = 28;
  std::vector<HistoryCondition> conditions;
  AudienceLimit limit;
  /// For the person who wrote the sentence.
  bool type_assumed = false;
  bool horizon_assumed = false;
  std::vector<std::string> not_understood;  ///< words that have no effect
};

inline constexpr int kDefaultHorizonDays = 28;
inline constexpr int kMaxHorizonDays = 366;
inline constexpr int kMaxHistoryDays = 3660;
inline constexpr int kLapsedDays = 90;
inline constexpr std::size_t kMaxAlternatives = 24;
inline constexpr std::size_t kMaxConditions = 16;

/// The errors of lex_sentence(), and invalid_argument saying what to write instead.
Result<DemandSentence> parse_demand_sentence(std::string_view sentence);

/// The sentence as it was understood, in one line; parsing it gives the same again.
std::string canonical_sentence(const DemandSentence& sentence);

/// "left out: who did buy "wine" in the last 7 days"
std::string describe(const HistoryCondition& condition);
/// " between 20 and 50", or "" for the empty band.
std::string describe(const AmountBand& amount);

/// One line for each thing understood, assumed or not understood.
std::vector<std::string> parsed_filters(const DemandSentence& sentence);

}  // namespace bauta::client
