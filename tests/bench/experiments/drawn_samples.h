// Some of many samples, for experiments with few labels.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "client/data/samples.h"
#include "common/base/counter_random.h"

namespace bauta::bench {

/// `count` of `samples`, drawn from (`seed`, `stream`), in their order; those of a smaller count are among those of a
/// larger one.
inline std::vector<client::Sample> drawn_samples(std::span<const client::Sample> samples, std::size_t count,
                                                 std::uint64_t seed, std::string_view stream) {
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  CounterRandom random(seed, stream);
  const std::size_t taken = std::min(count, order.size());
  for (std::size_t i = 0; i < taken; ++i) std::swap(order[i], order[i + random.below(order.size() - i)]);
  order.resize(taken);
  std::sort(order.begin(), order.end());
  std::vector<client::Sample> out;
  for (const std::size_t i : order) out.push_back(samples[i]);
  return out;
}

}  // namespace bauta::bench
