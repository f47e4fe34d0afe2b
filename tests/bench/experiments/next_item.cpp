// The next item of five unlike services against the published tables of S3-Rec (Zhou et al. 2020): every service alone,
// and federated with a shared trunk, private item parts and no person in common.
//
//     cmake --preset release && cmake --build build/release --target next_item
//     build/release/tests/bench/experiments/next_item --data DIR --out FILE.json --models FOLDER
//
// DIR is the folder with NAME.txt.gz and NAME_item2attributes.json.gz in it. Models lie in FOLDER, so that a run that
// was stopped goes on where it was. Protocol (s3rec_service.h, full_ranking.h): last item test, the one before
// validation, the rest training; all items of the service are ranked but those of the person's own history; HR@10 and
// NDCG@10, ties at the worst rank. Everything is chosen by NDCG@10 on validation. With --validation-only nothing is
// computed of the test items: that is how the recipes were found.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/thread_team.h"
#include "tests/bench/experiments/full_ranking.h"
#include "tests/bench/experiments/next_item_recipes.h"
#include "tests/bench/experiments/next_item_results.h"
#include "tests/bench/experiments/next_item_training.h"
#include "tests/bench/must.h"

namespace {

using namespace bauta;
using namespace bauta::experiment;
using Json = nlohmann::ordered_json;

struct Options {
  std::filesystem::path data;
  std::filesystem::path out;
  std::filesystem::path models = "next_item_models";
  std::vector<std::string> services;
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  std::string arm = "federated";
  bool short_run = false;
  bool validation_only = false;
  unsigned threads = 2;
  Overrides overrides;
  FederatedRecipe federated = federated_recipe();

  BootstrapSettings bootstrap() const { return {short_run ? 200U : 1000U, 0.95, 1}; }
};

/// The test ranks of one service under each arm, seed by seed.
struct Found {
  std::map<std::string, std::vector<std::vector<std::uint32_t>>> test;
  Json runs = Json::array();
};

Json recipe_json(const Recipe& recipe, const ModelSettings& model) {
  const TrainingSettings& t = recipe.training;
  return {{"learning_rate", t.learning_rate},
          {"dropout", t.dropout},
          {"state_dropout", t.state_dropout},
          {"id_dropout", recipe.id_dropout},
          {"candidates", t.candidates},
          {"batch", t.batch_size},
          {"steps", recipe.steps},
          {"history", model.history},
          {"width", model.width},
          {"table_rows", model.table_rows},
          {"token_width", model.token_width}};
}

Json federated_json(const FederatedRecipe& recipe) {
  return {{"rounds", recipe.rounds},
          {"common_part", recipe.common_part},
          {"clip", recipe.clip},
          {"server_learning_rate", recipe.server.learning_rate},
          {"server_beta1", recipe.server.beta1},
          {"server_beta2", recipe.server.beta2},
          {"server_tau", recipe.server.tau}};
}

class Experiment {
 public:
  explicit Experiment(const Options& options) : options_(options), team_(options.threads), executor_(team_.executor()) {
    std::filesystem::create_directories(options.models);
    for (const std::string& name : options.services) {
      const std::size_t persons = options.short_run ? kShortPersons : 0;
      services_.push_back(load_s3rec(options.data, name, persons));
      found_[name];
    }
  }

  void run() {
    for (const std::uint64_t seed : options_.seeds) {
      one_seed(seed);
      if (!options_.validation_only) write();
    }
    if (!options_.validation_only) print();
  }

 private:
  static constexpr std::size_t kShortPersons = 3000;

  void one_seed(std::uint64_t seed) {
    ModelSettings model = shared_model();
    model.seed = seed;
    if (options_.overrides.history) model.history = *options_.overrides.history;
    std::vector<std::unique_ptr<Learner>> learners;
    for (const S3RecService& service : services_) {
      Recipe recipe = options_.overrides.apply(recipe_of(service.name));
      if (options_.short_run) recipe.steps = kShortSteps;
      learners.push_back(std::make_unique<Learner>(service, model, recipe));
    }
    if (!options_.validation_only && seed == options_.seeds.front())
      for (const auto& learner : learners) popularity(*learner);
    if (options_.arm == "popularity") return;
    std::vector<Outcome> local;
    for (const auto& learner : learners)
      if (options_.arm == "alone" || !options_.validation_only) local.push_back(alone(*learner, seed));
    if (options_.arm == "federated") {
      const std::vector<Outcome> personalised = federated(learners, seed);
      for (std::size_t i = 0; i < learners.size() && !options_.validation_only; ++i)
        serve(*learners[i], local[i], personalised[i], seed);
    }
    if (!options_.validation_only) pair_up(std::move(learners), std::move(local));
  }

  /// Every item's number of training events as its score: all parameters zero but the items' biases. A check of the
  /// ranking against what others count.
  void popularity(Learner& learner) {
    std::vector<float> parameters(learner.layout().size(), 0.0F);
    const std::vector<std::uint32_t>& counts = learner.features().item_counts();
    std::copy(counts.begin(), counts.end(),
              parameters.begin() + static_cast<std::ptrdiff_t>(learner.layout().at("private.item.bias").offset));
    const Scorer biases[] = {learner.scorer(parameters)};
    found_[learner.service().name].test["popularity"].push_back(
        full_ranking(learner.service(), biases, S3RecService::kTestAt, executor_));
  }

  Outcome alone(Learner& learner, std::uint64_t seed) {
    const std::string& name = learner.service().name;
    const Json recipe = recipe_json(learner.recipe(), learner.layout().settings());
    const auto file = file_of("alone", name, seed);
    std::optional<Outcome> outcome = options_.validation_only ? std::nullopt : read_outcome(file, recipe);
    if (!outcome) {
      const auto begin = std::chrono::steady_clock::now();
      outcome = outcome_of(learner, train_alone(learner, seed, executor_), recipe, begin);
      if (!options_.validation_only) write_outcome(file, *outcome);
    }
    note("alone", name, seed, *outcome);
    return *std::move(outcome);
  }

  std::vector<Outcome> federated(const std::vector<std::unique_ptr<Learner>>& learners, std::uint64_t seed) {
    const auto recipe_for = [&](const Learner& learner) {
      Json recipe = recipe_json(learner.recipe(), learner.layout().settings());
      recipe["federated"] = federated_json(options_.federated);
      recipe["services"] = options_.services;
      return recipe;
    };
    std::vector<Outcome> outcomes;
    for (const auto& learner : learners) {
      if (options_.validation_only) break;
      auto outcome = read_outcome(file_of("personalised", learner->service().name, seed), recipe_for(*learner));
      if (!outcome) break;
      outcomes.push_back(*std::move(outcome));
    }
    if (outcomes.size() < learners.size()) {
      outcomes.clear();
      const auto begin = std::chrono::steady_clock::now();
      std::vector<Trained> trained = train_federated(learners, options_.federated, seed, executor_);
      for (std::size_t i = 0; i < learners.size(); ++i) {
        outcomes.push_back(outcome_of(*learners[i], std::move(trained[i]), recipe_for(*learners[i]), begin));
        if (!options_.validation_only)
          write_outcome(file_of("personalised", learners[i]->service().name, seed), outcomes.back());
      }
    }
    for (std::size_t i = 0; i < learners.size(); ++i)
      note("personalised", learners[i]->service().name, seed, outcomes[i]);
    return outcomes;
  }

  Outcome outcome_of(Learner& learner, Trained trained, const Json& recipe,
                     std::chrono::steady_clock::time_point begin) {
    Outcome outcome;
    outcome.parameters = std::move(trained.parameters);
    const Scorer whole[] = {learner.scorer(outcome.parameters)};
    const auto ranks = [&](client::UnixSeconds cut) { return full_ranking(learner.service(), whole, cut, executor_); };
    outcome.ranks.validation = ranks(S3RecService::kValidationAt);
    if (!options_.validation_only) outcome.ranks.test = ranks(S3RecService::kTestAt);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    outcome.about = {{"recipe", recipe},
                     {"best_step", trained.best_step},
                     {"looks", trained.looks},
                     {"validation_ndcg", mean_of(measured<ndcg_at_10>(outcome.ranks.validation))},
                     {"seconds", seconds.count()}};
    return outcome;
  }

  void serve(Learner& learner, const Outcome& local, const Outcome& personalised, std::uint64_t seed) {
    const std::string& name = learner.service().name;
    const Json recipe = {{"local", local.about.at("recipe")}, {"personalised", personalised.about.at("recipe")}};
    const auto file = file_of("served", name, seed);
    std::optional<Outcome> outcome = read_outcome(file, recipe);
    if (!outcome) {
      Serving serving = choose_served(learner, local, personalised, executor_);
      outcome = Outcome{{{"recipe", recipe},
                         {"local_share", serving.local_share},
                         {"above_local", serving.above_local},
                         {"needed", serving.needed}},
                        {},
                        std::move(serving.ranks)};
      write_outcome(file, *outcome);
    }
    found_[name].test["federated"].push_back(outcome->ranks.test);
    Json run = {{"arm", "federated"}, {"seed", seed}};
    for (const char* key : {"local_share", "above_local", "needed"}) run[key] = outcome->about.at(key);
    std::printf("%-20s seed %llu: served %s\n", name.c_str(), static_cast<unsigned long long>(seed),
                run.dump().c_str());
    std::fflush(stdout);
    found_[name].runs.push_back(std::move(run));
  }

  /// The control for what a mix of two models brings by itself: this seed's and the last one's local models in equal
  /// shares.
  void pair_up(std::vector<std::unique_ptr<Learner>> learners, std::vector<Outcome> local) {
    for (std::size_t i = 0; i < last_learners_.size(); ++i) {
      const Scorer both[] = {last_learners_[i]->scorer(last_local_[i].parameters, 0.5),
                             learners[i]->scorer(local[i].parameters, 0.5)};
      found_[services_[i].name].test["two local"].push_back(
          full_ranking(services_[i], both, S3RecService::kTestAt, executor_));
    }
    last_learners_ = std::move(learners);
    last_local_ = std::move(local);
  }

  void note(const std::string& arm, const std::string& name, std::uint64_t seed, const Outcome& outcome) {
    Json run = {{"arm", arm}, {"seed", seed}};
    run.update(outcome.about);
    std::printf("%-20s seed %llu %-12s validation NDCG@10 %.5f (step %d, %.0f s) %s\n", name.c_str(),
                static_cast<unsigned long long>(seed), arm.c_str(), run.at("validation_ndcg").get<double>(),
                run.at("best_step").get<int>(), run.at("seconds").get<double>(), run.at("recipe").dump().c_str());
    std::fflush(stdout);
    if (options_.validation_only) return;
    found_[name].runs.push_back(std::move(run));
    found_[name].test[arm].push_back(outcome.ranks.test);
  }

  std::filesystem::path file_of(const std::string& arm, const std::string& name, std::uint64_t seed) const {
    return options_.models / (arm + "-" + name + "-" + std::to_string(seed) + ".vectors");
  }

  void write() const {
    Json out;
    out["short"] = options_.short_run;
    out["seeds"] = options_.seeds;
    for (const auto& [name, found] : found_) {
      Json& service = out["services"][name];
      for (const Published& row : published_rows(name)) service["published"][row.method] = {row.hit, row.ndcg};
      for (const auto& [arm, ranks] : found.test) {
        service[arm]["hr10"] = to_json(measure(ranks, hit_at_10, options_.bootstrap()));
        service[arm]["ndcg10"] = to_json(measure(ranks, ndcg_at_10, options_.bootstrap()));
      }
      if (const auto pair = pair_of(found)) {
        service["federated minus alone"]["hr10"] = to_json(pair->first);
        service["federated minus alone"]["ndcg10"] = to_json(pair->second);
      }
      service["runs"] = found.runs;
    }
    std::ofstream file(options_.out);
    file << out.dump(1) << '\n';
    if (!file.flush()) bench::give_up("cannot write " + options_.out.string());
  }

  void print() const {
    for (const S3RecService& service : services_) {
      const Found& found = found_.at(service.name);
      std::printf("\n%s: %zu persons, %zu items; HR@10, NDCG@10\n", service.name.c_str(), service.log.persons.size(),
                  service.log.items.size());
      for (const Published& row : published_rows(service.name))
        std::printf("  %-22s %.4f                    %.4f\n", (row.method + ", published").c_str(), row.hit, row.ndcg);
      for (const auto& [arm, ranks] : found.test)
        print_row(arm, measure(ranks, hit_at_10, options_.bootstrap()),
                  measure(ranks, ndcg_at_10, options_.bootstrap()));
      if (const auto pair = pair_of(found)) print_row("federated minus alone", pair->first, pair->second);
    }
  }

  static void print_row(const std::string& name, const Measured& hit, const Measured& ndcg) {
    std::printf("  %-22s %.4f [%+.4f, %+.4f]  %.4f [%+.4f, %+.4f]\n", name.c_str(), hit.mean, hit.interval.low,
                hit.interval.high, ndcg.mean, ndcg.interval.low, ndcg.interval.high);
  }

  /// What is served minus the local model, of the seeds that have both.
  std::optional<std::pair<Measured, Measured>> pair_of(const Found& found) const {
    const auto served = found.test.find("federated");
    if (served == found.test.end()) return std::nullopt;
    const auto& local = found.test.at("alone");
    return std::pair(measure_difference(served->second, local, hit_at_10, options_.bootstrap()),
                     measure_difference(served->second, local, ndcg_at_10, options_.bootstrap()));
  }

  Options options_;
  ThreadTeam team_;
  Executor executor_;
  std::vector<S3RecService> services_;
  std::map<std::string, Found> found_;
  std::vector<std::unique_ptr<Learner>> last_learners_;
  std::vector<Outcome> last_local_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("The next item of five services, alone and federated, beside the published tables of S3-Rec");
  app.add_option("--data", options.data, "folder of the five services")->required();
  app.add_option("--out", options.out, "JSON file to write");
  app.add_option("--models", options.models, "folder in which models are kept");
  app.add_option("--services", options.services, "names; all five where none is given")->delimiter(',');
  app.add_option("--seeds", options.seeds)->delimiter(',');
  app.add_option("--arm", options.arm, "popularity; alone; federated; each has those before it beside it")
      ->check(CLI::IsMember({"popularity", "alone", "federated"}));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 64));
  app.add_flag("--short", options.short_run, "three services of at most 3000 persons, one seed, few steps");
  app.add_flag("--validation-only", options.validation_only, "a trial of other settings; writes nothing");
  Overrides& o = options.overrides;
  app.add_option("--learning-rate", o.learning_rate);
  app.add_option("--dropout", o.dropout);
  app.add_option("--state-dropout", o.state_dropout);
  app.add_option("--id-dropout", o.id_dropout);
  app.add_option("--candidates", o.candidates);
  app.add_option("--batch", o.batch);
  app.add_option("--steps", o.steps);
  app.add_option("--history", o.history);
  app.add_option("--rounds", options.federated.rounds);
  app.add_option("--common-part", options.federated.common_part);
  app.add_option("--clip", options.federated.clip);
  app.add_option("--server-learning-rate", options.federated.server.learning_rate);
  CLI11_PARSE(app, argc, argv);
  if (options.out.empty() && !options.validation_only) bench::give_up("--out is missing");
  if (options.short_run) options.seeds = {options.seeds.front()};
  if (options.services.empty())
    options.services = options.short_run ? std::vector<std::string>{"LastFM", "Beauty", "Toys_and_Games"}
                                         : std::vector<std::string>{"Beauty", "Sports_and_Outdoors", "Toys_and_Games",
                                                                    "Yelp", "LastFM"};
  Experiment(options).run();
}
