#include "client/training/candidates.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace bauta;
using namespace bauta::client;

TEST_CASE("each item is drawn as often as its probability says, and never twice at once") {
  std::vector<std::uint32_t> counts;
  for (std::uint32_t i = 0; i < 200; ++i) counts.push_back(i % 10 == 0 ? 500 : 1 + i % 7);
  CandidateSampler sampler(counts, 60);
  CounterRandom random(1, "candidates");
  std::vector<int> seen(counts.size(), 0);
  std::vector<double> probability(counts.size(), -1);
  constexpr int kDraws = 4000;
  for (int draw = 0; draw < kDraws; ++draw) {
    sampler.draw(random);
    CHECK(sampler.items().size() >= 59);
    CHECK(sampler.items().size() <= 61);
    const std::set<std::uint32_t> different(sampler.items().begin(), sampler.items().end());
    CHECK(different.size() == sampler.items().size());
    for (std::size_t i = 0; i < sampler.items().size(); ++i) {
      ++seen[sampler.items()[i]];
      probability[sampler.items()[i]] = std::exp(static_cast<double>(sampler.log_q()[i]));
    }
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double p = probability[i];
    REQUIRE(p > 0);
    CHECK(std::abs(seen[i] - kDraws * p) <= 5 * std::sqrt(kDraws * p * (1.0001 - p)) + 1);
  }
  CHECK(probability[0] == 1);  // frequent ones are certain
  CHECK(probability[1] < 0.5);
}

TEST_CASE("where no more items occurred than candidates are asked for they stand for themselves and no other does") {
  const std::vector<std::uint32_t> counts = {3, 1, 9, 0};
  CandidateSampler sampler(counts, 3);
  CounterRandom random(1, "candidates");
  sampler.draw(random);
  CHECK(std::vector<std::uint32_t>(sampler.items().begin(), sampler.items().end()) ==
        std::vector<std::uint32_t>{0, 1, 2});
  for (const float log_q : sampler.log_q()) CHECK(log_q == 0);
}
