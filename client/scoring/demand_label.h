// Which items a sentence is about, and who did what it asks for after a cut.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "client/scoring/demand_sentence.h"
#include "common/base/result.h"

namespace bauta::client {

/// How likely each person of a log is to do what a sentence asks for, from the history strictly before a cut.
struct DemandScores {
  std::vector<double> of_person;  ///< a finite number each, higher is likelier
  /// Whether a number means the same at every cut for which this holds; else only the order at this cut counts.
  bool comparable = false;
};

/// The items of a log that a sentence is about.
struct DemandItems {
  enum class By : std::uint8_t { category, text, nothing };
  struct Alternative {
    std::string words;
    By by = By::nothing;
    std::size_t items = 0;
    std::vector<std::string> categories;  ///< by category: the paths, sorted
  };
  bool any = false;                       ///< no words: every event counts, with an item or without
  std::vector<bool> matches;              ///< parallel to EventLog::items
  std::vector<Alternative> alternatives;  ///< parallel to DemandWords::alternatives

  bool contains(std::uint32_t item) const { return any || (item != kNoItem && matches[item]); }
  bool empty() const;  ///< words, but no item has them
};

/// An alternative matches an item by category when each of its words stands in the item's category path, by text when
/// each stands in title, category or brand; words are compared as comparing_forms(), so case, number and order do not
/// matter. If any item of the log matches by category, items that match by text only do not count for this alternative:
/// a shop's own category says better what belongs to "baby food" than the words of single titles do.
DemandItems match_items(const EventLog& log, const DemandWords& words);

/// Is this event one the sentence asks for (type, item, amount)?
bool is_demanded(const Event& event, EventType type, const DemandItems& items, const AmountBand& amount);

/// One sample for each person with an event before `cut` (item kNoItem), in the order of the log; its label says
/// whether the person had a demanded event in (cut, cut + horizon], the window of client/data/samples.h. The sentence's
/// conditions are not applied. bad_data when the data end before the window does.
Result<std::vector<Sample>> demand_samples(const EventLog& log, const DemandSentence& sentence,
                                           const DemandItems& items, UnixSeconds cut);

}  // namespace bauta::client
