#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "deploy/simulation/activity.h"

using namespace bauta::simulation;

TEST_CASE("who never leaves comes with the probability of a Poisson process") {
  Activity activity;
  activity.rate.assign(kDays, 0.05);
  CHECK(activity.chance_of_target(100, 28, 3) == doctest::Approx(1 - std::exp(-28 * 0.05)));
  activity.target_share = 0.5;
  CHECK(activity.chance_of_target(100, 28, 99) == doctest::Approx(1 - std::exp(-28 * 0.025)));
}

TEST_CASE("silence makes it likelier that a person has left") {
  Activity activity;
  activity.rate.assign(kDays, 0.1);
  activity.stay = 0.99;
  const double fresh = activity.chance_of_target(200, 28, 199);
  const double silent = activity.chance_of_target(200, 28, 150);
  const double long_silent = activity.chance_of_target(200, 28, 20);
  CHECK(fresh > silent);
  CHECK(silent > long_silent);
  CHECK(long_silent < 0.01);
}

TEST_CASE("the chance is the share of made persons with that history who come again") {
  Activity activity;
  activity.rate = calendar(1.5);
  for (double& rate : activity.rate) rate *= 0.04;
  activity.stay = 0.985;
  activity.target_share = 0.7;
  constexpr int kCut = 180;
  constexpr int kHorizon = 28;
  Draw draw(1, "activity test");
  double expected = 0;
  double variance = 0;
  int came = 0;
  int persons = 0;
  int silent_persons = 0;
  double silent_expected = 0;
  int silent_came = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::vector<int> days = activity.sessions(draw);
    const auto first_after = std::lower_bound(days.begin(), days.end(), kCut);
    if (first_after == days.begin()) continue;
    const int last = *(first_after - 1);
    bool target = false;
    for (auto day = first_after; day != days.end() && *day < kCut + kHorizon; ++day) {
      target = draw.chance(activity.target_share) || target;
    }
    const double chance = activity.chance_of_target(kCut, kHorizon, last);
    ++persons;
    expected += chance;
    variance += chance * (1 - chance);
    came += target ? 1 : 0;
    if (last < kCut - 60) {
      ++silent_persons;
      silent_expected += chance;
      silent_came += target ? 1 : 0;
    }
  }
  REQUIRE(persons > 10'000);
  REQUIRE(silent_persons > 1'000);
  CHECK(std::abs(came - expected) < 4 * std::sqrt(variance));
  CHECK(std::abs(silent_came - silent_expected) < 4 * std::sqrt(silent_expected));
}

TEST_CASE("nobody comes before joining") {
  Activity activity;
  activity.rate.assign(kDays, 2);
  activity.joined = 300;
  Draw draw(1, "joined");
  for (const int day : activity.sessions(draw)) CHECK(day >= 300);
}
