#include "common/base/thread_team.h"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

using namespace bauta;

TEST_CASE("a team does every task exactly once, in section after section") {
  for (const unsigned threads : {1U, 2U, 5U}) {
    ThreadTeam team(threads);
    CHECK(team.threads() == threads);
    for (std::size_t count = 0; count < 200; ++count) {
      std::vector<int> done(count, 0);
      team.run(count, [&](std::size_t i) { ++done[i]; });
      CHECK(std::accumulate(done.begin(), done.end(), std::size_t{0}) == count);
      CHECK(std::count(done.begin(), done.end(), 1) == static_cast<std::ptrdiff_t>(count));
    }
  }
}

TEST_CASE("what a section wrote is seen by the next") {
  ThreadTeam team(3);
  const Executor executor = team.executor();
  std::vector<int> values(64, 1);
  for (int round = 0; round < 100; ++round) {
    std::vector<int> next(64);
    executor(64, [&](std::size_t i) { next[i] = values[i] + values[(i + 1) % 64]; });
    values = next;
    for (int& value : values) value %= 1000;
  }
  CHECK(std::count(values.begin(), values.end(), values.front()) == 64);
}
