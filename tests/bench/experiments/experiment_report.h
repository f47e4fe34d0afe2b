// Figures of an experiment as JSON: null where there is none.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "client/training/held_out.h"

namespace bauta::bench {

using Json = nlohmann::ordered_json;

inline Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
inline Json interval(const std::optional<Interval>& value) { return value ? Json{value->low, value->high} : Json(); }

inline Json auc_with_interval(std::span<const Scored> scored, std::span<const std::uint32_t> persons) {
  const client::TestResult result = client::test_result(scored, persons);
  return {{"auc", number(result.auc)}, {"interval", interval(result.auc_interval)}};
}

/// AUC of the first minus that of the second.
inline Json auc_difference(std::span<const Scored> first, std::span<const Scored> second,
                           std::span<const std::uint32_t> persons) {
  const auto difference = client::test_difference(first, second, persons);
  if (!difference) return {{"auc", Json()}, {"interval", Json()}};
  return {{"auc", difference->auc}, {"interval", interval(difference->interval)}};
}

}  // namespace bauta::bench
