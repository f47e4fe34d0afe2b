// Experiment: what do unlike services gain from one another? On each service, on the same later, held-out samples:
//
//   local        the model trained on this service alone
//   average      FedAvg of everything: one model, no private parts, the mean of the updates is the step
//   shared       ours, FedAdam, the shared model by itself
//   personalised ours with this service's private parts
//   served       what the service chose on its validation samples (client/training/serving_choice.h)
//   central      one model on everybody's data in one place, which nobody may have
//
// All take rounds × local_steps steps on this service's samples. Without masks:
// tests/bench/experiments/nine_services.py has the masked run, with the same seeds and orders of batches.
//
//   cmake --build build/release --target unlike_services
//   build/release/tests/bench/experiments/unlike_services --data DIR --out FILE.json
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "client/training/held_out.h"
#include "client/training/serving_choice.h"
#include "common/base/file.h"
#include "tests/bench/experiments/federation.h"
#include "tests/support/permuted_labels.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;
using Json = nlohmann::ordered_json;

struct Options {
  std::filesystem::path data, out, plan, services;
  std::vector<std::string> names = {"city_places", "coupon_mail", "drugstore", "fashion_banner", "fresh_food",
                                    "fuel",        "gift_shop",   "grocery",   "store_visits"};
  std::vector<std::uint64_t> seeds = {1};
  std::vector<std::string> arms = {"average", "ours", "central"};
  std::vector<std::string> set;
  std::uint32_t rounds = 0;
  unsigned threads = 2;
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
      : options_(options), services_(std::move(services)), plan_(std::move(plan)), scores_(services_.size()) {}

  void run() {
    alone();
    for (const std::string& arm : options_.arms) {
      if (arm == "average") average();
      if (arm == "ours") ours();
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
          entry["log_loss"] = number(result.log_loss);
          if (arm != "local") {
            const auto difference = test_difference(scores.test, scores_[i].at("local").test, persons);
            entry["difference"] = difference ? Json(difference->auc) : Json();
            entry["difference_interval"] = difference ? interval(difference->interval) : Json();
          }
        }
        one[arm] = std::move(entry);
      }
      if (!choices_.empty())
        one["choice"] = {{"model", to_string(choices_[i].model)}, {"local_share", choices_[i].local_share}};
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  static Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
  static Json interval(const std::optional<Interval>& value) { return value ? Json{value->low, value->high} : Json(); }
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
  std::uint64_t total_steps() const { return std::uint64_t{plan_.round.rounds} * plan_.training.local_steps; }

  FederationOptions federation_options() const {
    FederationOptions options;
    options.threads = options_.threads;
    options.item_residuals = !options_.no_residuals;
    options.id_dropout = options_.id_dropout;
    return options;
  }

  void alone() {
    say("every service alone");
    side_by_side(services_.size(), options_.threads, [&](std::size_t i) {
      auto trainer = must(BehaviourTrainer::create(services_[i].log, services_[i].task, services_[i].samples, plan_,
                                                   trainer_options(services_[i], plan_, federation_options())));
      const LocalModel local = must(trainer.train_alone(total_steps()));
      scores_[i]["local"] = score(trainer, local.parameters);
    });
  }

  /// Rounds; each service keeps the shared model of the round that did best on its validation samples as `name`.
  void federate(Federation& federation, const std::string& name) {
    for (std::uint32_t round = 0; round < plan_.round.rounds; ++round) {
      federation.round();
      keep_best(name, [&](std::size_t i) { return score(federation.trainer(i), federation.shared()); });
      say(fmt::format("{} {}/{}", name, round + 1, plan_.round.rounds));
    }
  }

  template <class Score>
  void keep_best(const std::string& name, Score score_of) {
    side_by_side(services_.size(), options_.threads, [&](std::size_t i) {
      Scores scores = score_of(i);
      const auto found = scores_[i].find(name);
      if (found == scores_[i].end() || auc(scores.validation).value_or(0) > auc(found->second.validation).value_or(0))
        scores_[i][name] = std::move(scores);
    });
  }

  void average() {
    FederationOptions options = federation_options();
    options.plain_averaging = true;
    options.private_parts = false;
    Federation federation(services_, plan_, options);
    federate(federation, "average");
  }

  void ours() {
    Federation federation(services_, plan_, federation_options());
    federate(federation, "shared");
    choices_.resize(services_.size());
    side_by_side(services_.size(), options_.threads, [&](std::size_t i) {
      BehaviourTrainer& trainer = federation.trainer(i);
      scores_[i]["personalised"] = score(trainer, trainer.personalised(federation.shared()));
      const Scores& local = scores_[i].at("local");
      const Scores& shared = scores_[i].at("shared");
      const Scores& personalised = scores_[i].at("personalised");
      choices_[i] = choose_served(local.validation, shared.validation, personalised.validation,
                                  persons_of(services_[i].samples.validation));
      const ServingChoice& choice = choices_[i];
      const Scores& federated = choice.model == ServedModel::shared ? shared : personalised;
      scores_[i]["served"] = {mixed(local.validation, federated.validation, choice.local_share),
                              mixed(local.test, federated.test, choice.local_share)};
    });
  }

  void central() {
    std::vector<std::unique_ptr<BehaviourTrainer>> trainers;
    for (const ExperimentService& service : services_)
      trainers.push_back(std::make_unique<BehaviourTrainer>(must(BehaviourTrainer::create(
          service.log, service.task, service.samples, plan_, trainer_options(service, plan_, federation_options())))));
    train_centrally(services_, plan_, total_steps(), plan_.training.local_steps, options_.threads,
                    [&](std::uint64_t step, std::span<const float> shared) {
                      if (step == 0) return;
                      keep_best("central", [&](std::size_t i) { return score(*trainers[i], shared); });
                      say(fmt::format("central {}/{}", step, total_steps()));
                    });
  }

  const Options& options_;
  std::vector<ExperimentService> services_;
  Plan plan_;
  std::vector<std::map<std::string, Scores>> scores_;
  std::vector<ServingChoice> choices_;
};

/// The plan's text with "table.key=value" in it instead of what the table says.
std::string with_settings(std::string text, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const std::size_t dot = setting.rfind('.', equals);
    if (equals == std::string::npos || dot == std::string::npos) give_up("--set wants table.key=value, not " + setting);
    const std::string header = "[" + setting.substr(0, dot) + "]";
    const std::string key = setting.substr(dot + 1, equals - dot - 1);
    std::size_t table = text.find(header);
    if (table == std::string::npos) {
      text += "\n" + header;
      table = text.size() - header.size();
    }
    const std::size_t end = std::min(text.find("\n[", table), text.size());
    const std::size_t at = text.find("\n" + key + " =", table);
    if (at < end) text.erase(at, text.find('\n', at + 1) - at);
    text.insert(table + header.size(), "\n" + key + " = " + setting.substr(equals + 1) + "\n");
  }
  return text;
}

int main_of(int argc, char** argv) {
  Options options;
  options.services = std::filesystem::path(BAUTA_SOURCE_DIR) / "deploy/demo/services";
  options.plan = std::filesystem::path(BAUTA_SOURCE_DIR) / "deploy/demo/plan.toml";
  CLI::App app("What unlike services gain from one another.", "unlike_services");
  app.add_option("--data", options.data, "folder of the services")->required();
  app.add_option("--out", options.out, "where the figures go (JSON)")->required();
  app.add_option("--plan", options.plan, "what is trained");
  app.add_option("--services", options.services, "folder of the service files");
  app.add_option("--names", options.names, "which of them")->delimiter(',');
  app.add_option("--seeds", options.seeds, "plan seeds")->delimiter(',');
  app.add_option("--arms", options.arms, "average, ours, central; local is always there")->delimiter(',');
  app.add_option("--set", options.set, "key = value of the plan, for example training.dropout=0.2")
      ->allow_extra_args(false);
  app.add_option("--rounds", options.rounds, "instead of the plan's");
  app.add_option("--threads", options.threads, "services that train at a time");
  app.add_option("--id-dropout", options.id_dropout, "of the private item residuals");
  app.add_flag("--no-residuals", options.no_residuals, "without private item residuals");
  app.add_flag("--permute-labels", options.permute_labels, "the canary");
  app.add_flag("--validation-only", options.validation_only, "for tuning: test samples are not looked at");
  CLI11_PARSE(app, argc, argv);

  std::vector<ExperimentService> services = load_services(options.services, options.data, options.names);
  const std::string text = must(read_text_file(options.plan, kMaxPlanBytes));
  Json report = {{"plan", must(parse_plan(text)).name}, {"set", options.set}, {"runs", Json::array()}};
  for (const std::uint64_t seed : options.seeds) {
    Plan plan = must(parse_plan(with_settings(text, options.set)));
    plan.model.seed = seed;
    if (options.rounds > 0) plan.round.rounds = options.rounds;
    std::vector<ExperimentService> own = services;
    if (options.permute_labels)
      for (ExperimentService& service : own) permute_labels(service.samples, seed);
    Experiment experiment(options, std::move(own), plan);
    experiment.run();
    report["runs"].push_back({{"seed", seed}, {"services", experiment.report()}});
    std::ofstream(options.out) << report.dump(1) << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::main_of(argc, argv); }
