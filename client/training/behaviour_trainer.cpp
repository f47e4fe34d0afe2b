#include "client/training/behaviour_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "client/training/descent.h"
#include "common/base/bytes.h"
#include "common/base/counter_random.h"
#include "common/crypto/sha256.h"

namespace bauta::client {
namespace {

constexpr std::size_t kScoringBatch = 256;
constexpr std::uint64_t kMostLooks = 16;  // at the validation samples: the best of many looks is the luckiest

UnixSeconds earliest_cut(std::span<const Sample> samples) {
  UnixSeconds earliest = std::numeric_limits<UnixSeconds>::max();
  for (const Sample& sample : samples) earliest = std::min(earliest, sample.cut);
  return earliest;
}

std::uint64_t digest_of(const EventLog& log, const TaskSettings& task, const ModelSettings& model,
                        std::span<const Sample> samples) {
  std::uint64_t digest = 0;
  const auto add = [&](std::uint64_t value) { digest = mix64(digest ^ value) + 1; };
  for (const std::size_t count : {log.persons.size(), log.events.size(), log.items.size(), log.channels.size()})
    add(count);
  add(static_cast<std::uint64_t>(task.kind));
  add(static_cast<std::uint64_t>(task.target));
  add(static_cast<std::uint64_t>(task.horizon));
  add(model.history);
  add(static_cast<std::uint64_t>(model.attention));
  add(model.evolution_attends ? 1 : 0);
  for (const Sample& sample : samples) {
    add(sample.person);
    add(sample.item);
    add(static_cast<std::uint64_t>(sample.cut));
    add(sample.label ? 1 : 0);
  }
  return digest;
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

bool all_finite(const Predictions<float>& predictions) {
  return all_finite(predictions.logits) && predictions.outlooks.view().allFinite() &&
         predictions.next_item.view().allFinite() && predictions.demand.view().allFinite();
}

Error stopped() { return {ErrorCode::cancelled, "local training was asked to stop"}; }

Error diverged(double learning_rate) {
  return {ErrorCode::not_finite, "local training diverged at the plan's training.learning_rate of " +
                                     std::to_string(learning_rate) + "; a lower one mends it"};
}

std::vector<float> joined(std::span<const float> shared, std::span<const float> own) {
  std::vector<float> all(shared.begin(), shared.end());
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

Digest digest_of(std::span<const float> values) {
  return sha256({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
}

}  // namespace

Result<BehaviourTrainer> BehaviourTrainer::create(const EventLog& log, const TaskSettings& task, SampleSets samples,
                                                  const Plan& plan, TrainerOptions options) {
  BAUTA_TRY(ParameterLayout shared, ParameterLayout::create(plan.model));
  if (plan.training.local_steps == 0 || plan.training.batch_size == 0)
    return Error{ErrorCode::invalid_argument, "training.local_steps and training.batch_size must be above 0"};
  ParameterLayout full = shared.with_private(static_cast<std::uint32_t>(log.items.size()));
  const std::filesystem::path file =
      options.state_directory.empty() ? std::filesystem::path() : options.state_directory / "private.vectors";
  BAUTA_TRY(PrivateParts parts, PrivateParts::open(full, log, file));
  return BehaviourTrainer(log, task, std::move(samples), plan, std::move(shared), std::move(full), std::move(parts),
                          std::move(options));
}

BehaviourTrainer::BehaviourTrainer(const EventLog& log, const TaskSettings& task, SampleSets samples, const Plan& plan,
                                   ParameterLayout shared_layout, ParameterLayout full_layout, PrivateParts parts,
                                   TrainerOptions options)
    : shared_layout_(std::move(shared_layout)),
      full_layout_(std::move(full_layout)),
      settings_(plan.training),
      options_(std::move(options)),
      samples_(std::move(samples)),
      features_(log, task, plan.model, earliest_cut(samples_.validation), options_.untold),
      parts_(std::move(parts)),
      initial_(initial_parameters(full_layout_)),
      team_(std::make_unique<ThreadTeam>(std::max(1U, options_.threads))),
      model_(full_layout_, {plan.training.weights, plan.training.dropout, options_.id_dropout, options_.item_residuals,
                            options_.private_parts, plan.training.state_dropout}),
      offset_(options_.base_log_odds.value_or(client::base_log_odds(samples_.training))),
      data_digest_(digest_of(log, task, plan.model, samples_.training)) {}

Status BehaviourTrainer::check_shared(std::span<const float> parameters) const {
  if (parameters.size() == shared_layout_.size()) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("the model has {} parameters, the plan's has {}", parameters.size(), shared_layout_.size())};
}

Status BehaviourTrainer::check_samples() const {
  if (!samples_.training.empty() && !samples_.validation.empty()) return {};
  return Error{ErrorCode::bad_data, "there are no training or no validation samples"};
}

Result<std::vector<float>> BehaviourTrainer::full(std::span<const float> parameters) const {
  if (parameters.size() == full_layout_.size()) return std::vector<float>(parameters.begin(), parameters.end());
  BAUTA_RETURN_IF_ERROR(check_shared(parameters));
  return with_neutral_parts(parameters);
}

std::vector<float> BehaviourTrainer::with_neutral_parts(std::span<const float> shared) const {
  return joined(shared, std::span(initial_).subspan(shared_layout_.size()));
}

std::vector<float> BehaviourTrainer::personalised(std::span<const float> shared) const {
  return joined(shared, parts_.current());
}

std::vector<float> BehaviourTrainer::beginning(std::span<const float> shared, std::uint64_t round_no) const {
  const bool new_run = std::equal(shared.begin(), shared.end(), initial_.begin());
  return new_run ? with_neutral_parts(shared) : joined(shared, parts_.before(round_no));
}

/// What the steps of a round follow from; of the events and items their number stands for them.
std::string BehaviourTrainer::about_round(std::span<const float> start, std::uint64_t round_no) const {
  const LossWeights& w = settings_.weights;
  return fmt::format(
      "round {} from {}, {} samples, seed {}, {} steps of {} at {}, dropout {} {} {}, {} candidates, parts {} {}, "
      "weights {} {} {} {} {} {}, data {:016x}",
      round_no, to_hex(digest_of(start)), samples_.training.size(), options_.service_seed, settings_.local_steps,
      settings_.batch_size, settings_.learning_rate, settings_.dropout, settings_.state_dropout, options_.id_dropout,
      settings_.candidates, options_.private_parts, options_.item_residuals, w.next_item, w.next_kind, w.demand,
      w.conversion, w.churn, w.value, data_digest_);
}

std::filesystem::path BehaviourTrainer::checkpoint_file() const {
  return options_.state_directory.empty() ? std::filesystem::path() : options_.state_directory / "round.checkpoint";
}

Status BehaviourTrainer::predict(std::span<const float> parameters, std::span<const Sample> samples,
                                 const TakePredictions& take, std::optional<EventType> asked) {
  BAUTA_TRY(const std::vector<float> all, full(parameters));
  SampleBatch batch;
  Predictions<float> predictions;
  for (std::size_t first = 0; first < samples.size(); first += kScoringBatch) {
    if (options_.stop_requested()) return stopped();
    features_.gather(samples.subspan(first, std::min(kScoringBatch, samples.size() - first)), batch);
    batch.set_offset(offset_);
    if (asked) batch.ask_for(*asked);
    model_.predict(all, batch.view(), team_->executor(), predictions);
    if (!all_finite(predictions))
      return Error{ErrorCode::not_finite, "the model gives a score that is not a finite number"};
    take(first, predictions);
  }
  return {};
}

Status BehaviourTrainer::item_vectors(std::span<const float> parameters, Columns<float>& vectors,
                                      std::vector<float>& biases) const {
  BAUTA_TRY(const std::vector<float> all, full(parameters));
  std::vector<std::uint32_t> wanted(features_.item_count());
  std::iota(wanted.begin(), wanted.end(), 0U);
  model_.item_vectors(all, features_.items(), wanted, vectors, biases);
  return {};
}

Status BehaviourTrainer::text_vectors(std::span<const float> parameters, const TokenBags& texts,
                                      Columns<float>& vectors) const {
  BAUTA_TRY(const std::vector<float> all, full(parameters));
  model_.text_vectors(all, texts, vectors);
  return {};
}

Result<std::vector<Scored>> BehaviourTrainer::score(std::span<const float> parameters,
                                                    std::span<const Sample> samples) {
  std::vector<Scored> scored;
  scored.reserve(samples.size());
  BAUTA_RETURN_IF_ERROR(predict(parameters, samples, [&](std::size_t first, const Predictions<float>& predictions) {
    for (std::size_t i = 0; i < predictions.logits.size(); ++i)
      scored.push_back({static_cast<double>(predictions.logits[i]), samples[first + i].label});
  }));
  return scored;
}

Result<ValidationMetrics> BehaviourTrainer::validate(std::span<const float> parameters, std::uint64_t round_no) {
  BAUTA_RETURN_IF_ERROR(check_samples());
  BAUTA_RETURN_IF_ERROR(check_shared(parameters));
  BAUTA_TRY(const std::vector<Scored> scored, score(beginning(parameters, round_no), samples_.validation));
  ValidationMetrics metrics;
  metrics.auc = auc(scored);
  if (!metrics.auc) return metrics;  // a single class: neither figure says anything
  metrics.log_loss = std::clamp(*log_loss(scored), 0.0, 1.0);
  return metrics;
}

Result<std::vector<float>> BehaviourTrainer::train(std::span<const float> parameters, std::uint64_t round_no) {
  BAUTA_RETURN_IF_ERROR(check_samples());
  BAUTA_RETURN_IF_ERROR(check_shared(parameters));
  const std::uint32_t steps = settings_.local_steps;
  const std::vector<float> start = beginning(parameters, round_no);
  Descent descent(full_layout_, settings_, features_, samples_.training, start, options_.service_seed, round_no,
                  "round");
  const std::filesystem::path file = checkpoint_file();
  const std::string about = about_round(start, round_no);
  // A checkpoint only saves time: one that cannot be read is as good as none.
  if (!file.empty()) {
    const auto resumed = descent.resume(file, about, steps);
    if (resumed.ok() && *resumed) options_.on_progress(static_cast<std::uint32_t>(descent.steps()), steps);
  }
  auto saved = std::chrono::steady_clock::now();
  while (descent.steps() < steps) {
    const bool stop = options_.stop_requested();
    const auto now = std::chrono::steady_clock::now();
    if (!file.empty() && descent.steps() > 0 && (stop || now - saved >= options_.checkpoint_every)) {
      BAUTA_RETURN_IF_ERROR(descent.save(file, about));
      saved = std::chrono::steady_clock::now();
    }
    if (stop) return stopped();
    const BatchLosses losses = descent.step(model_, offset_, team_->executor());
    if (!std::isfinite(losses.weighted(settings_.weights))) return diverged(settings_.learning_rate);
    options_.on_progress(static_cast<std::uint32_t>(descent.steps()), steps);
  }
  const std::span<const float> result = descent.parameters();
  if (!all_finite(result)) return diverged(settings_.learning_rate);
  BAUTA_RETURN_IF_ERROR(parts_.finish(round_no, result.subspan(shared_layout_.size())));
  std::vector<float> delta(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(shared_layout_.size()));
  for (std::size_t i = 0; i < delta.size(); ++i) delta[i] -= parameters[i];
  std::error_code error;
  if (!file.empty()) std::filesystem::remove(file, error);
  return delta;
}

Result<OwnModel> BehaviourTrainer::train_alone(std::uint64_t steps) { return descend(initial_, steps, "alone", false); }

Result<OwnModel> BehaviourTrainer::fine_tune(std::span<const float> shared, std::uint64_t steps) {
  BAUTA_RETURN_IF_ERROR(check_shared(shared));
  return descend(personalised(shared), steps, "fine-tuning", true);
}

Result<OwnModel> BehaviourTrainer::descend(std::vector<float> start, std::uint64_t steps, std::string_view purpose,
                                           bool start_counts) {
  BAUTA_RETURN_IF_ERROR(check_samples());
  OwnModel best;
  Descent descent(full_layout_, settings_, features_, samples_.training, std::move(start), options_.service_seed, 0,
                  purpose);
  const std::uint64_t every = std::max<std::uint64_t>(settings_.local_steps, steps / kMostLooks);
  for (std::uint64_t step = 0;; ++step) {
    if (options_.stop_requested()) return stopped();
    if (((step > 0 || start_counts) && step % every == 0) || step == steps) {
      if (!all_finite(descent.parameters())) return diverged(settings_.learning_rate);
      BAUTA_TRY(const std::vector<Scored> scored, score(descent.parameters(), samples_.validation));
      const auto quality = auc(scored);
      if (quality.value_or(0) >= best.validation_auc.value_or(0)) {
        best.parameters.assign(descent.parameters().begin(), descent.parameters().end());
        best.best_step = step;
        best.validation_auc = quality;
      }
    }
    if (step == steps) return best;
    descent.set_learning_rate(settings_.learning_rate * static_cast<double>(steps - step) / static_cast<double>(steps));
    descent.step(model_, offset_, team_->executor());
  }
}

}  // namespace bauta::client
