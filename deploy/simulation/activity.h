// When a made person comes, and what an observer who knows the rules could at best foresee.
#pragma once

#include <optional>
#include <vector>

#include "deploy/simulation/draw.h"

namespace bauta::simulation {

/// Day 0 is the first day of the made calendar; the service's data end with the last.
inline constexpr int kDays = 365;

/// Sessions come as a Poisson process with a rate for each day, from joining until leaving. At the end of every day the
/// person leaves for good with probability 1 − stay; leaving is not recorded anywhere, only silence is.
struct Activity {
  std::vector<double> rate;  ///< expected sessions on each day of the calendar, if the person is there; kDays of them
  double stay = 1;
  double target_share = 1;  ///< a session holds the target with this probability, on its own
  int joined = 0;

  /// Days of the sessions, ascending, a day as often as it has sessions.
  std::vector<int> sessions(Draw& draw) const;

  /// P(a session with the target on days cut .. cut+horizon−1 | sessions before `cut`), for an observer who knows every
  /// number above. `last_session` is the day of the latest session before `cut`.
  double chance_of_target(int cut, int horizon, int last_session) const;
};

/// Twelve months with a peak in December, and a week of its own: what the calendar multiplies a rate with.
/// `weekend` is the factor of Saturdays and Sundays.
std::vector<double> calendar(double weekend);

}  // namespace bauta::simulation
