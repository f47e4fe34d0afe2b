// Labelled samples cut out of an event log so that no label, and nothing after a cut, can leak into a feature.
#pragma once

#include <cstdint>
#include <vector>

#include "client/data/event_log.h"
#include "common/base/result.h"

namespace bauta::client {

enum class TaskKind : std::uint8_t { propensity, conversion };

/// What this service trains (client configuration [task]).
struct TaskSettings {
  TaskKind kind = TaskKind::propensity;
  EventType target = EventType::purchase;    ///< propensity: any such event within the horizon; conversion: the take-up
  EventType offer = EventType::mail_sent;    ///< conversion only: the event that offers an item
  std::int64_t horizon = 28 * 86400;         ///< seconds; label window is (cut, cut + horizon]
  UnixSeconds cut = 0;                       ///< the test cut: everything reported as held-out lies after it
  std::uint32_t training_cuts = 6;           ///< propensity: how many cuts before validation
  std::int64_t stride = 14 * 86400;          ///< seconds between training cuts
};

/// One prediction: from the history of `person` strictly before `cut`, was the target seen?
struct Sample {
  std::uint32_t person = 0;
  std::uint32_t item = kNoItem;  ///< the offered item (conversion); kNoItem for propensity
  UnixSeconds cut = 0;           ///< conversion: the time of the offer
  bool label = false;
};

/// Training label windows end before validation's begin, validation's before the test cut.
struct SampleSets {
  std::vector<Sample> training;
  std::vector<Sample> validation;
  std::vector<Sample> test;
};

/// Refuses (bad_data) when a set is empty or training holds one class only, saying which and what to change.
Result<SampleSets> make_samples(const EventLog& log, const TaskSettings& task);

}  // namespace bauta::client
