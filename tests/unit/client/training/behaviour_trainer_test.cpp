#include "client/training/behaviour_trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "common/base/counter_random.h"
#include "common/model/server_optimiser.h"
#include "common/privacy/clipping.h"
#include "made_service.h"

using namespace bauta;
using namespace bauta::client;

namespace {

BehaviourTrainer trainer_for(const MadeService& service, const Plan& plan, TrainerOptions options = {}) {
  auto trainer = BehaviourTrainer::create(service.log, service.task, service.samples, plan, std::move(options));
  REQUIRE(trainer.ok());
  return std::move(*trainer);
}

double local_test_auc(const MadeService& service, std::uint64_t steps) {
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const auto local = trainer.train_alone(steps);
  REQUIRE(local.ok());
  const auto test = trainer.evaluate_test(local->parameters);
  REQUIRE(test.ok());
  return test->auc.value();
}

/// Takes every label away from its sample and gives it to another of the same set.
MadeService with_permuted_labels(MadeService service, std::uint64_t seed) {
  CounterRandom random(seed, "permuted labels");
  for (auto* set : {&service.samples.training, &service.samples.validation, &service.samples.test}) {
    for (std::size_t i = set->size(); i > 1; --i) {
      Sample& a = (*set)[i - 1];
      Sample& b = (*set)[random.below(i)];
      std::swap(a.label, b.label);
    }
  }
  return service;
}

}  // namespace

TEST_CASE("propensity is learned from the words of what was looked at, near the oracle") {
  CHECK(local_test_auc(made_propensity_service(1500, 1), 400) > 0.81);  // the oracle has 0.854
}

TEST_CASE("conversion is learned from the match of person and offer, which neither shows alone") {
  CHECK(local_test_auc(made_conversion_service(800, 1), 1000) > 0.78);  // the oracle has 0.813
}

TEST_CASE("permuted labels cannot be predicted") {
  double sum = 0;
  constexpr int kSeeds = 5;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    sum += local_test_auc(with_permuted_labels(made_propensity_service(600, seed), seed), 200);
  CHECK(std::abs(sum / kSeeds - 0.5) < 0.04);  // one AUC of 600 samples deviates by 0.024
}

TEST_CASE("the same data, parameters and round give the same bits, another round others") {
  const MadeService service = made_propensity_service(100, 2);
  BehaviourTrainer one = trainer_for(service, small_plan());
  BehaviourTrainer two = trainer_for(service, small_plan());
  const std::vector<float> start = initial_parameters(one.layout());
  const auto first = one.train(start, 1);
  const auto other_round = one.train(start, 2);
  const auto again = one.train(start, 1);
  const auto elsewhere = two.train(start, 1);
  REQUIRE((first.ok() && other_round.ok() && again.ok() && elsewhere.ok()));
  CHECK(*first == *again);
  CHECK(*first == *elsewhere);
  CHECK(*first != *other_round);
  CHECK(first->size() == one.layout().size());
  CHECK(l2_norm(*first) > 0);
}

TEST_CASE("rounds of training and server steps raise the validation AUC") {
  const MadeService service = made_propensity_service(400, 3);
  const Plan plan = small_plan();
  BehaviourTrainer trainer = trainer_for(service, plan);
  ModelState state = initial_state(trainer.layout(), plan.server);
  const auto before = trainer.validate(state.parameters);
  for (std::uint64_t round = 1; round <= 8; ++round) {
    const auto delta = trainer.train(state.parameters, round);
    REQUIRE(delta.ok());
    REQUIRE(apply(state, std::vector<double>(delta->begin(), delta->end()), plan.server).ok());
  }
  const auto after = trainer.validate(state.parameters);
  REQUIRE((before.ok() && after.ok()));
  CHECK(*after->auc > 0.8);
  CHECK(*after->auc > *before->auc);
  CHECK(*after->log_loss < *before->log_loss);
}

TEST_CASE("a single class in validation or test has no AUC and no difference") {
  MadeService service = made_propensity_service(50, 4);
  for (auto* set : {&service.samples.validation, &service.samples.test})
    for (Sample& sample : *set) sample.label = false;
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const std::vector<float> parameters = initial_parameters(trainer.layout());
  const auto metrics = trainer.validate(parameters);
  REQUIRE(metrics.ok());
  CHECK_FALSE(metrics->auc);
  CHECK_FALSE(metrics->log_loss);
  const auto test = trainer.evaluate_test(parameters);
  CHECK_FALSE(test->auc);
  CHECK_FALSE(test->auc_interval);
  CHECK(test->positives == 0);
  CHECK_FALSE(trainer.compare_test(parameters, parameters)->has_value());
  CHECK(trainer.train_alone(100).ok());
}

TEST_CASE("the log loss stays within 0 and 1 even for an absurd model") {
  const MadeService service = made_propensity_service(50, 5);
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  std::vector<float> parameters = initial_parameters(trainer.layout());
  parameters[trainer.layout().at("logit.bias").offset] = 1e6F;
  CHECK(trainer.validate(parameters)->log_loss == 1.0);
}

TEST_CASE("the test result holds an interval around its AUC, and equal models do not differ") {
  const MadeService service = made_conversion_service(200, 6);
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const auto local = trainer.train_alone(300);
  REQUIRE(local.ok());
  const auto test = trainer.evaluate_test(local->parameters);
  REQUIRE(test.ok());
  CHECK(test->samples == service.samples.test.size());
  CHECK(test->auc_interval->low < *test->auc);
  CHECK(test->auc_interval->high > *test->auc);
  CHECK(test->auc_interval->high - test->auc_interval->low < 0.25);
  const auto none = trainer.compare_test(local->parameters, local->parameters);
  CHECK((*none)->auc == 0);
  CHECK((*none)->interval->high == 0);
  const auto better = trainer.compare_test(local->parameters, initial_parameters(trainer.layout()));
  CHECK((*better)->auc ==
        doctest::Approx(*test->auc - *trainer.evaluate_test(initial_parameters(trainer.layout()))->auc));
}

TEST_CASE("training asked to stop returns at once, and says so") {
  const MadeService service = made_propensity_service(50, 7);
  int polls = 0;
  TrainerOptions options;
  options.stop_requested = [&] { return ++polls > 3; };
  BehaviourTrainer trainer = trainer_for(service, small_plan(), options);
  const auto delta = trainer.train(initial_parameters(trainer.layout()), 1);
  REQUIRE_FALSE(delta.ok());
  CHECK(delta.error().code == ErrorCode::cancelled);
  CHECK(polls == 4);
  CHECK(trainer.train_alone(100).error().code == ErrorCode::cancelled);
}

TEST_CASE("progress counts every local step") {
  const MadeService service = made_propensity_service(50, 8);
  std::vector<std::uint32_t> steps;
  TrainerOptions options;
  options.on_progress = [&](std::uint32_t step, std::uint32_t total) {
    CHECK(total == small_plan().training.local_steps);
    steps.push_back(step);
  };
  BehaviourTrainer trainer = trainer_for(service, small_plan(), options);
  REQUIRE(trainer.train(initial_parameters(trainer.layout()), 1).ok());
  CHECK(steps.size() == 50);
  CHECK(steps.front() == 1);
  CHECK(steps.back() == 50);
}

TEST_CASE("parameters of another length are refused and divergence is told, not sent") {
  const MadeService service = made_propensity_service(50, 9);
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const std::vector<float> short_vector(5);
  CHECK(trainer.train(short_vector, 1).error().code == ErrorCode::invalid_argument);
  CHECK(trainer.validate(short_vector).error().code == ErrorCode::invalid_argument);
  CHECK(trainer.evaluate_test(short_vector).error().code == ErrorCode::invalid_argument);
  std::vector<float> poisoned = initial_parameters(trainer.layout());
  poisoned.back() = std::nanf("");
  CHECK(trainer.train(poisoned, 1).error().code == ErrorCode::not_finite);
  CHECK(trainer.validate(poisoned).error().code == ErrorCode::not_finite);
}

TEST_CASE("a trainer without samples, steps or a possible model is refused") {
  const MadeService service = made_propensity_service(50, 10);
  Plan plan = small_plan();
  plan.model.width = 3;
  CHECK_FALSE(BehaviourTrainer::create(service.log, service.task, service.samples, plan).ok());
  plan = small_plan();
  plan.training.local_steps = 0;
  CHECK_FALSE(BehaviourTrainer::create(service.log, service.task, service.samples, plan).ok());
  CHECK_FALSE(BehaviourTrainer::create(service.log, service.task, {}, small_plan()).ok());
}
