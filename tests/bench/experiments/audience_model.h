// Our own scorer in the audience experiment: the product's DemandRanker on a model of this service alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "common/federation/plan.h"
#include "tests/bench/experiments/audience_baselines.h"

namespace bauta::bench {

struct ModelTraining {
  Plan plan;
  std::uint64_t steps = 1000;
  std::uint64_t seed = 1;
};

/// Trained by BehaviourTrainer::train_alone, a stand-in for the federation's model until that is measured, on nothing
/// from the task's cut on. No future text that it learns from tells of an item with a held-out name (in its category's
/// last level; where words of titles are asked about, in its title too). Keeps a reference to the log.
///
/// bauta: the product's ranker. bauta_history: the same without the model, to tell what the model adds.
std::vector<NamedScorer> model_scorers(const client::EventLog& log, const client::TaskSettings& task,
                                       const ModelTraining& training);

}  // namespace bauta::bench
