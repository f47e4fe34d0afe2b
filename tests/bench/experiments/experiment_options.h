// What every experiment with services asks for: which data, which plan, which seeds.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/training/behaviour_trainer.h"
#include "common/federation/plan.h"
#include "tests/bench/experiments/experiment_services.h"

namespace bauta::bench {

struct ExperimentOptions {
  std::filesystem::path data, out;
  std::filesystem::path plan = std::filesystem::path(BAUTA_SOURCE_DIR) / "deploy/demo/plan.toml";
  std::filesystem::path services = std::filesystem::path(BAUTA_SOURCE_DIR) / "deploy/demo/services";
  std::vector<std::string> names = {"city_places", "coupon_mail", "drugstore", "fashion_banner", "fresh_food",
                                    "fuel",        "gift_shop",   "grocery",   "store_visits"};
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  std::vector<std::string> set;  ///< "table.key=value" of the plan
  unsigned threads = 2;
  bool resume = false;     ///< keep the seeds that are in `out` already
  bool short_run = false;  ///< two rounds of one seed: does it run at all?
};

void add_options(CLI::App& app, ExperimentOptions& options);
std::vector<ExperimentService> load_services(const ExperimentOptions& options);
/// The plan of `seed` with what `set` says. Ends the program where it cannot be read.
Plan experiment_plan(const ExperimentOptions& options, std::uint64_t seed);
/// The seeds to run: the first one alone in a short run.
std::vector<std::uint64_t> seeds_of(const ExperimentOptions& options);
/// What a report begins with: how it was made.
nlohmann::ordered_json report_of(const ExperimentOptions& options);
/// Local steps of a whole run.
inline std::uint64_t total_steps(const Plan& plan) {
  return std::uint64_t{plan.round.rounds} * plan.training.local_steps;
}
/// Steps of fine-tuning after them.
inline std::uint64_t tuning_steps(const Plan& plan) { return client::fine_tuning_steps(total_steps(plan)); }

}  // namespace bauta::bench
