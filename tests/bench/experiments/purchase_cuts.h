// Where scorers of the repeat-purchase experiment that learn from labels take them: from cuts inside the histories.
#pragma once

#include <cmath>

#include "tests/bench/experiments/purchase_histories.h"

namespace bauta::experiment {

/// What is learned: does somebody buy within so many days after a cut, and how much? One of the hazard's intervals ends
/// at 92; for the next, which ends at 183, only cuts would be early enough at which CDNOW's customers are new. 13 weeks
/// are 91 days.
inline constexpr long kLabelDays = 92;
/// The same for the metrics, weeks: of a longer horizon these scorers know the order only.
inline constexpr double kLabelReach = 13;

inline constexpr int kInnerCuts = 6;

/// The first held-out day; all histories of one set of data have the same.
inline long cut_day(const Histories& histories) {
  const CustomerHistory& one = histories.front();
  return std::lround((one.purchases.front().time + one.summary.age) * 7) + 1;
}

/// The day of cut `k` < kInnerCuts, the newest first, a fortnight apart. All fall on the day of the week of the test's
/// cut, and all labels end before it.
inline long inner_cut_day(long cut, int k) { return cut - 98 - 14L * k; }

}  // namespace bauta::experiment
