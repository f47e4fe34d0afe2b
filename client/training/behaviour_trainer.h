// Trains the behaviour model on one service's own samples: the rounds' local steps with the private parts beside them,
// and the local-only twin they are compared with.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "client/training/features.h"
#include "client/training/private_parts.h"
#include "client/training/trainer.h"
#include "common/base/thread_team.h"
#include "common/evaluation/metrics.h"
#include "common/federation/plan.h"
#include "common/model/behaviour_model.h"
#include "common/model/parameters.h"

namespace bauta::client {

/// A model of this service's own, trained by nobody else's steps from wherever it began.
struct OwnModel {
  std::vector<float> parameters;  ///< shared and private ones, of the step with the best validation AUC
  std::uint64_t best_step = 0;
  std::optional<double> validation_auc;
};

/// Steps of fine-tuning after so many steps in rounds; a local model to compare with gets as many more.
constexpr std::uint64_t fine_tuning_steps(std::uint64_t steps_in_rounds) { return steps_in_rounds / 2; }

struct TrainerOptions {
  std::uint64_t service_seed = 1;  ///< order of the batches; any number of this service's own
  unsigned threads = 1;            ///< the result is the same for any number
  /// Where the private parts and an interrupted round's checkpoint lie; empty: nowhere, they end with the trainer.
  std::filesystem::path state_directory;
  std::chrono::seconds checkpoint_every{30};
  bool item_residuals = true;          ///< learn something private of every single item
  double id_dropout = 0.5;             ///< how often it is left out in training
  bool private_parts = true;           ///< false: adapter and head deltas stay without effect
  std::optional<float> base_log_odds;  ///< what logits are relative to; empty: those of the training samples
  EventFeatures::Untold untold;
  std::function<bool()> stop_requested = [] { return false; };
  std::function<void(std::uint32_t step, std::uint32_t steps)> on_progress = [](std::uint32_t, std::uint32_t) {};
};

/// Vectors of parameters come in two lengths: shared_layout().size(), or full_layout().size() with this service's
/// private ones behind. Where the short one is given and nothing else is said, private parts without effect are added.
class BehaviourTrainer final : public Trainer {
 public:
  /// Refuses what ParameterLayout::create refuses, and private parts that cannot be read. `log` must outlive the
  /// trainer. Without training or without validation samples there is no training: bad_data then.
  static Result<BehaviourTrainer> create(const EventLog& log, const TaskSettings& task, SampleSets samples,
                                         const Plan& plan, TrainerOptions options = {});

  const ParameterLayout& layout() const { return shared_layout_; }
  const ParameterLayout& full_layout() const { return full_layout_; }
  const EventFeatures& features() const { return features_; }
  const SampleSets& samples() const { return samples_; }
  float base_log_odds() const { return offset_; }
  /// `shared` with the private parts as the rounds so far left them.
  std::vector<float> personalised(std::span<const float> shared) const;

  /// `shared` with private parts that have no effect.
  std::vector<float> with_neutral_parts(std::span<const float> shared) const;

  /// Of the personalised model.
  Result<ValidationMetrics> validate(std::span<const float> parameters, std::uint64_t round_no) override;
  /// plan.training.local_steps steps of Adam with fresh moments on shared and private parts, batches in a fixed order;
  /// returns the change of the shared ones. `cancelled` when asked to stop (a checkpoint lets the next call go on),
  /// `not_finite` when training diverged, `invalid_argument` for parameters of another length.
  Result<std::vector<float>> train(std::span<const float> parameters, std::uint64_t round_no) override;

  /// Steps of Adam on everything, shared and private, the learning rate falling from the plan's to 0 in a straight
  /// line; validation samples are looked at some sixteen times, and the best of those models is returned, the later of
  /// equals; where no AUC can be measured, the last. The first from the plan's initial parameters, the second from
  /// `shared` with the private parts as the rounds left them.
  Result<OwnModel> train_alone(std::uint64_t steps);
  Result<OwnModel> fine_tune(std::span<const float> shared, std::uint64_t steps);

  /// Logits of `samples` under either kind of vector, with their labels.
  Result<std::vector<Scored>> score(std::span<const float> parameters, std::span<const Sample> samples);

  /// Of some samples, the number of the first and everything the model says about them; valid for the call only.
  using TakePredictions = std::function<void(std::size_t first, const Predictions<float>& predictions)>;
  /// Everything the model says about `samples`, in their order and some at a time. With `asked`, for that type of event
  /// instead of the task's own. `not_finite` for a model that gives no finite logits.
  Status predict(std::span<const float> parameters, std::span<const Sample> samples, const TakePredictions& take,
                 std::optional<EventType> asked = {});
  /// BehaviourModel::item_vectors() of all items, and text_vectors(), under either kind of vector.
  Status item_vectors(std::span<const float> parameters, Columns<float>& vectors, std::vector<float>& biases) const;
  Status text_vectors(std::span<const float> parameters, const TokenBags& texts, Columns<float>& vectors) const;
  Executor executor() { return team_->executor(); }

 private:
  BehaviourTrainer(const EventLog& log, const TaskSettings& task, SampleSets samples, const Plan& plan,
                   ParameterLayout shared_layout, ParameterLayout full_layout, PrivateParts parts,
                   TrainerOptions options);

  Result<OwnModel> descend(std::vector<float> start, std::uint64_t steps, std::string_view purpose, bool start_counts);
  Result<std::vector<float>> full(std::span<const float> parameters) const;
  Status check_shared(std::span<const float> parameters) const;
  Status check_samples() const;
  /// The private parts that round `round_no` begins with; where the shared model is the initial one a run begins, and
  /// what an earlier run has left does not fit it.
  std::vector<float> beginning(std::span<const float> shared, std::uint64_t round_no) const;
  std::string about_round(std::span<const float> start, std::uint64_t round_no) const;
  std::filesystem::path checkpoint_file() const;

  ParameterLayout shared_layout_;
  ParameterLayout full_layout_;
  TrainingSettings settings_;
  TrainerOptions options_;
  SampleSets samples_;
  EventFeatures features_;
  PrivateParts parts_;
  std::vector<float> initial_;  // of full_layout_
  std::unique_ptr<ThreadTeam> team_;
  BehaviourModel<float> model_;
  float offset_ = 0;
  std::uint64_t data_digest_ = 0;  ///< of the task, the samples and how much there is of everything else
};

}  // namespace bauta::client
