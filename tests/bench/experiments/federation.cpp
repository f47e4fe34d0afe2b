#include "tests/bench/experiments/federation.h"

#include "client/training/descent.h"
#include "common/base/counter_random.h"
#include "common/base/parallel_ranges.h"
#include "common/masking/fixed_point.h"
#include "common/privacy/clipping.h"
#include "tests/support/seeded_random.h"

namespace bauta::bench {

using namespace bauta::client;

void side_by_side(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work) {
  must(for_each_range(count, 1, threads, [&](std::size_t i, std::size_t) -> Status {
    work(i);
    return {};
  }));
}

TrainerOptions trainer_options(const ExperimentService& service, const Plan& plan, const FederationOptions& options) {
  TrainerOptions trainer;
  trainer.service_seed = fnv1a64(service.name) ^ mix64(plan.model.seed);
  trainer.private_parts = options.private_parts;
  trainer.item_residuals = options.private_parts && options.item_residuals;
  trainer.id_dropout = options.id_dropout;
  return trainer;
}

namespace {

std::vector<double> mean_of(std::span<const std::vector<float>> updates) {
  std::vector<double> mean(updates.front().size(), 0.0);
  for (const std::vector<float>& update : updates)
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += static_cast<double>(update[i]) / static_cast<double>(updates.size());
  return mean;
}

/// Of the updates as lanes (docs/protocol.md §7).
std::vector<double> rounded_mean_of(std::span<const std::vector<float>> updates, const UpdateSettings& settings,
                                    std::uint64_t seed) {
  if (settings.rotation) give_up("rounding without masks knows no update.rotation");
  const auto partners = static_cast<std::uint32_t>(updates.size());
  const std::uint32_t lane_bits = settings.lane.value_or(least_lane(settings.bits, partners));
  must(check_lane_capacity(settings.bits, lane_bits, partners));
  const LaneLayout layout = must(LaneLayout::create(lane_bits, updates.front().size()));
  const Quantiser quantiser{settings.range.value_or(kDefaultRange), settings.bits};
  std::vector<std::uint64_t> sum(layout.word_count()), words(layout.word_count());
  for (std::size_t i = 0; i < updates.size(); ++i) {
    testing::SeededRandom random(mix64(seed + i));
    must(quantise(updates[i], 1.0, quantiser, layout, random, words));
    add_packed(sum, words, lane_bits);
  }
  std::vector<double> mean(updates.front().size());
  for (std::size_t i = 0; i < mean.size(); ++i)
    mean[i] = dequantise(lane_at(sum, layout, i), quantiser) / static_cast<double>(updates.size());
  return mean;
}

}  // namespace

Federation::Federation(std::span<const ExperimentService> services, const Plan& plan, const FederationOptions& options)
    : plan_(plan), options_(options) {
  for (const ExperimentService& service : services)
    trainers_.push_back(std::make_unique<BehaviourTrainer>(must(BehaviourTrainer::create(
        service.log, service.task, service.samples, plan, trainer_options(service, plan, options)))));
  state_ = initial_state(trainers_.front()->layout(), plan.server);
}

void Federation::round() {
  std::vector<std::vector<float>> updates(trainers_.size());
  side_by_side(trainers_.size(), options_.threads, [&](std::size_t i) {
    updates[i] = must(trainers_[i]->train(state_.parameters, state_.steps + 1));
    if (!options_.plain_averaging) must(clip_to_norm(updates[i], plan_.update.clip));
  });
  const std::vector<double> mean =
      options_.rounding ? rounded_mean_of(updates, plan_.update, mix64(*options_.rounding) ^ mix64(state_.steps))
                        : mean_of(updates);
  if (!options_.plain_averaging) {
    must(apply(state_, mean, plan_.server));
    return;
  }
  for (std::size_t i = 0; i < mean.size(); ++i) state_.parameters[i] += static_cast<float>(mean[i]);
  ++state_.steps;
}

namespace {

/// One service's part of central training: its own samples and features, nothing private.
struct CentralMember {
  CentralMember(const ExperimentService& service, const Plan& plan, const ParameterLayout& shared)
      : layout(shared.with_private(static_cast<std::uint32_t>(service.log.items.size()))),
        neutral(initial_private_parameters(layout)),
        features(service.log, service.task, plan.model, service.samples.validation.front().cut),
        order(service.samples.training.size(), fnv1a64(service.name) ^ mix64(plan.model.seed), 0, "central"),
        candidates(features.item_counts(), plan.training.candidates),
        model(layout, {plan.training.weights, plan.training.dropout, 0, false, false}),
        offset(base_log_odds(service.samples.training)) {}

  void step(const ExperimentService& service, const Plan& plan, std::span<const float> shared, std::uint64_t step_no) {
    parameters.assign(shared.begin(), shared.end());
    parameters.insert(parameters.end(), neutral.begin(), neutral.end());
    chosen.clear();
    for (std::uint32_t i = 0; i < plan.training.batch_size; ++i)
      chosen.push_back(service.samples.training[order.next()]);
    CounterRandom random(mix64(plan.model.seed + step_no) ^ fnv1a64(service.name), "central step");
    features.gather_labelled(chosen, random, batch);
    batch.set_offset(offset);
    candidates.draw(random);
    model.train(parameters, batch.view(candidates.items(), candidates.log_q()), random.next() | 1, serial_executor());
  }

  ParameterLayout layout;
  std::vector<float> neutral;
  EventFeatures features;
  BatchOrder order;
  CandidateSampler candidates;
  BehaviourModel<float> model;
  float offset;
  std::vector<float> parameters;
  std::vector<Sample> chosen;
  SampleBatch batch;
};

}  // namespace

void train_centrally(std::span<const ExperimentService> services, const Plan& plan, std::uint64_t steps,
                     std::uint64_t every, unsigned threads,
                     const std::function<void(std::uint64_t step, std::span<const float> shared)>& observe) {
  const ParameterLayout shared = must(ParameterLayout::create(plan.model));
  std::vector<std::unique_ptr<CentralMember>> members;
  for (const ExperimentService& service : services)
    members.push_back(std::make_unique<CentralMember>(service, plan, shared));
  std::vector<float> parameters = initial_parameters(shared);
  Adam adam(shared.tensors(), plan.training.learning_rate);
  const Tensor& table = shared.at("token.table");
  Gradient<float> sum{std::vector<float>(shared.size(), 0.0F), {}};
  sum.tables.emplace_back(table.rows);
  const float share = 1.0F / static_cast<float>(members.size());
  for (std::uint64_t step = 0;; ++step) {
    if (step % every == 0 || step == steps) observe(step, parameters);
    if (step == steps) return;
    adam.set_learning_rate(plan.training.learning_rate * static_cast<double>(steps - step) /
                           static_cast<double>(steps));
    side_by_side(members.size(), threads,
                 [&](std::size_t i) { members[i]->step(services[i], plan, parameters, step); });
    std::fill(sum.flat.begin(), sum.flat.end(), 0.0F);
    for (std::size_t part = 0; part < TouchedRows::kParts; ++part) sum.tables[0].clear(part);
    for (const auto& member : members) {
      const Gradient<float>& gradient = member->model.gradient();
      for (std::size_t i = 0; i < sum.flat.size(); ++i) sum.flat[i] += share * gradient.flat[i];
      for (std::size_t part = 0; part < TouchedRows::kParts; ++part)
        for (const std::uint32_t row : gradient.tables[0].part(part)) sum.tables[0].touch(part, row);
    }
    adam.step(parameters, sum, serial_executor());
  }
}

}  // namespace bauta::bench
