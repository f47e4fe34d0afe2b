// The verbs of a marketer's sentence, and the event each of them means.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/data/event_log.h"

namespace bauta::client {

enum class Meaning : std::uint8_t {
  event,     ///< the event type
  anything,  ///< any event at all ("activity", "do anything"); only where history is spoken of
  unasked,   ///< understood, but no event that anybody can be found by ("churn", "leave")
};

struct VerbPhrase {
  Meaning meaning = Meaning::event;
  EventType type = EventType::purchase;
  bool past = false;      ///< "bought", "visited"
  std::size_t words = 0;  ///< how many of the given words it takes, articles inside it included
};

/// The longest phrase that begins at words[0]. `words` are in lower case; an empty one stands for what is no word.
std::optional<VerbPhrase> verb_phrase_at(std::span<const std::string_view> words);

/// "buyers" → purchase: those who did it.
std::optional<EventType> doers(std::string_view word);

/// How this event is said, "redeem a coupon"; verb_phrase_at() reads it back. "do something else" for other types.
std::string_view phrase_of(EventType type);

}  // namespace bauta::client
