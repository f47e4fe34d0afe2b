// Experiment: what is the federation worth to a newcomer? One propensity service after another is left out while the
// others train together; it then gets their model and 0, 100, 1,000, 10,000 or all of its own labels. On its later
// test samples:
//
//   no label      the others' model as it is
//   local         a model trained on those labels alone
//   personalised  the others' model, fine-tuned on those labels
//   served        what the newcomer chooses on its validation labels (client/training/serving_choice.h)
//
// Of n labels a fifth are validation samples, the rest training samples; those of n are among those of more.
//
//   cmake --build build/release --target newcomer
//   build/release/tests/bench/experiments/newcomer --data DIR --out FILE.json
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "client/training/serving_choice.h"
#include "tests/bench/experiments/drawn_samples.h"
#include "tests/bench/experiments/experiment_options.h"
#include "tests/bench/experiments/experiment_report.h"
#include "tests/bench/experiments/federation.h"
#include "tests/bench/experiments/report_file.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

constexpr std::size_t kValidationPartOfLabels = 5;

struct Options {
  ExperimentOptions common;
  std::vector<std::string> newcomers = {"city_places", "drugstore", "fresh_food",  "fuel",
                                        "gift_shop",   "grocery",   "store_visits"};
  std::vector<std::size_t> labels = {100, 1000, 10'000};
  std::vector<std::string> family;
};

class Newcomer {
 public:
  Newcomer(const ExperimentService& service, const Plan& plan, std::vector<float> shared)
      : service_(&service), plan_(&plan), shared_(std::move(shared)), persons_(persons_of(service.samples.test)) {
    no_label_ = must(with_labels(service.samples).score(shared_, service.samples.test));
  }

  Json report(std::span<const std::size_t> labels, unsigned threads) {
    std::vector<SampleSets> sets;
    for (const std::size_t count : labels) {
      const std::size_t validation = count / kValidationPartOfLabels;
      if (count - validation >= service_->samples.training.size()) break;
      SampleSets few = service_->samples;
      few.training = drawn_samples(few.training, count - validation, plan_->model.seed, "labels to train with");
      few.validation = drawn_samples(few.validation, validation, plan_->model.seed, "labels to choose with");
      sets.push_back(std::move(few));
    }
    sets.push_back(service_->samples);
    std::vector<Json> points(sets.size());
    std::vector<std::vector<Scored>> local(sets.size());
    side_by_side(sets.size(), threads, [&](std::size_t i) { points[i] = point(sets[i], local[i]); });
    return {{"name", service_->name},
            {"test_samples", service_->samples.test.size()},
            {"no_label", arm(no_label_)},
            {"full_local", arm(local.back())},
            {"no_label_minus_full_local", difference(no_label_, local.back())},
            {"points", std::move(points)}};
  }

 private:
  std::uint64_t local_steps() const { return total_steps(*plan_) + tuning_steps(*plan_); }

  BehaviourTrainer with_labels(SampleSets samples) const {
    return must(BehaviourTrainer::create(service_->log, service_->task, std::move(samples), *plan_,
                                         trainer_options(*service_, *plan_, {})));
  }
  Json arm(std::span<const Scored> scored) const { return auc_with_interval(scored, persons_); }
  Json difference(std::span<const Scored> first, std::span<const Scored> second) const {
    return auc_difference(first, second, persons_);
  }

  /// Also gives the local model's test scores.
  Json point(const SampleSets& samples, std::vector<Scored>& local_test) const {
    BehaviourTrainer trainer = with_labels(samples);
    const OwnModel local = must(trainer.train_alone(local_steps()));
    const OwnModel personalised = must(trainer.fine_tune(shared_, tuning_steps(*plan_)));
    const auto scores = [&](std::span<const float> parameters, std::span<const Sample> which) {
      return must(trainer.score(parameters, which));
    };
    const auto local_validation = scores(local.parameters, samples.validation);
    const auto shared_validation = scores(shared_, samples.validation);
    const auto own_validation = scores(personalised.parameters, samples.validation);
    const ServingChoice choice = choose_served(local_validation, shared_validation, own_validation,
                                               persons_of(samples.validation), samples.training.size());
    local_test = scores(local.parameters, samples.test);
    const auto own_test = scores(personalised.parameters, samples.test);
    const auto served = served_scores(choice, local_test, no_label_, own_test);
    std::fprintf(stderr, "  %s, %zu + %zu labels: served %s\n", service_->name.c_str(), samples.training.size(),
                 samples.validation.size(), std::string(to_string(choice.model)).c_str());
    return {{"training_labels", samples.training.size()},
            {"validation_labels", samples.validation.size()},
            {"local", arm(local_test)},
            {"personalised", arm(own_test)},
            {"served", arm(served)},
            {"choice", {{"model", to_string(choice.model)}, {"local_share", choice.local_share}}},
            {"best_steps", {{"local", local.best_step}, {"personalised", personalised.best_step}}},
            {"served_minus_no_label", difference(served, no_label_)},
            {"served_minus_local", difference(served, local_test)}};
  }

  const ExperimentService* service_;
  const Plan* plan_;
  std::vector<float> shared_;
  std::vector<std::uint32_t> persons_;
  std::vector<Scored> no_label_;
};

/// The model of everybody but `newcomer` and, where it is of the family, its relatives.
std::vector<float> model_of_others(std::span<const ExperimentService> services, const ExperimentService& newcomer,
                                   const Options& options, const Plan& plan) {
  const auto of_family = [&](const std::string& name) {
    return std::find(options.family.begin(), options.family.end(), name) != options.family.end();
  };
  std::vector<ExperimentService> others;
  for (const ExperimentService& service : services)
    if (service.name != newcomer.name && !(of_family(newcomer.name) && of_family(service.name)))
      others.push_back(service);
  FederationOptions federation_options;
  federation_options.threads = options.common.threads;
  Federation federation(others, plan, federation_options);
  for (std::uint32_t round = 0; round < plan.round.rounds; ++round) federation.round();
  return {federation.shared().begin(), federation.shared().end()};
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("What the federation is worth to a newcomer.", "newcomer");
  add_options(app, options.common);
  app.add_option("--newcomers", options.newcomers, "who is left out, one after another")->delimiter(',');
  app.add_option("--labels", options.labels, "how many they get, beside none and all")->delimiter(',');
  app.add_option("--family", options.family, "of these, none helps another")->delimiter(',');
  CLI11_PARSE(app, argc, argv);

  const std::vector<ExperimentService> services = load_services(options.common);
  Json head = report_of(options.common);
  head["family"] = options.family;
  ReportFile report(options.common.out, std::move(head), options.common.resume);
  for (const std::uint64_t seed : seeds_of(options.common)) {
    if (report.has(seed)) continue;
    const Plan plan = experiment_plan(options.common, seed);
    std::vector<Json> found(options.newcomers.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto at = std::find_if(services.begin(), services.end(),
                                   [&](const ExperimentService& s) { return s.name == options.newcomers[i]; });
      if (at == services.end()) give_up("--newcomers: " + options.newcomers[i] + " is not among --names");
      std::fprintf(stderr, "seed %llu: %s is left out\n", static_cast<unsigned long long>(seed), at->name.c_str());
      found[i] = Newcomer(*at, plan, model_of_others(services, *at, options, plan))
                     .report(options.labels, options.common.threads);
    }
    report.add({{"seed", seed}, {"services", found}});
  }
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::main_of(argc, argv); }
