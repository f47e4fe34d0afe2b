#include "client/training/behaviour_trainer.h"

#include <algorithm>
#include <cmath>

#include "client/training/batch_order.h"
#include "client/training/sparse_adam.h"
#include "common/evaluation/metrics.h"
#include "common/model/layers/losses.h"

namespace bauta::client {
namespace {

constexpr std::size_t kScoringBatch = 256;

UnixSeconds earliest_cut(std::span<const Sample> samples) {
  UnixSeconds earliest = std::numeric_limits<UnixSeconds>::max();
  for (const Sample& sample : samples) earliest = std::min(earliest, sample.cut);
  return earliest;
}

/// Log odds of the training labels, with half a sample of each class added so that it stays finite.
float base_log_odds(std::span<const Sample> samples) {
  double positives = 0.5;
  double negatives = 0.5;
  for (const Sample& sample : samples) (sample.label ? positives : negatives) += 1;
  return static_cast<float>(std::log(positives / negatives));
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// Local training in progress: the parameters, the optimiser and the order of the batches.
class Descent {
 public:
  Descent(const ParameterLayout& layout, const TrainingSettings& settings, std::vector<float> parameters,
          BatchOrder order)
      : parameters_(std::move(parameters)),
        adam_(layout, settings.learning_rate),
        order_(std::move(order)),
        batch_(settings.batch_size),
        gradient_(settings.batch_size) {}

  void step(BehaviourModel<float>& model, const TokenBags& bags, std::span<const ModelSample> samples) {
    for (ModelSample& sample : batch_) sample = samples[order_.next()];
    const std::span<const float> logits = model.forward(parameters_, bags, batch_);
    const auto size = static_cast<float>(batch_.size());
    for (std::size_t i = 0; i < batch_.size(); ++i) gradient_[i] = logistic_gradient(logits[i], batch_[i].label) / size;
    adam_.step(parameters_, model.backward(gradient_));
  }

  std::vector<float>& parameters() { return parameters_; }

 private:
  std::vector<float> parameters_;
  SparseAdam adam_;
  BatchOrder order_;
  std::vector<ModelSample> batch_;
  std::vector<float> gradient_;
};

Error stopped() { return {ErrorCode::cancelled, "local training was asked to stop"}; }

Error diverged(double learning_rate) {
  return {ErrorCode::not_finite, "local training diverged at the plan's training.learning_rate of " +
                                     std::to_string(learning_rate) + "; a lower one mends it"};
}

}  // namespace

Result<BehaviourTrainer> BehaviourTrainer::create(const EventLog& log, const TaskSettings& task, SampleSets samples,
                                                  const Plan& plan, TrainerOptions options) {
  BAUTA_TRY(ParameterLayout layout, ParameterLayout::create(plan.model));
  if (samples.training.empty() || samples.validation.empty())
    return Error{ErrorCode::bad_data, "there are no training or no validation samples"};
  if (plan.training.local_steps == 0 || plan.training.batch_size == 0)
    return Error{ErrorCode::invalid_argument, "training.local_steps and training.batch_size must be above 0"};
  return BehaviourTrainer(log, task, samples, plan, std::move(layout), std::move(options));
}

BehaviourTrainer::BehaviourTrainer(const EventLog& log, const TaskSettings& task, const SampleSets& samples,
                                   const Plan& plan, ParameterLayout layout, TrainerOptions options)
    : layout_(std::move(layout)),
      training_settings_(plan.training),
      options_(std::move(options)),
      features_(log, task, plan.model, earliest_cut(samples.validation)),
      model_(layout_),
      training_(features_.samples(samples.training)),
      validation_(features_.samples(samples.validation)),
      test_(features_.samples(samples.test)) {
  const float offset = base_log_odds(samples.training);
  for (auto* set : {&training_, &validation_, &test_})
    for (ModelSample& sample : *set) sample.offset = offset;
  test_persons_.reserve(samples.test.size());
  for (const Sample& sample : samples.test) test_persons_.push_back(sample.person);
}

Status BehaviourTrainer::check_length(std::span<const float> parameters) const {
  if (parameters.size() == layout_.size()) return {};
  return Error{ErrorCode::invalid_argument, "the model has " + std::to_string(parameters.size()) +
                                                " parameters, the plan's has " + std::to_string(layout_.size())};
}

Result<std::vector<Scored>> BehaviourTrainer::score(std::span<const float> parameters,
                                                    std::span<const ModelSample> samples) {
  BAUTA_RETURN_IF_ERROR(check_length(parameters));
  std::vector<Scored> scored;
  scored.reserve(samples.size());
  for (std::size_t first = 0; first < samples.size(); first += kScoringBatch) {
    if (options_.stop_requested()) return stopped();
    const auto batch = samples.subspan(first, std::min(kScoringBatch, samples.size() - first));
    const std::span<const float> logits = model_.forward(parameters, features_.bags(), batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!std::isfinite(logits[i]))
        return Error{ErrorCode::not_finite, "the model gives a score that is not a finite number"};
      scored.push_back({static_cast<double>(logits[i]), batch[i].label});
    }
  }
  return scored;
}

Result<ValidationMetrics> BehaviourTrainer::validate(std::span<const float> parameters) {
  BAUTA_TRY(const std::vector<Scored> scored, score(parameters, validation_));
  ValidationMetrics metrics;
  metrics.auc = auc(scored);
  if (!metrics.auc) return metrics;  // a single class: neither figure says anything
  metrics.log_loss = std::clamp(*log_loss(scored), 0.0, 1.0);
  return metrics;
}

Result<std::vector<float>> BehaviourTrainer::train(std::span<const float> parameters, std::uint64_t round_no) {
  BAUTA_RETURN_IF_ERROR(check_length(parameters));
  const std::uint32_t steps = training_settings_.local_steps;
  Descent descent(layout_, training_settings_, {parameters.begin(), parameters.end()},
                  BatchOrder(training_.size(), options_.service_seed, round_no, "round"));
  for (std::uint32_t step = 0; step < steps; ++step) {
    if (options_.stop_requested()) return stopped();
    descent.step(model_, features_.bags(), training_);
    options_.on_progress(step + 1, steps);
  }
  std::vector<float>& delta = descent.parameters();
  for (std::size_t i = 0; i < delta.size(); ++i) delta[i] -= parameters[i];
  if (!all_finite(delta)) return diverged(training_settings_.learning_rate);
  return std::move(delta);
}

Result<LocalModel> BehaviourTrainer::train_alone(std::uint64_t total_steps) {
  LocalModel best;
  Descent descent(layout_, training_settings_, initial_parameters(layout_),
                  BatchOrder(training_.size(), options_.service_seed, 0, "alone"));
  for (std::uint64_t step = 0;; ++step) {
    if (options_.stop_requested()) return stopped();
    if (step % training_settings_.local_steps == 0 || step == total_steps) {
      if (!all_finite(descent.parameters())) return diverged(training_settings_.learning_rate);
      BAUTA_TRY(const ValidationMetrics metrics, validate(descent.parameters()));
      if (best.parameters.empty() || !metrics.auc || *metrics.auc > best.validation_auc.value_or(0))
        best = {descent.parameters(), step, metrics.auc};
    }
    if (step == total_steps) return best;
    descent.step(model_, features_.bags(), training_);
    options_.on_progress(static_cast<std::uint32_t>(step + 1), static_cast<std::uint32_t>(total_steps));
  }
}

Result<TestResult> BehaviourTrainer::evaluate_test(std::span<const float> parameters) {
  BAUTA_TRY(const std::vector<Scored> scored, score(parameters, test_));
  TestResult result;
  result.auc = auc(scored);
  result.auc_interval = bootstrap_auc(scored, test_persons_);
  result.log_loss = log_loss(scored);
  result.samples = scored.size();
  result.positives = static_cast<std::size_t>(
      std::count_if(scored.begin(), scored.end(), [](const Scored& one) { return one.label; }));
  return result;
}

Result<std::optional<TestDifference>> BehaviourTrainer::compare_test(std::span<const float> shared,
                                                                     std::span<const float> local) {
  BAUTA_TRY(const std::vector<Scored> first, score(shared, test_));
  BAUTA_TRY(const std::vector<Scored> second, score(local, test_));
  const auto shared_auc = auc(first);
  const auto local_auc = auc(second);
  if (!shared_auc || !local_auc) return std::optional<TestDifference>();
  return std::optional<TestDifference>(
      {*shared_auc - *local_auc, bootstrap_auc_difference(first, second, test_persons_)});
}

}  // namespace bauta::client
