// How good a service's scores are on samples that chose nothing, and by how much one model is better than another.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "client/data/samples.h"
#include "common/evaluation/bootstrap.h"
#include "common/evaluation/metrics.h"

namespace bauta::client {

struct TestResult {
  std::optional<double> auc;
  std::optional<Interval> auc_interval;  ///< 95 %, percentile bootstrap over persons
  std::optional<double> log_loss;
  std::optional<double> calibration_error;
  std::size_t samples = 0;
  std::size_t positives = 0;
};

/// first − second on the same samples.
struct TestDifference {
  double auc = 0;
  std::optional<Interval> interval;  ///< 95 %, paired bootstrap over persons
};

/// The person of each sample.
std::vector<std::uint32_t> persons_of(std::span<const Sample> samples);

/// What needs no model: whoever was there last comes first. A score is minus the seconds since the last event.
std::vector<Scored> by_recency(const EventLog& log, std::span<const Sample> samples);

TestResult test_result(std::span<const Scored> scored, std::span<const std::uint32_t> persons);
/// Empty when a class is missing.
std::optional<TestDifference> test_difference(std::span<const Scored> first, std::span<const Scored> second,
                                              std::span<const std::uint32_t> persons);

}  // namespace bauta::client
