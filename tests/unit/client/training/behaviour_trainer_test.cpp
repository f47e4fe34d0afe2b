#include "client/training/behaviour_trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "common/base/counter_random.h"
#include "common/evaluation/metrics.h"
#include "common/model/server_optimiser.h"
#include "common/privacy/clipping.h"
#include "made_service.h"
#include "tests/support/permuted_labels.h"
#include "tests/support/temporary_directory.h"

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
  const auto test = trainer.score(local->parameters, service.samples.test);
  REQUIRE(test.ok());
  return auc(*test).value();
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
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    MadeService service = made_propensity_service(600, seed);
    permute_labels(service.samples, seed);
    sum += local_test_auc(service, 200);
  }
  CHECK(std::abs(sum / kSeeds - 0.5) < 0.04);  // one AUC of 600 samples deviates by 0.024
}

TEST_CASE("fine-tuning begins with the shared model and makes it fit this service") {
  const MadeService service = made_propensity_service(1500, 1);
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const auto own = trainer.train_alone(400);
  REQUIRE(own.ok());
  const std::vector<float> shared(own->parameters.begin(),
                                  own->parameters.begin() + static_cast<std::ptrdiff_t>(trainer.layout().size()));
  const auto untouched = trainer.fine_tune(shared, 0);
  REQUIRE(untouched.ok());
  CHECK(untouched->parameters == trainer.personalised(shared));

  const auto from_shared = trainer.fine_tune(shared, 2);
  const auto from_nothing = trainer.fine_tune(initial_parameters(trainer.layout()), 2);
  REQUIRE((from_shared.ok() && from_nothing.ok()));
  const auto test_auc = [&](const OwnModel& model) {
    return auc(trainer.score(model.parameters, service.samples.test).value()).value();
  };
  CHECK(test_auc(*from_shared) > test_auc(*from_nothing) + 0.05);
  CHECK(trainer.fine_tune({}, 30).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a model trained alone is never the untrained one, and without a measure it is the last") {
  MadeService service = made_propensity_service(100, 3);
  for (Sample& sample : service.samples.validation) sample.label = true;
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const auto model = trainer.train_alone(40);
  REQUIRE(model.ok());
  CHECK_FALSE(model->validation_auc);
  CHECK(model->best_step == 40);
  permute_labels(service.samples, 1);
  for (std::size_t i = 0; i < service.samples.validation.size(); ++i) service.samples.validation[i].label = i % 2 == 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    TrainerOptions options;
    options.service_seed = seed;
    BehaviourTrainer other = trainer_for(service, small_plan(), options);
    CHECK(other.train_alone(40)->best_step > 0);
  }
}

TEST_CASE("the same data, parameters and round give the same bits, another round others") {
  const MadeService service = made_propensity_service(100, 2);
  BehaviourTrainer one = trainer_for(service, small_plan());
  BehaviourTrainer two = trainer_for(service, small_plan());
  const std::vector<float> start = initial_parameters(one.layout());
  const auto first = one.train(start, 1);
  const auto other_round = one.train(start, 2);
  const auto again = trainer_for(service, small_plan()).train(start, 1);
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
  const auto before = trainer.validate(state.parameters, 1);
  for (std::uint64_t round = 1; round <= 8; ++round) {
    const auto delta = trainer.train(state.parameters, round);
    REQUIRE(delta.ok());
    REQUIRE(apply(state, std::vector<double>(delta->begin(), delta->end()), plan.server).ok());
  }
  const auto after = trainer.validate(state.parameters, 1);
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
  const auto metrics = trainer.validate(parameters, 1);
  REQUIRE(metrics.ok());
  CHECK_FALSE(metrics->auc);
  CHECK_FALSE(metrics->log_loss);
  CHECK(trainer.train_alone(100).ok());
}

TEST_CASE("the log loss stays within 0 and 1 even for an absurd model") {
  const MadeService service = made_propensity_service(50, 5);
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  std::vector<float> parameters = initial_parameters(trainer.layout());
  parameters[trainer.layout().at("logit.bias").offset] = 1e6F;
  CHECK(trainer.validate(parameters, 1)->log_loss == 1.0);
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
  CHECK(trainer.validate(short_vector, 1).error().code == ErrorCode::invalid_argument);
  CHECK(trainer.score(short_vector, service.samples.test).error().code == ErrorCode::invalid_argument);
  std::vector<float> poisoned = initial_parameters(trainer.layout());
  poisoned.back() = std::nanf("");
  CHECK(trainer.train(poisoned, 1).error().code == ErrorCode::not_finite);
  poisoned = initial_parameters(trainer.layout());
  poisoned[trainer.layout().at("logit.bias").offset] = std::nanf("");
  CHECK(trainer.validate(poisoned, 1).error().code == ErrorCode::not_finite);
}

TEST_CASE("a trainer without samples, steps or a possible model is refused") {
  const MadeService service = made_propensity_service(50, 10);
  Plan plan = small_plan();
  plan.model.width = 3;
  CHECK_FALSE(BehaviourTrainer::create(service.log, service.task, service.samples, plan).ok());
  plan = small_plan();
  plan.training.local_steps = 0;
  CHECK_FALSE(BehaviourTrainer::create(service.log, service.task, service.samples, plan).ok());
  auto empty = BehaviourTrainer::create(service.log, service.task, {}, small_plan());
  REQUIRE(empty.ok());
  const std::vector<float> shared = initial_parameters(empty->layout());
  CHECK(empty->train(shared, 1).error().code == ErrorCode::bad_data);
  CHECK(empty->train_alone(10).error().code == ErrorCode::bad_data);
  CHECK(empty->fine_tune(shared, 10).error().code == ErrorCode::bad_data);
  CHECK(empty->validate(shared, 1).error().code == ErrorCode::bad_data);
  CHECK(empty->score(shared, service.samples.test).ok());
}

namespace {

TrainerOptions in(const std::filesystem::path& folder) {
  TrainerOptions options;
  options.state_directory = folder;
  return options;
}

std::vector<float> must(Result<std::vector<float>> result) {
  REQUIRE(result.ok());
  return std::move(*result);
}

}  // namespace

TEST_CASE("a run that begins anew begins with fresh private parts") {
  const MadeService service = made_propensity_service(60, 17);
  BehaviourTrainer used = trainer_for(service, small_plan());
  const std::vector<float> start = initial_parameters(used.layout());
  std::vector<float> later = start;
  const std::vector<float> delta = must(used.train(start, 1));
  for (std::size_t i = 0; i < later.size(); ++i) later[i] += delta[i];
  must(used.train(later, 2));
  CHECK(must(used.train(start, 7)) == must(trainer_for(service, small_plan()).train(start, 7)));
}

TEST_CASE("a client that diverged trains the next round, and one with a damaged checkpoint begins the round anew") {
  const bauta::testing::TemporaryDirectory folder;
  const MadeService service = made_propensity_service(60, 18);
  TrainerOptions options = in(folder.path());
  options.checkpoint_every = std::chrono::seconds(0);
  BehaviourTrainer trainer = trainer_for(service, small_plan(), options);
  const std::vector<float> start = initial_parameters(trainer.layout());
  std::vector<float> poisoned = start;
  poisoned[trainer.layout().at("logit.bias").offset] = std::nanf("");
  CHECK(trainer.train(poisoned, 1).error().code == ErrorCode::not_finite);
  const std::vector<float> expected = must(trainer_for(service, small_plan()).train(start, 2));
  CHECK(must(trainer.train(start, 2)) == expected);
  std::ofstream(folder.path() / "round.checkpoint") << "no checkpoint at all";
  CHECK(must(trainer.train(start, 2)) == expected);
}

TEST_CASE("metrics of a round are the same before and after it was trained, over a restart too") {
  const bauta::testing::TemporaryDirectory folder;
  const MadeService service = made_propensity_service(200, 19);
  BehaviourTrainer trainer = trainer_for(service, small_plan(), in(folder.path()));
  std::vector<float> model = initial_parameters(trainer.layout());
  for (std::uint64_t round = 1; round <= 2; ++round) {
    const auto before = trainer.validate(model, round);
    const std::vector<float> delta = must(trainer.train(model, round));
    BehaviourTrainer restarted = trainer_for(service, small_plan(), in(folder.path()));
    CHECK(restarted.validate(model, round)->auc == before->auc);
    CHECK(restarted.validate(model, round + 1)->auc.has_value());
    CHECK(must(restarted.train(model, round)) == delta);
    for (std::size_t i = 0; i < model.size(); ++i) model[i] += delta[i];
  }
}

TEST_CASE("a round trained again gives the same update, though the private parts have moved on") {
  const MadeService service = made_propensity_service(60, 11);
  BehaviourTrainer trainer = trainer_for(service, small_plan());
  const std::vector<float> start = initial_parameters(trainer.layout());
  std::vector<float> later = must(trainer.train(start, 1));
  for (std::size_t i = 0; i < later.size(); ++i) later[i] += start[i];
  const std::vector<float> second = must(trainer.train(later, 2));
  CHECK(must(trainer.train(later, 2)) == second);
  const std::vector<float> third = must(trainer.train(later, 3));
  CHECK(third != second);
}

TEST_CASE("private parts outlive the process and follow their items") {
  const bauta::testing::TemporaryDirectory folder;
  const MadeService service = made_propensity_service(60, 12);
  BehaviourTrainer one = trainer_for(service, small_plan(), in(folder.path()));
  const std::vector<float> start = initial_parameters(one.layout());
  must(one.train(start, 1));
  const std::vector<float> kept = one.personalised(start);
  BehaviourTrainer two = trainer_for(service, small_plan(), in(folder.path()));
  CHECK(two.personalised(start) == kept);
  CHECK(must(two.train(start, 2)) == must(one.train(start, 2)));

  // Another item comes first: rows move, the new one is at its beginning.
  EventLog grown = service.log;
  grown.items.insert(grown.items.begin(), {"0000", "coffee", "drinks", "", {}});
  std::vector<Event> events(grown.events.begin(), grown.events.end());
  for (Event& event : events)
    if (event.item != kNoItem) ++event.item;
  grown.events = std::move(events);
  auto three = BehaviourTrainer::create(grown, service.task, service.samples, small_plan(), in(folder.path()));
  REQUIRE(three.ok());
  const std::vector<float> before = two.personalised(start);
  const std::vector<float> after = three->personalised(start);
  const Tensor& old_residual = two.full_layout().at("private.item.residual");
  const Tensor& residual = three->full_layout().at("private.item.residual");
  const auto row = [](const std::vector<float>& all, const Tensor& tensor, std::size_t item) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(tensor.offset + item * tensor.columns);
    return std::vector<float>(first, first + tensor.columns);
  };
  CHECK(row(after, residual, 4) == row(before, old_residual, 3));
  CHECK(row(after, residual, 0) == std::vector<float>(residual.columns, 0.0F));
  CHECK(l2_norm(row(before, old_residual, 3)) > 0);
}

TEST_CASE("an interrupted round goes on from its checkpoint to the same bits") {
  const MadeService service = made_propensity_service(60, 13);
  BehaviourTrainer whole = trainer_for(service, small_plan());
  const std::vector<float> start = initial_parameters(whole.layout());
  const std::vector<float> expected = must(whole.train(start, 1));

  const bauta::testing::TemporaryDirectory folder;
  TrainerOptions options = in(folder.path());
  int polls = 0;
  options.stop_requested = [&] { return ++polls > 20; };
  BehaviourTrainer stopped = trainer_for(service, small_plan(), options);
  CHECK(stopped.train(start, 1).error().code == ErrorCode::cancelled);
  options = in(folder.path());
  std::vector<std::uint32_t> steps;
  options.on_progress = [&](std::uint32_t step, std::uint32_t) { steps.push_back(step); };
  BehaviourTrainer resumed = trainer_for(service, small_plan(), options);
  CHECK(must(resumed.train(start, 1)) == expected);
  CHECK(steps.front() == 20);
  CHECK(steps.size() == 31);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "round.checkpoint"));
}

TEST_CASE("a checkpoint of another round or another model is not gone on from") {
  const bauta::testing::TemporaryDirectory folder;
  const MadeService service = made_propensity_service(60, 14);
  TrainerOptions options = in(folder.path());
  int polls = 0;
  options.stop_requested = [&] { return ++polls > 20; };
  BehaviourTrainer stopped = trainer_for(service, small_plan(), options);
  const std::vector<float> start = initial_parameters(stopped.layout());
  CHECK(stopped.train(start, 1).error().code == ErrorCode::cancelled);
  BehaviourTrainer other = trainer_for(service, small_plan(), in(folder.path()));
  CHECK(must(other.train(start, 2)) == must(trainer_for(service, small_plan()).train(start, 2)));
}

TEST_CASE("a damaged file of private parts is an error that names it") {
  const bauta::testing::TemporaryDirectory folder;
  const MadeService service = made_propensity_service(60, 15);
  BehaviourTrainer one = trainer_for(service, small_plan(), in(folder.path()));
  must(one.train(initial_parameters(one.layout()), 1));
  const auto file = folder.path() / "private.vectors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  const auto again =
      BehaviourTrainer::create(service.log, service.task, service.samples, small_plan(), in(folder.path()));
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == ErrorCode::malformed);
  CHECK(again.error().message.find(file.string()) != std::string::npos);
}

TEST_CASE("any number of threads trains the same bits") {
  const MadeService service = made_propensity_service(60, 16);
  TrainerOptions options;
  BehaviourTrainer one = trainer_for(service, small_plan(), options);
  options.threads = 3;
  BehaviourTrainer three = trainer_for(service, small_plan(), options);
  const std::vector<float> start = initial_parameters(one.layout());
  CHECK(must(one.train(start, 1)) == must(three.train(start, 1)));
}
