#include "tests/bench/experiments/next_item_results.h"

#include <array>
#include <cmath>
#include <numeric>

#include "client/training/vector_file.h"
#include "tests/bench/experiments/full_ranking.h"
#include "tests/bench/must.h"

namespace bauta::experiment {
namespace {

using bench::must;

constexpr std::string_view kKind = "next-item outcome";
constexpr std::array<double, 2> kLocalShares = {0.5, 0};

std::vector<float> as_floats(std::span<const std::uint32_t> ranks) { return {ranks.begin(), ranks.end()}; }
std::vector<std::uint32_t> as_ranks(std::span<const float> values) {
  std::vector<std::uint32_t> ranks;
  for (const float value : values) ranks.push_back(static_cast<std::uint32_t>(value));
  return ranks;
}

/// Each person's mean over the seeds.
std::vector<double> person_means(const std::vector<std::vector<std::uint32_t>>& ranks, double (*value)(std::uint32_t)) {
  std::vector<double> means(ranks.front().size(), 0);
  for (const auto& seed : ranks)
    for (std::size_t i = 0; i < means.size(); ++i) means[i] += value(seed[i]) / static_cast<double>(ranks.size());
  return means;
}

Measured measured_of(std::span<const double> values, const BootstrapSettings& settings) {
  std::vector<std::uint32_t> persons(values.size());
  std::iota(persons.begin(), persons.end(), 0U);
  Measured out;
  out.mean = mean_of(values);
  out.interval = bootstrap_mean(values, persons, settings).value_or(Interval{});
  return out;
}

double seed_mean(std::span<const std::uint32_t> ranks, double (*value)(std::uint32_t)) {
  double sum = 0;
  for (const std::uint32_t rank : ranks) sum += value(rank);
  return sum / static_cast<double>(ranks.size());
}

}  // namespace

std::optional<Outcome> read_outcome(const std::filesystem::path& file, const nlohmann::ordered_json& recipe) {
  auto stored = must(client::read_vectors(file, kKind));
  if (!stored || stored->vectors.size() != 3) return std::nullopt;
  Outcome outcome;
  // Keys come back in another order, which ordered_json would take for another recipe.
  outcome.about = nlohmann::ordered_json::parse(stored->about, nullptr, false);
  const nlohmann::json about = nlohmann::json::parse(stored->about, nullptr, false);
  if (!about.is_object() || about.value("recipe", nlohmann::json()) != nlohmann::json::parse(recipe.dump()))
    return std::nullopt;
  outcome.parameters = std::move(stored->vectors[0]);
  outcome.ranks = {as_ranks(stored->vectors[1]), as_ranks(stored->vectors[2])};
  return outcome;
}

void write_outcome(const std::filesystem::path& file, const Outcome& outcome) {
  const std::vector<float> validation = as_floats(outcome.ranks.validation);
  const std::vector<float> test = as_floats(outcome.ranks.test);
  const std::span<const float> vectors[] = {outcome.parameters, validation, test};
  must(client::write_vectors(file, kKind, outcome.about.dump(), vectors));
}

Serving choose_served(Learner& learner, const Outcome& local, const Outcome& personalised, const Executor& executor) {
  const auto ranking = [&](double share, client::UnixSeconds cut) {
    const Scorer both[] = {learner.scorer(local.parameters, share), learner.scorer(personalised.parameters, 1 - share)};
    return full_ranking(learner.service(), both, cut, executor);
  };
  Serving best;
  best.ranks.validation = personalised.ranks.validation;
  double best_ndcg = -1;
  for (const double share : kLocalShares) {
    auto ranks = share > 0 ? ranking(share, S3RecService::kValidationAt) : personalised.ranks.validation;
    const double ndcg = seed_mean(ranks, ndcg_at_10);
    if (ndcg <= best_ndcg) continue;
    best_ndcg = ndcg;
    best.local_share = share;
    best.ranks.validation = std::move(ranks);
  }
  const auto count = static_cast<double>(local.ranks.validation.size());
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < local.ranks.validation.size(); ++i) {
    const double difference = ndcg_at_10(best.ranks.validation[i]) - ndcg_at_10(local.ranks.validation[i]);
    sum += difference;
    squares += difference * difference;
  }
  best.above_local = sum / count;
  best.needed = std::sqrt((squares / count - best.above_local * best.above_local) / count);
  if (best.above_local <= best.needed) {
    best.local_share = 1;
    best.ranks = local.ranks;
  } else {
    best.ranks.test = best.local_share > 0 ? ranking(best.local_share, S3RecService::kTestAt) : personalised.ranks.test;
  }
  return best;
}

Measured measure(const std::vector<std::vector<std::uint32_t>>& ranks, double (*value)(std::uint32_t),
                 const BootstrapSettings& settings) {
  Measured out = measured_of(person_means(ranks, value), settings);
  for (const auto& seed : ranks) out.seeds.push_back(seed_mean(seed, value));
  return out;
}

Measured measure_difference(const std::vector<std::vector<std::uint32_t>>& first,
                            const std::vector<std::vector<std::uint32_t>>& second, double (*value)(std::uint32_t),
                            const BootstrapSettings& settings) {
  std::vector<double> difference = person_means(first, value);
  const std::vector<double> others = person_means(second, value);
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= others[i];
  Measured out = measured_of(difference, settings);
  for (std::size_t s = 0; s < first.size(); ++s)
    out.seeds.push_back(seed_mean(first[s], value) - seed_mean(second[s], value));
  return out;
}

nlohmann::ordered_json to_json(const Measured& measured) {
  return {{"mean", measured.mean},
          {"interval", {measured.interval.low, measured.interval.high}},
          {"seeds", measured.seeds}};
}

}  // namespace bauta::experiment
