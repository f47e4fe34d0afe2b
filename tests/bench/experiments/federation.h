// Rounds without masks and sockets: what a federation would get if the sum were in the clear.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "client/training/behaviour_trainer.h"
#include "common/federation/plan.h"
#include "common/model/server_optimiser.h"
#include "tests/bench/experiments/experiment_services.h"

namespace bauta::bench {

struct FederationOptions {
  bool plain_averaging = false;  ///< FedAvg: the mean of the updates, not clipped, is the step
  bool private_parts = true;     ///< adapter, head deltas and item residuals beside the shared model
  bool item_residuals = true;
  double id_dropout = 0.5;
  /// Updates rounded to the plan's lanes as clients round them, by randomness of this seed; empty: added as they are.
  std::optional<std::uint64_t> rounding;
  unsigned threads = 2;  ///< services train side by side
};

/// As the client does: the order of its batches follows from the service's name and the plan's seed.
client::TrainerOptions trainer_options(const ExperimentService& service, const Plan& plan,
                                       const FederationOptions& options);

class Federation {
 public:
  /// `services` must outlive this.
  Federation(std::span<const ExperimentService> services, const Plan& plan, const FederationOptions& options);

  /// One round: every service trains from the shared model, updates are clipped and averaged.
  void round();
  std::uint64_t rounds() const { return state_.steps; }
  std::span<const float> shared() const { return state_.parameters; }
  client::BehaviourTrainer& trainer(std::size_t service) { return *trainers_[service]; }
  std::size_t size() const { return trainers_.size(); }

 private:
  Plan plan_;
  FederationOptions options_;
  std::vector<std::unique_ptr<client::BehaviourTrainer>> trainers_;
  ModelState state_;
};

/// All services' samples in one place: each step is one batch of every service, and one Adam over the mean of their
/// gradients, its learning rate falling to 0 in a straight line. What no federation can have; no upper bound, for
/// nothing in it is private. `observe`
/// sees the parameters after every `every` steps.
void train_centrally(std::span<const ExperimentService> services, const Plan& plan, std::uint64_t steps,
                     std::uint64_t every, unsigned threads,
                     const std::function<void(std::uint64_t step, std::span<const float> shared)>& observe);

/// work(0) … work(count − 1) on up to `threads` threads.
void side_by_side(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

}  // namespace bauta::bench
