#include "deploy/simulation/activity.h"

#include <cmath>
#include <numbers>

namespace bauta::simulation {
namespace {

constexpr double kSeason = 0.2;
constexpr int kPeakDay = 345;
constexpr int kFirstWeekday = 2;  // 2025-01-01 was a Wednesday; Monday = 0

}  // namespace

std::vector<double> calendar(double weekend) {
  std::vector<double> factors(kDays);
  for (int day = 0; day < kDays; ++day) {
    const double season = 1 + kSeason * std::cos(2 * std::numbers::pi * (day - kPeakDay) / kDays);
    const bool is_weekend = (day + kFirstWeekday) % 7 >= 5;
    factors[static_cast<std::size_t>(day)] = season * (is_weekend ? weekend : 1);
  }
  return factors;
}

std::vector<int> Activity::sessions(Draw& draw) const {
  std::vector<int> days;
  for (int day = joined; day < kDays; ++day) {
    for (int n = draw.poisson(rate[static_cast<std::size_t>(day)]); n > 0; --n) days.push_back(day);
    if (!draw.chance(stay)) break;
  }
  return days;
}

double Activity::chance_of_target(int cut, int horizon, int last_session) const {
  // Silence since the last session is explained by having left at the end of one of its days, or by chance.
  double there = 1;
  double left = 0;
  for (int day = last_session;; ++day) {
    left += there * (1 - stay);
    there *= stay;
    if (day + 1 == cut) break;
    there *= std::exp(-rate[static_cast<std::size_t>(day) + 1]);
    // Whoever had left already is silent for certain, so `left` keeps its weight.
  }
  const double still_there = there / (there + left);

  double silent = 1;  // P(no target from this day on | there in the morning), from the last day backwards
  for (int day = cut + horizon - 1; day >= cut; --day) {
    silent = std::exp(-rate[static_cast<std::size_t>(day)] * target_share) * (1 - stay + stay * silent);
  }
  return still_there * (1 - silent);
}

}  // namespace bauta::simulation
