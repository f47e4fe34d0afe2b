// Where a person's next item stands among all items of the service.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/training/features.h"
#include "common/base/executor.h"
#include "common/model/behaviour_model.h"
#include "tests/bench/experiments/s3rec_service.h"

namespace bauta::experiment {

/// One model and the share of its score in the sum. What is pointed at must outlive it.
struct Scorer {
  const client::EventFeatures* features = nullptr;
  BehaviourModel<float>* model = nullptr;
  std::span<const float> parameters;
  double share = 1;
};

/// Ranks (1 = best) of every `every`-th person's item at `cut`, told from the history before it. All items are ranked
/// but those of the history, as in the published tables; an item that a person comes back to is one of them and is
/// counted as last. Ties count against us. Scores of several models are added up by their shares.
std::vector<std::uint32_t> full_ranking(const S3RecService& service, std::span<const Scorer> scorers,
                                        client::UnixSeconds cut, const Executor& executor, std::size_t every = 1);

/// 1 where the rank is at most ten, and 1/log2(1 + rank) there; else 0.
double hit_at_10(std::uint32_t rank);
double ndcg_at_10(std::uint32_t rank);

template <double (*kMeasure)(std::uint32_t)>
std::vector<double> measured(std::span<const std::uint32_t> ranks) {
  std::vector<double> values;
  for (const std::uint32_t rank : ranks) values.push_back(kMeasure(rank));
  return values;
}
double mean_of(std::span<const double> values);

}  // namespace bauta::experiment
