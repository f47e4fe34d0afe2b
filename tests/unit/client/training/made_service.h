// Small services with a known truth: what a person likes is visible only in the words of the items it looked at.
#pragma once

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "common/federation/plan.h"

namespace bauta::client {

inline constexpr UnixSeconds kMadeStart = 1'600'000'000;
inline constexpr std::int64_t kMadeDay = 86400;

struct MadeService {
  EventLog log;
  TaskSettings task;
  SampleSets samples;
};

/// Half of the persons look at tea and half at nails; each week the former buy with probability 0.8, the latter with
/// 0.1. The best possible test AUC is about 0.854.
MadeService made_propensity_service(std::size_t persons, std::uint64_t seed);

/// Mails offer tea or nails; a person takes up what it likes with probability 0.6 and anything else with 0.05.
/// The best possible test AUC is about 0.813; knowing the person or the item alone gives 0.5.
MadeService made_conversion_service(std::size_t persons, std::uint64_t seed);

/// A model small enough for a test.
Plan small_plan();

}  // namespace bauta::client
