// What the made services have in common without knowing it: interests of persons, and words that tell an interest.
// No person, no item and no category is shared between services; only how interests work is.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/simulation/draw.h"

namespace bauta::simulation {

inline constexpr std::size_t kInterests = 12;
inline constexpr std::size_t kClusters = 10;
inline constexpr std::size_t kWordsPerInterest = 12;

/// Weights of the interests, sum 1.
using Interests = std::array<double, kInterests>;

struct LatentPerson {
  std::size_t cluster = 0;
  Interests interests{};
  double pull = 0;  ///< Σ interests · LatentWorld::pull, shifted to mean 0 over the clusters: log of activity
};

struct LatentWorld {
  static LatentWorld make(std::uint64_t seed);

  static std::string_view name(std::size_t interest);
  static const std::array<std::string_view, kWordsPerInterest>& words(std::size_t interest);

  LatentPerson person(Draw& draw) const;
  double pull_of(const Interests& interests) const;

  Interests pull{};                             ///< planted: what an interest adds to the log of a person's activity
  std::array<Interests, kClusters> clusters{};  ///< typical interests
  double mean_pull = 0;
};

}  // namespace bauta::simulation
