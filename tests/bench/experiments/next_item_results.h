// What the next-item experiment found: ranks of every person's item, kept between runs, and what follows from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/evaluation/bootstrap.h"
#include "tests/bench/experiments/next_item_training.h"

namespace bauta::experiment {

/// Ranks of all persons' items, in the order of the log.
struct Ranks {
  std::vector<std::uint32_t> validation;
  std::vector<std::uint32_t> test;
};

/// One model of one service.
struct Outcome {
  nlohmann::ordered_json about;
  std::vector<float> parameters;
  Ranks ranks;
};

/// Empty where there is no such file or it is of another recipe (`about["recipe"]`).
std::optional<Outcome> read_outcome(const std::filesystem::path& file, const nlohmann::ordered_json& recipe);
void write_outcome(const std::filesystem::path& file, const Outcome& outcome);

struct Serving {
  double local_share = 1;  ///< of the sum of scores that is served; 1: local, 0: personalised
  double above_local = 0;  ///< mean NDCG@10 on validation, minus the local model's
  double needed = 0;       ///< one standard error of that
  Ranks ranks;
};

/// As client/training/serving_choice.h, by NDCG@10 on the validation items: the local model is left only for one that
/// is better by more than one standard error of the paired difference over persons.
Serving choose_served(Learner& learner, const Outcome& local, const Outcome& personalised, const Executor& executor);

/// A measure of several seeds' ranks of the same persons: the mean over persons of each person's mean over seeds, and
/// its bootstrap interval over persons.
struct Measured {
  double mean = 0;
  Interval interval;
  std::vector<double> seeds;  ///< mean over persons, seed by seed
};
Measured measure(const std::vector<std::vector<std::uint32_t>>& ranks, double (*value)(std::uint32_t),
                 const BootstrapSettings& settings);
/// Interval of the first minus the second, persons paired.
Measured measure_difference(const std::vector<std::vector<std::uint32_t>>& first,
                            const std::vector<std::vector<std::uint32_t>>& second, double (*value)(std::uint32_t),
                            const BootstrapSettings& settings);
nlohmann::ordered_json to_json(const Measured& measured);

}  // namespace bauta::experiment
