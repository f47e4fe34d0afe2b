// Labelled samples cut out of an event log so that no label, and nothing after a cut, can leak into a feature.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/data/event_log.h"
#include "common/base/result.h"

namespace bauta::client {

enum class TaskKind : std::uint8_t { propensity, conversion };

/// What this service trains (client configuration [task]).
struct TaskSettings {
  TaskKind kind = TaskKind::propensity;
  EventType target = EventType::purchase;  ///< propensity: any such event within the horizon; conversion: the take-up
  EventType offer = EventType::mail_sent;  ///< conversion only: the event that offers an item
  std::int64_t horizon = 28 * 86400;       ///< seconds of the label window
  UnixSeconds cut = 0;                     ///< the test cut: everything reported as held-out lies after it
  std::uint32_t training_cuts = 6;         ///< propensity: how many cuts before validation
  std::int64_t stride = 14 * 86400;        ///< seconds between training cuts
};

/// The question alone: "purchase within 28 days", "coupon_redeemed after mail_sent within 55 days".
std::string task_text(const TaskSettings& task);

/// One prediction: from the history of `person` strictly before `cut`, was the target seen?
struct Sample {
  std::uint32_t person = 0;
  std::uint32_t item = kNoItem;  ///< the offered item (conversion); kNoItem for propensity
  UnixSeconds cut = 0;           ///< conversion: the time of the offer
  bool label = false;
};

/// How the event log is cut, all windows of labels apart:
///
/// propensity: one sample for each person with an event before the cut, at each of these cuts: test at `cut`,
/// validation at V = cut - horizon, training at V - horizon - k * stride for k = 0 .. training_cuts-1. A label is seen
/// in (its cut, its cut + horizon], so training's end at V or earlier and validation's at `cut`.
///
/// conversion: one sample for each distinct (person, item, time) of an offer; the label is seen for the same person and
/// item in [offer, offer + horizon]. Test: offers at `cut` or later whose window ends within the data. Of the offers
/// whose window ends before `cut`, validation is the latest 1/kValidationPart, widened to all offers of the time of its
/// first; training are those whose window ends before that first offer; those in between are left out.
///
/// Training is ordered by cut, then person, then item; so are the others.
struct SampleSets {
  std::vector<Sample> training;
  std::vector<Sample> validation;
  std::vector<Sample> test;
};
inline constexpr std::size_t kValidationPart = 4;

/// Log odds of the labels, with half a sample of each class added so that it stays finite.
float base_log_odds(std::span<const Sample> samples);

/// bad_data when a set is empty, training holds one class only or (propensity) the data end before the label window of
/// `cut`, saying which and what to change; invalid_argument for a horizon, stride or number of cuts that cannot be.
Result<SampleSets> make_samples(const EventLog& log, const TaskSettings& task);

}  // namespace bauta::client
