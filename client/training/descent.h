// Local training in progress: parameters, optimiser and which samples come next. The shared and the private parts are
// one vector here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/training/batch_order.h"
#include "client/training/candidates.h"
#include "client/training/features.h"
#include "common/base/executor.h"
#include "common/federation/plan.h"
#include "common/model/adam.h"
#include "common/model/behaviour_model.h"

namespace bauta::client {

/// One thread at a time; a function of its arguments, whatever the executor. What is passed by reference must outlive
/// it.
class Descent {
 public:
  /// `parameters` has the length of `layout`, which has private tensors. `seed` and `purpose` fix the order of the
  /// samples and everything drawn.
  Descent(const ParameterLayout& layout, const TrainingSettings& settings, const EventFeatures& features,
          std::span<const Sample> samples, std::vector<float> parameters, std::uint64_t seed, std::uint64_t round_no,
          std::string_view purpose);

  /// One batch. `model` may be shared by several descents.
  BatchLosses step(BehaviourModel<float>& model, float offset, const Executor& executor);

  /// Of the steps that follow; the settings' until then.
  void set_learning_rate(double learning_rate) { adam_.set_learning_rate(learning_rate); }
  std::uint64_t steps() const { return steps_; }
  std::span<const float> parameters() const { return parameters_; }
  std::vector<float> take() && { return std::move(parameters_); }

  /// A later process goes on after `resume`, bit for bit. `about` names what is trained; a checkpoint of something else
  /// is left alone and resume returns false.
  Status save(const std::filesystem::path& file, std::string_view about) const;
  /// One of more than `most` steps is not gone on from either.
  Result<bool> resume(const std::filesystem::path& file, std::string_view about, std::uint64_t most);

 private:
  const EventFeatures* features_;
  std::span<const Sample> samples_;
  std::size_t batch_size_;
  std::vector<float> parameters_;
  Adam adam_;
  BatchOrder order_;
  CandidateSampler candidates_;
  std::uint64_t seed_;
  std::uint64_t steps_ = 0;
  std::vector<Sample> chosen_;
  SampleBatch batch_;
};

}  // namespace bauta::client
