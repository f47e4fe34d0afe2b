// Compares a backward pass with central differences, in double.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "common/base/counter_random.h"
#include "common/model/layers/columns.h"

namespace bauta::gradient_check {

/// `analytic[i]` must be d loss()/d values[i] for every `stride`-th i.
template <class Loss>
void check_against_differences(const std::string& name, std::span<double> values, std::span<const double> analytic,
                               Loss loss, std::size_t stride = 1) {
  REQUIRE(values.size() == analytic.size());
  double scale = 0;
  for (const double g : analytic) scale = std::max(scale, std::abs(g));
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    constexpr double kStep = 1e-5;
    const double kept = values[i];
    values[i] = kept + kStep;
    const double up = loss();
    values[i] = kept - kStep;
    const double down = loss();
    values[i] = kept;
    const double numeric = (up - down) / (2 * kStep);
    // Relative to the larger of both; elements far below the tensor's largest are measured against a hundredth of it.
    const double size = std::max({std::abs(numeric), std::abs(analytic[i]), scale / 100, 1e-9});
    worst = std::max(worst, std::abs(numeric - analytic[i]) / size);
  }
  INFO(name << ": worst relative error " << worst << ", largest gradient " << scale);
  CHECK(worst <= 1e-6);
  CHECK(scale > 0);  // a check of zeros against zeros would show nothing
}

inline void fill_random(std::span<double> values, CounterRandom& random, double bound = 1) {
  for (double& value : values) value = (2 * random.unit() - 1) * bound;
}

inline std::span<double> elements(Columns<double>& columns) {
  return {columns.column(0), static_cast<std::size_t>(columns.rows() * columns.count())};
}

/// Σ weight ∘ value: a loss whose gradient by the value is the weight.
inline double weighted_sum(Columns<double>& values, Columns<double>& weights) {
  return (values.view().array() * weights.view().array()).sum();
}

}  // namespace bauta::gradient_check
