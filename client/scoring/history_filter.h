// The hard filters of a sentence, asked of each person's history strictly before a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/scoring/demand_label.h"
#include "client/scoring/demand_sentence.h"

namespace bauta::client {

/// The sentence's conditions in their order, and after them its amount band: whoever never had an event of the
/// sentence's type, of whatever item, with an amount in the band is left out. (Of any item: somebody who spends that
/// much may buy wine for the first time.) Lives no longer than the log.
class HistoryFilter {
 public:
  HistoryFilter(const EventLog& log, const DemandSentence& sentence);

  /// One sentence for each filter: why somebody is left out by it.
  const std::vector<std::string>& reasons() const { return reasons_; }
  /// The number of the first filter that leaves `person` out, or reasons().size().
  std::size_t first_refusal(std::uint32_t person, UnixSeconds now) const;
  bool passes(std::uint32_t person, UnixSeconds now) const { return first_refusal(person, now) == reasons_.size(); }
  /// Of each condition, the items it is about.
  const std::vector<DemandItems>& items() const { return items_; }

 private:
  const EventLog* log_;
  DemandSentence sentence_;
  std::vector<DemandItems> items_;
  std::vector<std::string> reasons_;
};

}  // namespace bauta::client
