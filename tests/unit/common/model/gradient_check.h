// Compares a backward pass with central differences, in double.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "common/base/counter_random.h"
#include "common/model/layers/columns.h"

namespace bauta::gradient_check {

inline constexpr double kBound = 1e-6;

/// `analytic[i]` must be d loss()/d values[i] for every `stride`-th i.
template <class Loss>
void check_against_differences(const std::string& name, std::span<double> values, std::span<const double> analytic,
                               Loss loss, std::size_t stride = 1) {
  REQUIRE(values.size() == analytic.size());
  double scale = 0;
  for (const double g : analytic) scale = std::max(scale, std::abs(g));
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const double kept = values[i];
    // Five points, an error of the fourth order. The best of four steps: rounding spoils short ones, and a long one may
    // reach over the kink of a rectifier; a wrong gradient agrees with none.
    double error = std::numeric_limits<double>::infinity();
    for (const double step : {1e-3, 1e-2, 1e-4, 1e-5}) {
      const auto at = [&](double steps) {
        values[i] = kept + steps * step;
        const double value = loss();
        values[i] = kept;
        return value;
      };
      const double numeric = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
      // Relative to the larger of both; elements far below the tensor's largest are measured against a hundredth of it.
      const double size = std::max({std::abs(numeric), std::abs(analytic[i]), scale / 100, 1e-9});
      error = std::min(error, std::abs(numeric - analytic[i]) / size);
      if (error <= kBound) break;
    }
    worst = std::max(worst, error);
  }
  INFO(name << ": worst relative error " << worst << ", largest gradient " << scale);
  CHECK(worst <= kBound);
  CHECK(scale > 0);  // a check of zeros against zeros would show nothing
}

inline void fill_random(std::span<double> values, CounterRandom& random, double bound = 1) {
  for (double& value : values) value = (2 * random.unit() - 1) * bound;
}

inline std::span<double> elements(Columns<double>& columns) {
  return {columns.column(0), static_cast<std::size_t>(columns.rows() * columns.count())};
}

inline Columns<double> random_columns(Eigen::Index rows, Eigen::Index count, CounterRandom& random) {
  Columns<double> columns;
  columns.resize(rows, count);
  fill_random(elements(columns), random);
  return columns;
}

inline std::vector<double> random_values(std::size_t count, CounterRandom& random) {
  std::vector<double> values(count);
  fill_random(values, random);
  return values;
}

/// Σ weight ∘ value: a loss whose gradient by the value is the weight.
inline double weighted_sum(Columns<double>& values, Columns<double>& weights) {
  return (values.view().array() * weights.view().array()).sum();
}

}  // namespace bauta::gradient_check
