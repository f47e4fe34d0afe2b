// Trains the behaviour model on one service's own samples: the rounds' local steps, and the local-only twin they are
// compared with.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "client/training/features.h"
#include "client/training/trainer.h"
#include "common/evaluation/bootstrap.h"
#include "common/federation/plan.h"
#include "common/model/parameters.h"

namespace bauta::client {

/// Held-out quality on the test samples, which nothing was chosen by.
struct TestResult {
  std::optional<double> auc;
  std::optional<Interval> auc_interval;  ///< 95 %, percentile bootstrap over persons
  std::optional<double> log_loss;
  std::size_t samples = 0;
  std::size_t positives = 0;
};

/// shared − local on the same test samples.
struct TestDifference {
  double auc = 0;
  std::optional<Interval> interval;  ///< 95 %, paired bootstrap over persons
};

/// A model trained on this service alone with the compute of a whole run.
struct LocalModel {
  std::vector<float> parameters;  ///< of the step with the best validation AUC
  std::uint64_t best_step = 0;
  std::optional<double> validation_auc;
};

struct TrainerOptions {
  std::uint64_t service_seed = 1;  ///< order of the batches; any number of this service's own
  std::function<bool()> stop_requested = [] { return false; };
  std::function<void(std::uint32_t step, std::uint32_t steps)> on_progress = [](std::uint32_t, std::uint32_t) {};
};

class BehaviourTrainer final : public Trainer {
 public:
  /// Refuses what ParameterLayout::create refuses. `log` must outlive the trainer.
  static Result<BehaviourTrainer> create(const EventLog& log, const TaskSettings& task, SampleSets samples,
                                         const Plan& plan, TrainerOptions options = {});

  const ParameterLayout& layout() const { return layout_; }

  Result<ValidationMetrics> validate(std::span<const float> parameters) override;
  /// plan.training.local_steps steps of Adam with fresh moments, batches in a fixed order. `cancelled` when asked to
  /// stop, `not_finite` when training diverged, `invalid_argument` for parameters of another length.
  Result<std::vector<float>> train(std::span<const float> parameters, std::uint64_t round_no) override;

  /// Adam from the plan's initial parameters over `total_steps` (rounds × local_steps: the compute the shared model
  /// gets from this service), looked at every local_steps steps, as the shared model is looked at every round.
  Result<LocalModel> train_alone(std::uint64_t total_steps);

  Result<TestResult> evaluate_test(std::span<const float> parameters);
  /// Empty when a class is missing in the test samples.
  Result<std::optional<TestDifference>> compare_test(std::span<const float> shared, std::span<const float> local);

 private:
  BehaviourTrainer(const EventLog& log, const TaskSettings& task, const SampleSets& samples, const Plan& plan,
                   ParameterLayout layout, TrainerOptions options);

  Status check_length(std::span<const float> parameters) const;
  Result<std::vector<Scored>> score(std::span<const float> parameters, std::span<const ModelSample> samples);

  ParameterLayout layout_;
  TrainingSettings training_settings_;
  TrainerOptions options_;
  EventFeatures features_;
  BehaviourModel<float> model_;
  std::vector<ModelSample> training_;
  std::vector<ModelSample> validation_;
  std::vector<ModelSample> test_;
  std::vector<std::uint32_t> test_persons_;
};

}  // namespace bauta::client
