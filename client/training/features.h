// From the event log to what the model reads, with nothing from a sample's cut or later, and no item or person id.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "common/model/behaviour_model.h"

namespace bauta::client {

/// A service's events as the model reads them, computed once. Lives no longer than the log it was made from.
class EventFeatures {
 public:
  /// `fitted_before`: only events before it shape the amount quantiles; the earliest cut of the validation samples.
  EventFeatures(const EventLog& log, const TaskSettings& task, const ModelSettings& model, UnixSeconds fitted_before);

  /// The newest events before the sample's cut and the context features. Everything is a function of events strictly
  /// before `sample.cut`, of the offered item and of the task. `offset` stays 0.
  ModelSample sample(const Sample& sample) const;
  std::vector<ModelSample> samples(std::span<const Sample> samples) const;

  const TokenBags& bags() const { return bags_; }

 private:
  std::array<float, kContextFeatures> context(const Sample& sample, std::span<const Event> before) const;

  const EventLog* log_;
  TaskSettings task_;
  std::uint32_t history_;
  TokenBags bags_;
  std::vector<std::uint32_t> bag_of_item_;
  std::vector<EventCodes> codes_;    ///< parallel to log.events
  std::vector<std::int64_t> times_;  ///< parallel to log.events
};

}  // namespace bauta::client
