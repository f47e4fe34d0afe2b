#include "tests/bench/experiments/audience_model.h"

#include <fmt/format.h>

#include <memory>
#include <thread>

#include "client/scoring/demand_ranker.h"
#include "client/scoring/matching_words.h"
#include "tests/bench/experiments/audience_questions.h"
#include "tests/bench/must.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

/// Whether a demand for a held-out name could be learned from this item's words.
bool tells_of_held_out(const Item& item) {
  if (!item.category.empty() && is_held_out(leaf_of(item.category))) return true;
  for (const std::string& word : comparing_forms(item.title))
    if (is_held_out(word)) return true;
  return false;
}

/// Names are categories' last levels where the service has many; then its titles say nothing that is asked about.
bool is_held_out_category(const Item& item) { return is_held_out(leaf_of(item.category)); }

bool asks_about_categories(const EventLog& log) {
  const auto names = demand_names(log);
  for (const Item& item : log.items)
    if (!names.empty() && names.front() == leaf_of(item.category)) return true;
  return false;
}

struct Trained {
  TaskSettings task;
  BehaviourTrainer trainer;
  Predictor predictor;
  DemandRanker ranker, of_history;

  Trained(const EventLog& log, const TaskSettings& its_task, BehaviourTrainer its_trainer, const OwnModel& model)
      : task(its_task),
        trainer(std::move(its_trainer)),
        predictor(log, task, trainer, {model.parameters, {}, 1}),
        ranker(predictor, settings(true)),
        of_history(predictor, settings(false)) {}

  static DemandRankerSettings settings(bool model_features) {
    DemandRankerSettings settings;
    settings.model_features = model_features;
    settings.keep_vectors = true;
    return settings;
  }
};

}  // namespace

std::vector<NamedScorer> model_scorers(const EventLog& log, const TaskSettings& task, const ModelTraining& training) {
  TrainerOptions options;
  options.service_seed = training.seed;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.untold = asks_about_categories(log) ? is_held_out_category : tells_of_held_out;
  BehaviourTrainer trainer =
      must(BehaviourTrainer::create(log, task, must(make_samples(log, task)), training.plan, std::move(options)));
  const OwnModel model = must(trainer.train_alone(training.steps));
  const auto trained = std::make_shared<Trained>(log, task, std::move(trainer), model);
  fmt::print("  model: best of {} steps is {}, validation AUC {:.3f}\n", training.steps, model.best_step,
             model.validation_auc.value_or(0));
  const auto asking = [trained](DemandRanker& ranker) {
    return [trained, &ranker](const AudienceQuestion& question, UnixSeconds cut) {
      return must(ranker.scores(question.sentence, question.items, cut)).of_person;
    };
  };
  return {{"bauta_history", asking(trained->of_history)}, {"bauta", asking(trained->ranker)}};
}

}  // namespace bauta::bench
