// What the behaviour model reads: events as small codes, samples cut from histories, and the labels a service has.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include "common/model/model_shape.h"
#include "common/model/text_tokens.h"

namespace bauta {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// One event; everything but the age, which depends on the cut.
struct EventCodes {
  std::uint32_t item = kNone;  ///< number among the service's items
  std::uint8_t type = 0;
  std::uint8_t gap = kNoGap;  ///< since the event before
  std::uint8_t amount = kNoAmount;
  std::uint8_t hour = kNoHour;
  std::uint8_t weekday = kNoWeekday;
  std::uint8_t channel = 0;
};

/// Every label may be missing; a missing one adds nothing to the loss.
struct SampleLabels {
  bool next_events = false;      ///< the history itself tells what came after each of its events
  std::int8_t conversion = -1;   ///< 0, 1; −1: not known
  std::int8_t hazard = -1;       ///< interval of the next event, or the first one nothing is known of; −1: no label
  bool hazard_seen = false;      ///< whether the event came in that interval
  float value = -1;              ///< ≥ 0, in the service's own unit; negative: not known
  std::uint32_t future = kNone;  ///< number of the text that tells this person's future
};

/// One person at one moment. The spans must outlive the call.
struct ModelSample {
  std::span<const EventCodes> events;         ///< oldest first, at most settings.history, all before the cut
  std::span<const std::int64_t> event_times;  ///< parallel to events, seconds
  std::int64_t cut = 0;
  EventCodes target;         ///< what is asked for, as an event at the cut: its type, and the item of an offer
  std::uint8_t horizon = 0;  ///< horizon_bucket
  std::array<float, kContextFeatures> context{};  ///< of order 1
  float offset = 0;  ///< private, added to the logit: the log odds of this service's own base rate
  SampleLabels labels;
};

/// Samples that are worked on together.
struct ModelBatch {
  std::span<const ModelSample> samples;
  const TokenBags* items = nullptr;           ///< one bag an item of the service; a bag may be empty
  const TokenBags* texts = nullptr;           ///< what SampleLabels::future points at; null where nothing does
  std::span<const std::uint32_t> candidates;  ///< different items that stand for all in the next-item loss
  std::span<const float> candidate_log_q;     ///< parallel: log of the probability of having been drawn
};

}  // namespace bauta
