// Which items each person is likeliest to meet next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "client/scoring/predictor.h"
#include "common/base/result.h"

namespace bauta::client {

struct RankedItem {
  std::uint32_t item = 0;  ///< index into EventLog::items
  float score = 0;         ///< the model's log of how likely, but for a constant of the person
};

struct RecommendationSettings {
  UnixSeconds now = 0;
  std::size_t top = 10;
  bool new_only = false;  ///< leaves out what the person has had an event of the task's target type with
};

struct Recommendations {
  std::vector<std::uint32_t> persons;          ///< everybody with an event before now, in the order of the log
  std::vector<std::vector<RankedItem>> items;  ///< parallel; best first, fewer than `top` where there are no more
  std::size_t catalogue = 0;                   ///< items with an event before now: what is chosen from
  double popularity = 0;  ///< mean of the recommended items' ranks by events before now: 1 the most popular, ½ a blind
                          ///< choice
  double coverage = 0;    ///< share of the catalogue that is recommended to anybody
};

/// The `top` highest of `scores` but those where `left_out` (parallel) holds; equal scores by number.
std::vector<RankedItem> best_items(std::span<const float> scores, const std::vector<bool>& left_out, std::size_t top);

/// Rank of each count among those above 0 as a share in (0, 1], ties sharing the mean; 0 for a count of 0.
std::vector<double> popularity_ranks(std::span<const std::uint32_t> counts);

/// invalid_argument for top = 0, not_found where nobody or nothing is known yet, errors of Predictor.
/// `only` (an index into log.persons) asks for one person.
Result<Recommendations> recommend(Predictor& predictor, const RecommendationSettings& settings,
                                  const OnProgress& on_progress = {}, std::optional<std::uint32_t> only = {});

}  // namespace bauta::client
