// Which events of a person's history the model looked at.
#pragma once

#include <span>
#include <vector>

#include "client/scoring/predictor.h"
#include "common/base/result.h"

namespace bauta::client {

struct ExplainedEvent {
  Event event;
  double weight = 0;  ///< the model's attention to it
  double share = 0;   ///< of all attention to this history; 0 where there is none at all
};

/// Whether the first of those shown, which has most, has little more than the last of them.
inline bool nearly_even(std::span<const ExplainedEvent> events) {
  constexpr double kLittle = 1.25;
  return events.size() > 1 && events.front().weight < kLittle * events.back().weight;
}

/// The `most` events with the highest weight, highest first, of those the model reads (the newest, as many as the
/// plan's history): its attention when asked for an event of type `asked` (else the task's own) with `item` at `now`.
/// not_found where the person has no event before `now`.
Result<std::vector<ExplainedEvent>> explain(Predictor& predictor, std::uint32_t person, UnixSeconds now,
                                            std::uint32_t item, std::optional<EventType> asked, std::size_t most);

}  // namespace bauta::client
