#include "client/training/held_out.h"

#include <algorithm>
#include <limits>

namespace bauta::client {

std::vector<std::uint32_t> persons_of(std::span<const Sample> samples) {
  std::vector<std::uint32_t> persons;
  persons.reserve(samples.size());
  for (const Sample& sample : samples) persons.push_back(sample.person);
  return persons;
}

std::vector<Scored> by_recency(const EventLog& log, std::span<const Sample> samples) {
  std::vector<Scored> scored;
  for (const Sample& sample : samples) {
    const auto past = log.before(sample.person, sample.cut);
    const UnixSeconds last = past.empty() ? std::numeric_limits<UnixSeconds>::min() / 2 : past.back().occurred_at;
    scored.push_back({-static_cast<double>(sample.cut - last), sample.label});
  }
  return scored;
}

TestResult test_result(std::span<const Scored> scored, std::span<const std::uint32_t> persons) {
  TestResult result;
  result.auc = auc(scored);
  result.auc_interval = bootstrap_auc(scored, persons);
  result.log_loss = log_loss(scored);
  result.calibration_error = calibration_error(scored);
  result.samples = scored.size();
  result.positives = static_cast<std::size_t>(
      std::count_if(scored.begin(), scored.end(), [](const Scored& one) { return one.label; }));
  return result;
}

std::optional<TestDifference> test_difference(std::span<const Scored> first, std::span<const Scored> second,
                                              std::span<const std::uint32_t> persons) {
  const auto one = auc(first);
  const auto other = auc(second);
  if (!one || !other) return std::nullopt;
  return TestDifference{*one - *other, bootstrap_auc_difference(first, second, persons)};
}

}  // namespace bauta::client
