#include "common/evaluation/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "common/base/counter_random.h"
#include "common/base/result.h"

namespace bauta {
namespace {

/// Samples in order of their logit, so that a replicate's AUC needs one pass over weights and no sorting.
class RankedSamples {
 public:
  explicit RankedSamples(std::span<const Scored> samples) : samples_(samples), order_(samples.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return samples[a].logit < samples[b].logit; });
  }

  std::size_t size() const { return order_.size(); }

  /// Sample i counts `weights[person_of[i]]` times. Empty when a class has no weight.
  std::optional<double> weighted_auc(std::span<const double> weights, std::span<const std::uint32_t> person_of) const {
    double positives = 0;
    double negatives = 0;
    double twice_won = 0;
    for (std::size_t i = 0; i < order_.size();) {
      double tied_positives = 0;
      double tied_negatives = 0;
      const double logit = samples_[order_[i]].logit;
      for (; i < order_.size() && samples_[order_[i]].logit == logit; ++i)
        (samples_[order_[i]].label ? tied_positives : tied_negatives) += weights[person_of[order_[i]]];
      twice_won += tied_positives * (2 * negatives + tied_negatives);
      positives += tied_positives;
      negatives += tied_negatives;
    }
    if (positives == 0 || negatives == 0) return std::nullopt;
    return twice_won / (2 * positives * negatives);
  }

  /// As lift() of metrics.h with weights. Empty without a positive.
  std::optional<double> weighted_lift(std::span<const double> weights, std::span<const std::uint32_t> person_of,
                                      double share) const {
    double all = 0;
    double positives = 0;
    for (const std::size_t i : order_) {
      all += weights[person_of[i]];
      if (samples_[i].label) positives += weights[person_of[i]];
    }
    if (positives == 0) return std::nullopt;
    const double wanted = share * all;
    double taken = 0;
    double hits = 0;
    for (std::size_t i = order_.size(); i > 0 && taken < wanted;) {
      double tied = 0;
      double tied_positives = 0;
      const double logit = samples_[order_[i - 1]].logit;
      for (; i > 0 && samples_[order_[i - 1]].logit == logit; --i) {
        const double weight = weights[person_of[order_[i - 1]]];
        tied += weight;
        if (samples_[order_[i - 1]].label) tied_positives += weight;
      }
      if (tied == 0) continue;
      const double part = std::min(1.0, (wanted - taken) / tied);
      taken += part * tied;
      hits += part * tied_positives;
    }
    return hits / wanted * all / positives;
  }

 private:
  std::span<const Scored> samples_;
  std::vector<std::size_t> order_;
};

/// Consecutive numbers 0 … count−1 for the persons, in ascending order of their names.
std::vector<std::uint32_t> dense_persons(std::span<const std::uint32_t> persons, std::uint32_t& count) {
  std::vector<std::uint32_t> names(persons.begin(), persons.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  count = static_cast<std::uint32_t>(names.size());
  std::vector<std::uint32_t> dense(persons.size());
  for (std::size_t i = 0; i < persons.size(); ++i)
    dense[i] = static_cast<std::uint32_t>(std::lower_bound(names.begin(), names.end(), persons[i]) - names.begin());
  return dense;
}

void draw_persons(CounterRandom& random, std::vector<double>& weights) {
  std::fill(weights.begin(), weights.end(), 0.0);
  for (std::size_t draw = 0; draw < weights.size(); ++draw) weights[random.below(weights.size())] += 1;
}

/// The percentile interval of `statistic(weights of the persons, person of each sample)`.
template <class Statistic>
std::optional<Interval> statistic_interval(std::span<const std::uint32_t> persons, const BootstrapSettings& settings,
                                           Statistic statistic) {
  std::uint32_t count = 0;
  const std::vector<std::uint32_t> person_of = dense_persons(persons, count);
  if (count == 0 || settings.replicates == 0) return std::nullopt;
  CounterRandom random(settings.seed, "bootstrap");
  std::vector<double> values;
  std::vector<double> weights(count);
  for (std::uint64_t tries = 0; values.size() < settings.replicates; ++tries) {
    if (tries >= std::uint64_t{10} * settings.replicates) return std::nullopt;
    draw_persons(random, weights);
    if (const auto value = statistic(weights, person_of)) values.push_back(*value);
  }
  return percentile_interval(std::move(values), settings.level);
}

}  // namespace

std::optional<Interval> bootstrap_auc(std::span<const Scored> samples, std::span<const std::uint32_t> persons,
                                      const BootstrapSettings& settings) {
  BAUTA_CHECK(samples.size() == persons.size());
  if (!auc(samples)) return std::nullopt;
  const RankedSamples ranked(samples);
  return statistic_interval(persons, settings, [&](const auto& weights, const auto& person_of) {
    return ranked.weighted_auc(weights, person_of);
  });
}

std::optional<Interval> bootstrap_auc_difference(std::span<const Scored> first, std::span<const Scored> second,
                                                 std::span<const std::uint32_t> persons,
                                                 const BootstrapSettings& settings) {
  BAUTA_CHECK(first.size() == persons.size() && second.size() == persons.size());
  if (!auc(first) || !auc(second)) return std::nullopt;
  const RankedSamples ranked_first(first);
  const RankedSamples ranked_second(second);
  return statistic_interval(persons, settings,
                            [&](const auto& weights, const auto& person_of) -> std::optional<double> {
                              const auto a = ranked_first.weighted_auc(weights, person_of);
                              const auto b = ranked_second.weighted_auc(weights, person_of);
                              if (!a || !b) return std::nullopt;
                              return *a - *b;
                            });
}

std::optional<Interval> percentile_interval(std::vector<double> values, double level) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double tail = (1 - level) / 2 * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(tail));
  return Interval{values[low], values[values.size() - 1 - low]};
}

namespace {

/// Empty where a class is missing or a score is NaN, so that such a question is never ranked.
std::optional<double> measured(const ScoredQuestion& question, const Measure& measure) {
  return measure.kind == Measure::Kind::auc ? auc(question.samples) : lift(question.samples, measure.share);
}

}  // namespace

std::optional<double> mean_over_questions(std::span<const ScoredQuestion> questions, const Measure& measure) {
  double sum = 0;
  double count = 0;
  for (const ScoredQuestion& question : questions) {
    const auto value = measured(question, measure);
    if (!value) continue;
    sum += *value;
    count += 1;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

std::vector<double> bootstrap_means(std::span<const ScoredQuestion> questions, const Measure& measure,
                                    const BootstrapSettings& settings) {
  std::vector<std::uint32_t> names;
  std::vector<RankedSamples> ranked;
  for (const ScoredQuestion& question : questions) {
    BAUTA_CHECK(question.samples.size() == question.persons.size());
    if (!measured(question, measure)) continue;
    names.insert(names.end(), question.persons.begin(), question.persons.end());
    ranked.emplace_back(question.samples);
  }
  std::uint32_t count = 0;
  const std::vector<std::uint32_t> dense = dense_persons(names, count);
  std::vector<double> values;
  std::vector<double> weights(count);
  CounterRandom random(settings.seed, "bootstrap");
  for (std::uint32_t replicate = 0; count > 0 && replicate < settings.replicates; ++replicate) {
    draw_persons(random, weights);
    double sum = 0;
    double answered = 0;
    std::size_t first = 0;
    for (const RankedSamples& question : ranked) {
      const auto person_of = std::span(dense).subspan(first, question.size());
      first += question.size();
      const auto value = measure.kind == Measure::Kind::auc ? question.weighted_auc(weights, person_of)
                                                            : question.weighted_lift(weights, person_of, measure.share);
      if (!value) continue;
      sum += *value;
      answered += 1;
    }
    if (answered > 0) values.push_back(sum / answered);
  }
  return values;
}

std::optional<Interval> bootstrap_gini(std::span<const Valued> samples, std::span<const std::uint32_t> persons,
                                       const BootstrapSettings& settings) {
  BAUTA_CHECK(samples.size() == persons.size());
  if (!normalised_gini(samples)) return std::nullopt;
  const GiniRanking ranked(samples);
  return statistic_interval(persons, settings, [&](const auto& weights, const auto& person_of) {
    return ranked.normalised(weights, person_of);
  });
}

std::optional<Interval> bootstrap_gini_difference(std::span<const Valued> first, std::span<const Valued> second,
                                                  std::span<const std::uint32_t> persons,
                                                  const BootstrapSettings& settings) {
  BAUTA_CHECK(first.size() == persons.size() && second.size() == persons.size());
  if (!normalised_gini(first) || !normalised_gini(second)) return std::nullopt;
  const GiniRanking ranked_first(first);
  const GiniRanking ranked_second(second);
  return statistic_interval(persons, settings,
                            [&](const auto& weights, const auto& person_of) -> std::optional<double> {
                              const auto a = ranked_first.normalised(weights, person_of);
                              const auto b = ranked_second.normalised(weights, person_of);
                              if (!a || !b) return std::nullopt;
                              return *a - *b;
                            });
}

std::optional<Interval> bootstrap_mean(std::span<const double> values, std::span<const std::uint32_t> persons,
                                       const BootstrapSettings& settings) {
  BAUTA_CHECK(values.size() == persons.size());
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) return std::nullopt;
  return statistic_interval(persons, settings,
                            [&](const auto& weights, const auto& person_of) -> std::optional<double> {
                              double count = 0;
                              double sum = 0;
                              for (std::size_t i = 0; i < values.size(); ++i) {
                                count += weights[person_of[i]];
                                sum += weights[person_of[i]] * values[i];
                              }
                              return sum / count;
                            });
}

}  // namespace bauta
