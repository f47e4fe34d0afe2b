// The two arms of the next-item experiment: every service alone, and five services with a common trunk.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client/training/features.h"
#include "common/base/executor.h"
#include "common/federation/plan.h"
#include "common/model/behaviour_model.h"
#include "tests/bench/experiments/full_ranking.h"
#include "tests/bench/experiments/s3rec_service.h"

namespace bauta::experiment {

/// How a service trains; the same number of steps in both arms.
struct Recipe {
  TrainingSettings training;
  double id_dropout = 0.5;
  std::uint32_t steps = 1000;
};

struct FederatedRecipe {
  std::uint32_t rounds = 10;
  double common_part = 0.5;  ///< of a service's steps, spent in rounds; in the rest it goes on alone
  double clip = 10;
  ServerSettings server;
};

/// A service with everything that both arms need of it. Settings but for the number of items are common to all.
class Learner {
 public:
  Learner(const S3RecService& service, const ModelSettings& model, const Recipe& recipe);

  const S3RecService& service() const { return *service_; }
  const ParameterLayout& layout() const { return layout_; }
  const client::EventFeatures& features() const { return features_; }
  const Recipe& recipe() const { return recipe_; }
  std::span<const client::Sample> training() const { return training_; }
  BehaviourModel<float>& model() { return model_; }
  Scorer scorer(std::span<const float> parameters, double share = 1) {
    return {&features_, &model_, parameters, share};
  }
  /// Mean NDCG@10 of every `every`-th person's validation item.
  double validation_ndcg(std::span<const float> parameters, const Executor& executor, std::size_t every = 1);

 private:
  const S3RecService* service_;
  ParameterLayout layout_;
  Recipe recipe_;
  client::EventFeatures features_;
  std::vector<client::Sample> training_;
  BehaviourModel<float> model_;
};

/// The parameters of the look with the best validation NDCG@10.
struct Trained {
  std::vector<float> parameters;
  std::uint32_t best_step = 0;
  double validation_ndcg = -1;
  std::vector<double> looks;  ///< validation NDCG@10 at each look
};

inline constexpr std::uint32_t kLooks = 4;  ///< at validation in a training, evenly spread

/// From the initial parameters on the service's own events alone.
Trained train_alone(Learner& learner, std::uint64_t seed, const Executor& executor);

/// Rounds over all services: each takes its steps from the common trunk with its private parts, the clipped changes of
/// the trunk are averaged and applied by FedAdam, and private parts stay where they are. Then each goes on alone from
/// the last trunk; what it learns there is its own. One result a service.
std::vector<Trained> train_federated(std::span<const std::unique_ptr<Learner>> learners, const FederatedRecipe& recipe,
                                     std::uint64_t seed, const Executor& executor);

}  // namespace bauta::experiment
