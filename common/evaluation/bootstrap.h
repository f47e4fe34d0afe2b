// Percentile bootstrap of a metric over persons: all samples of one person are drawn together, for they are not
// independent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/evaluation/metrics.h"
#include "common/evaluation/value_metrics.h"

namespace bauta {

struct Interval {
  double low = 0;
  double high = 0;
};

struct BootstrapSettings {
  std::uint32_t replicates = 1000;
  double level = 0.95;
  std::uint64_t seed = 1;
};

/// `persons[i]` names the person of `samples[i]` (any numbers). Same inputs, same interval on every machine.
/// Replicates that lack a class are drawn again, at most ten times as many; empty when that is not enough.
std::optional<Interval> bootstrap_auc(std::span<const Scored> samples, std::span<const std::uint32_t> persons,
                                      const BootstrapSettings& settings = {});

/// Interval of auc(first) − auc(second) where both scored the same samples in the same order (labels equal) and each
/// replicate draws the same persons for both.
std::optional<Interval> bootstrap_auc_difference(std::span<const Scored> first, std::span<const Scored> second,
                                                 std::span<const std::uint32_t> persons,
                                                 const BootstrapSettings& settings = {});

/// Interval of normalised_gini(samples).
std::optional<Interval> bootstrap_gini(std::span<const Valued> samples, std::span<const std::uint32_t> persons,
                                       const BootstrapSettings& settings = {});

/// Interval of normalised_gini(first) − normalised_gini(second) for the same samples in the same order.
std::optional<Interval> bootstrap_gini_difference(std::span<const Valued> first, std::span<const Valued> second,
                                                  std::span<const std::uint32_t> persons,
                                                  const BootstrapSettings& settings = {});

/// Interval of the mean of `values`, for example of the differences between two models' losses. Empty for no values or
/// one that is not finite.
std::optional<Interval> bootstrap_mean(std::span<const double> values, std::span<const std::uint32_t> persons,
                                       const BootstrapSettings& settings = {});

/// The answers of one scorer to one of several questions about the same persons.
struct ScoredQuestion {
  std::span<const Scored> samples;
  std::span<const std::uint32_t> persons;  ///< parallel to `samples`
};

struct Measure {
  enum class Kind : std::uint8_t { auc, lift };
  Kind kind = Kind::auc;
  double share = 0.1;  ///< lift: among which share of the highest scores
};

/// The mean over the questions, each counting alike; questions without a class or with a NaN are left out. Empty when
/// all are.
std::optional<double> mean_over_questions(std::span<const ScoredQuestion> questions, const Measure& measure);

/// mean_over_questions() in each replicate; a replicate draws the same persons for all questions, and for the same
/// settings and persons the same ones for every scorer, so that differences of two scorers' values are paired (as long
/// as both have answered the same questions). Replicates in which no question has both classes are left out.
std::vector<double> bootstrap_means(std::span<const ScoredQuestion> questions, const Measure& measure,
                                    const BootstrapSettings& settings = {});

/// The part `level` in the middle of the values. Empty for none.
std::optional<Interval> percentile_interval(std::vector<double> values, double level = 0.95);

}  // namespace bauta
