// Experiment: what do unlike services gain from one another? On each service, on the same later, held-out samples:
//
//   recency        no model: whoever was there last comes first
//   local          the model trained on this service alone
//   two_local      a control: the mean of two local models, of two seeds; what any second model would bring
//   average        FedAvg of everything: one model, no private parts, the mean of the updates as they are is the step
//   average_tuned  the same, fine-tuned by this service
//   shared         ours: FedAdam over clipped updates, private parts beside; the shared model by itself
//   personalised   ours, fine-tuned by this service
//   served         what the service chose on its validation samples (client/training/serving_choice.h)
//   rounded_...    these three where updates are rounded to lanes before they are added: what masking asks for
//   central        one model on everybody's data in one place, which nobody may have; each service takes the best step
//   central_tuned  its last step, fine-tuned by this service
//
// Rounds take rounds × local_steps steps on this service's samples, fine-tuning half as many more; local and central
// take as many as both. Without masks, which cancel: tests/bench/experiments/nine_services.py has the masked run, with
// the same seeds and orders of batches but other roundings.
//
//   cmake --build build/release --target unlike_services
//   build/release/tests/bench/experiments/unlike_services --data DIR --out FILE.json
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "client/training/held_out.h"
#include "client/training/serving_choice.h"
#include "tests/bench/experiments/exchanged_futures.h"
#include "tests/bench/experiments/experiment_options.h"
#include "tests/bench/experiments/experiment_report.h"
#include "tests/bench/experiments/federation.h"
#include "tests/bench/experiments/report_file.h"
#include "tests/support/permuted_labels.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

const std::vector<std::string> kArms = {"local", "two_local", "average", "ours", "rounded", "central"};

struct Options {
  ExperimentOptions common;
  std::vector<std::string> arms = kArms;
  bool permute_labels = false;
  bool validation_only = false;
  bool no_residuals = false;
  double id_dropout = 0.5;
};

/// Scores of the validation and test samples of one service.
struct Scores {
  std::vector<Scored> validation, test;
};

class Experiment {
 public:
  Experiment(const Options& options, std::vector<ExperimentService> services, Plan plan)
      : options_(options),
        services_(std::move(services)),
        plan_(std::move(plan)),
        scores_(services_.size()),
        exchanged_(services_.size()) {}

  void run() {
    recency();
    for (const std::string& arm : options_.arms) {
      if (arm == "local") alone();
      if (arm == "two_local") two_alone();
      if (arm == "average") average();
      if (arm == "ours") ours("", {});
      if (arm == "rounded") ours("rounded_", seed());
      if (arm == "central") central();
    }
  }

  Json report() {
    Json all = Json::array();
    for (std::size_t i = 0; i < services_.size(); ++i) {
      const ExperimentService& service = services_[i];
      Json one = {{"name", service.name},
                  {"test_samples", service.samples.test.size()},
                  {"test_positives", positives(service.samples.test)}};
      const auto persons = persons_of(service.samples.test);
      for (const auto& [arm, scores] : scores_[i]) {
        Json entry = {{"validation_auc", number(auc(scores.validation))}};
        if (!options_.validation_only) {
          const TestResult result = test_result(scores.test, persons);
          entry["auc"] = number(result.auc);
          entry["auc_interval"] = interval(result.auc_interval);
          if (arm != "recency") entry["log_loss"] = number(result.log_loss);
          if (arm != "local" && scores_[i].contains("local")) {
            const auto difference = test_difference(scores.test, scores_[i].at("local").test, persons);
            entry["difference"] = difference ? Json(difference->auc) : Json();
            entry["difference_interval"] = difference ? interval(difference->interval) : Json();
          }
        }
        one[arm] = std::move(entry);
      }
      if (!exchanged_[i].empty()) one["exchanged_futures"] = auc_with_interval(exchanged_[i], persons);
      if (!choices_.empty())
        one["choice"] = {{"model", to_string(choices_[i].model)}, {"local_share", choices_[i].local_share}};
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  static std::size_t positives(std::span<const Sample> samples) {
    return static_cast<std::size_t>(
        std::count_if(samples.begin(), samples.end(), [](const Sample& s) { return s.label; }));
  }

  Scores score(BehaviourTrainer& trainer, std::span<const float> parameters) {
    Scores scores;
    scores.validation = must(trainer.score(parameters, trainer.samples().validation));
    if (!options_.validation_only) scores.test = must(trainer.score(parameters, trainer.samples().test));
    return scores;
  }

  void say(const std::string& what) { std::fprintf(stderr, "seed %llu: %s\n", seed(), what.c_str()); }
  unsigned long long seed() const { return plan_.model.seed; }
  FederationOptions federation_options() const {
    FederationOptions options;
    options.threads = options_.common.threads;
    options.item_residuals = !options_.no_residuals;
    options.id_dropout = options_.id_dropout;
    return options;
  }

  BehaviourTrainer trainer(std::size_t service, const Plan& plan) {
    const ExperimentService& its = services_[service];
    return must(BehaviourTrainer::create(its.log, its.task, its.samples, plan,
                                         trainer_options(its, plan, federation_options())));
  }

  void for_each_service(const std::function<void(std::size_t)>& work) {
    side_by_side(services_.size(), options_.common.threads, work);
  }

  Scores alone(std::size_t service, const Plan& plan) {
    BehaviourTrainer its = trainer(service, plan);
    const OwnModel local = must(its.train_alone(total_steps(plan) + tuning_steps(plan)));
    say(fmt::format("{} alone: best at step {}", services_[service].name, local.best_step));
    return score(its, local.parameters);
  }

  void recency() {
    for (std::size_t i = 0; i < services_.size(); ++i) {
      const SampleSets& samples = services_[i].samples;
      scores_[i]["recency"] = {
          by_recency(services_[i].log, samples.validation),
          options_.validation_only ? std::vector<Scored>() : by_recency(services_[i].log, samples.test)};
    }
  }

  void alone() {
    for_each_service([&](std::size_t i) { scores_[i]["local"] = alone(i, plan_); });
  }

  void two_alone() {
    Plan other = plan_;
    other.model.seed = mix64(plan_.model.seed);
    for_each_service([&](std::size_t i) {
      const Scores& first = scores_[i].at("local");
      const Scores second = alone(i, other);
      scores_[i]["two_local"] = {mixed(first.validation, second.validation, 0.5), mixed(first.test, second.test, 0.5)};
    });
  }

  /// All rounds; the last shared model is scored on everybody's samples as `name`.
  void federate(Federation& federation, const std::string& name) {
    for (std::uint32_t round = 0; round < plan_.round.rounds; ++round) {
      federation.round();
      say(fmt::format("{} {}/{}", name, round + 1, plan_.round.rounds));
    }
    for_each_service([&](std::size_t i) { scores_[i][name] = score(federation.trainer(i), federation.shared()); });
  }

  OwnModel fine_tuned(BehaviourTrainer& trainer, std::span<const float> shared) const {
    return must(trainer.fine_tune(shared, tuning_steps(plan_)));
  }
  Scores tuned(BehaviourTrainer& trainer, std::span<const float> shared) {
    return score(trainer, fine_tuned(trainer, shared).parameters);
  }

  /// Test scores where each person's events from the test cut on, and so the label, are another person's. Of offers the
  /// history goes on after the cut, so that they have no such canary.
  std::vector<Scored> on_exchanged_futures(std::size_t service, std::span<const float> parameters) const {
    const ExperimentService& its = services_[service];
    if (its.task.kind != TaskKind::propensity || options_.validation_only) return {};
    const EventLog log = with_exchanged_futures(its.log, its.task.cut, plan_.model.seed);
    auto trainer = must(BehaviourTrainer::create(log, its.task, must(make_samples(log, its.task)), plan_,
                                                 trainer_options(its, plan_, federation_options())));
    return must(trainer.score(parameters, trainer.samples().test));
  }

  void average() {
    FederationOptions options = federation_options();
    options.plain_averaging = true;
    options.private_parts = false;
    Federation federation(services_, plan_, options);
    federate(federation, "average");
    for_each_service(
        [&](std::size_t i) { scores_[i]["average_tuned"] = tuned(federation.trainer(i), federation.shared()); });
  }

  void ours(const std::string& prefix, std::optional<std::uint64_t> rounding) {
    FederationOptions options = federation_options();
    options.rounding = rounding;
    Federation federation(services_, plan_, options);
    federate(federation, prefix + "shared");
    std::vector<ServingChoice> choices(services_.size());
    for_each_service([&](std::size_t i) {
      auto& scores = scores_[i];
      const Scores& shared = scores.at(prefix + "shared");
      const OwnModel own = fine_tuned(federation.trainer(i), federation.shared());
      const Scores& personalised = scores[prefix + "personalised"] = score(federation.trainer(i), own.parameters);
      if (prefix.empty()) exchanged_[i] = on_exchanged_futures(i, own.parameters);
      if (!scores.contains("local")) return;
      const Scores& local = scores.at("local");
      choices[i] = choose_served(local.validation, shared.validation, personalised.validation,
                                 persons_of(services_[i].samples.validation), services_[i].samples.training.size());
      scores[prefix + "served"] = {
          served_scores(choices[i], local.validation, shared.validation, personalised.validation),
          served_scores(choices[i], local.test, shared.test, personalised.test)};
    });
    if (prefix.empty() && scores_.front().contains("local")) choices_ = std::move(choices);
  }

  void central() {
    std::vector<std::unique_ptr<BehaviourTrainer>> trainers;
    for (std::size_t i = 0; i < services_.size(); ++i)
      trainers.push_back(std::make_unique<BehaviourTrainer>(trainer(i, plan_)));
    std::vector<float> last;
    const std::uint64_t steps = total_steps(plan_) + tuning_steps(plan_);
    const std::uint64_t every = std::max<std::uint64_t>(1, steps / 15);
    train_centrally(services_, plan_, steps, every, options_.common.threads,
                    [&](std::uint64_t step, std::span<const float> shared) {
                      if (step == 0) return;
                      last.assign(shared.begin(), shared.end());
                      for_each_service([&](std::size_t i) {
                        Scores now = score(*trainers[i], shared);
                        Scores& best = scores_[i]["central"];
                        if (auc(now.validation).value_or(0) > auc(best.validation).value_or(0)) best = std::move(now);
                      });
                      say(fmt::format("central {}/{}", step, steps));
                    });
    for_each_service([&](std::size_t i) { scores_[i]["central_tuned"] = tuned(*trainers[i], last); });
  }

  const Options& options_;
  std::vector<ExperimentService> services_;
  Plan plan_;
  std::vector<std::map<std::string, Scores>> scores_;
  std::vector<std::vector<Scored>> exchanged_;  ///< by the personalised model; empty where there is none
  std::vector<ServingChoice> choices_;
};

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("What unlike services gain from one another.", "unlike_services");
  add_options(app, options.common);
  app.add_option("--arms", options.arms, "which are trained; what is served needs local before, and so does two_local")
      ->delimiter(',')
      ->check(CLI::IsMember(kArms));
  app.add_option("--id-dropout", options.id_dropout, "of the private item residuals");
  app.add_flag("--no-residuals", options.no_residuals, "without private item residuals");
  app.add_flag("--permute-labels", options.permute_labels, "the canary");
  app.add_flag("--validation-only", options.validation_only, "for tuning: test samples are not looked at");
  CLI11_PARSE(app, argc, argv);

  const std::vector<ExperimentService> services = load_services(options.common);
  Json head = report_of(options.common);
  head["permuted_labels"] = options.permute_labels;
  ReportFile report(options.common.out, std::move(head), options.common.resume);
  for (const std::uint64_t seed : seeds_of(options.common)) {
    if (report.has(seed)) continue;
    const Plan plan = experiment_plan(options.common, seed);
    std::vector<ExperimentService> own = services;
    if (options.permute_labels)
      for (ExperimentService& service : own) permute_labels(service.samples, seed);
    Experiment experiment(options, std::move(own), plan);
    experiment.run();
    report.add({{"seed", seed}, {"services", experiment.report()}});
  }
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::main_of(argc, argv); }
