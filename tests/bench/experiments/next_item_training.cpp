#include "tests/bench/experiments/next_item_training.h"

#include <algorithm>
#include <cstdio>

#include "client/training/descent.h"
#include "client/training/private_parts.h"
#include "common/model/server_optimiser.h"
#include "common/privacy/clipping.h"
#include "tests/bench/must.h"

namespace bauta::experiment {
namespace {

using bench::must;
using client::Descent;

constexpr double kLastRate = 0.1;            // of the first learning rate; it falls in a straight line
constexpr std::size_t kLookPersons = 5'000;  // about as many or all; a choice between models asks all

std::size_t look_every(const Learner& learner) {
  return std::max<std::size_t>(1, learner.service().log.persons.size() / kLookPersons);
}

client::TaskSettings task() {
  client::TaskSettings settings;
  settings.target = client::EventType::view;
  settings.horizon = S3RecService::kWeek;
  return settings;
}

double rate_at(const Recipe& recipe, std::uint32_t step) {
  const double done = static_cast<double>(step) / recipe.steps;
  return recipe.training.learning_rate * (1 - (1 - kLastRate) * done);
}

/// Steps [first, last) of the recipe, looking at validation on the way.
void go_on(Learner& learner, Descent& descent, std::uint32_t first, std::uint32_t last, const Executor& executor,
           Trained& best) {
  const std::uint32_t each = std::max(1U, learner.recipe().steps / kLooks);
  for (std::uint32_t step = first; step < last;) {
    descent.set_learning_rate(rate_at(learner.recipe(), step));
    descent.step(learner.model(), 0, executor);
    if (++step % each != 0) continue;
    const double ndcg = learner.validation_ndcg(descent.parameters(), executor, look_every(learner));
    best.looks.push_back(ndcg);
    std::fprintf(stderr, "  %s step %u validation NDCG@10 %.5f\n", learner.service().name.c_str(), step, ndcg);
    if (ndcg <= best.validation_ndcg) continue;
    best.validation_ndcg = ndcg;
    best.best_step = step;
    best.parameters.assign(descent.parameters().begin(), descent.parameters().end());
  }
}

}  // namespace

Learner::Learner(const S3RecService& service, const ModelSettings& model, const Recipe& recipe)
    : service_(&service),
      layout_(must(ParameterLayout::create(model)).with_private(static_cast<std::uint32_t>(service.log.items.size()))),
      recipe_(recipe),
      features_(service.log, task(), model, S3RecService::kValidationAt),
      training_(service.samples_at(S3RecService::kValidationAt)),
      model_(layout_, {.weights = recipe.training.weights,
                       .dropout = recipe.training.dropout,
                       .id_dropout = recipe.id_dropout,
                       .item_residuals = true,
                       .state_dropout = recipe.training.state_dropout}) {}

double Learner::validation_ndcg(std::span<const float> parameters, const Executor& executor, std::size_t every) {
  const Scorer whole[] = {scorer(parameters)};
  const auto ranks = full_ranking(*service_, whole, S3RecService::kValidationAt, executor, every);
  return mean_of(measured<ndcg_at_10>(ranks));
}

Trained train_alone(Learner& learner, std::uint64_t seed, const Executor& executor) {
  Trained best;
  Descent descent(learner.layout(), learner.recipe().training, learner.features(), learner.training(),
                  initial_parameters(learner.layout()), seed, 0, "alone");
  go_on(learner, descent, 0, learner.recipe().steps, executor, best);
  return best;
}

std::vector<Trained> train_federated(std::span<const std::unique_ptr<Learner>> learners, const FederatedRecipe& recipe,
                                     std::uint64_t seed, const Executor& executor) {
  const ParameterLayout shared = must(ParameterLayout::create(learners.front()->layout().settings()));
  ModelState state = initial_state(shared, recipe.server);
  std::vector<std::vector<float>> own;
  for (const auto& learner : learners) own.push_back(initial_private_parameters(learner->layout()));
  const auto steps_until = [&](const Learner& learner, std::uint32_t round) {
    return static_cast<std::uint32_t>(learner.recipe().steps * recipe.common_part * round / recipe.rounds);
  };
  const auto start_of = [&](std::size_t i) {
    std::vector<float> start = state.parameters;
    start.insert(start.end(), own[i].begin(), own[i].end());
    return start;
  };
  for (std::uint32_t round = 0; round < recipe.rounds; ++round) {
    std::vector<double> mean(shared.size(), 0);
    double norm = 0;
    for (std::size_t i = 0; i < learners.size(); ++i) {
      Learner& learner = *learners[i];
      Descent descent(learner.layout(), learner.recipe().training, learner.features(), learner.training(), start_of(i),
                      seed, round + 1, "round");
      for (std::uint32_t step = steps_until(learner, round); step < steps_until(learner, round + 1); ++step) {
        descent.set_learning_rate(rate_at(learner.recipe(), step));
        descent.step(learner.model(), 0, executor);
      }
      std::vector<float> delta = std::move(descent).take();
      own[i].assign(delta.begin() + static_cast<std::ptrdiff_t>(shared.size()), delta.end());
      delta.resize(shared.size());
      for (std::size_t k = 0; k < delta.size(); ++k) delta[k] -= state.parameters[k];
      norm += must(clip_to_norm(delta, recipe.clip)) / static_cast<double>(learners.size());
      for (std::size_t k = 0; k < delta.size(); ++k)
        mean[k] += static_cast<double>(delta[k]) / static_cast<double>(learners.size());
    }
    must(apply(state, mean, recipe.server));
    std::fprintf(stderr, "round %u: mean norm of an update before clipping %.2f\n", round + 1, norm);
  }
  std::vector<Trained> results(learners.size());
  for (std::size_t i = 0; i < learners.size(); ++i) {
    Learner& learner = *learners[i];
    const std::uint32_t done = steps_until(learner, recipe.rounds);
    results[i].parameters = start_of(i);
    results[i].best_step = done;
    results[i].validation_ndcg = learner.validation_ndcg(results[i].parameters, executor, look_every(learner));
    results[i].looks.push_back(results[i].validation_ndcg);
    std::fprintf(stderr, "  %s after the rounds: validation NDCG@10 %.5f\n", learner.service().name.c_str(),
                 results[i].validation_ndcg);
    Descent descent(learner.layout(), learner.recipe().training, learner.features(), learner.training(), start_of(i),
                    seed, recipe.rounds + 1, "own");
    go_on(learner, descent, done, learner.recipe().steps, executor, results[i]);
  }
  return results;
}

}  // namespace bauta::experiment
