#include "common/base/parallel_ranges.h"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

namespace bauta {

TEST_CASE("every index is visited once, whatever the number of threads and the length of a piece") {
  for (const unsigned threads : {1U, 2U, 7U}) {
    for (const std::size_t total : {0UL, 1UL, 99UL, 100UL, 101UL}) {
      for (const std::size_t piece : {1UL, 10UL, 1000UL}) {
        std::vector<std::atomic<int>> visits(total);
        const Status done = for_each_range(total, piece, threads, [&](std::size_t first, std::size_t count) -> Status {
          CHECK(count > 0);
          CHECK(count <= piece);
          for (std::size_t i = first; i < first + count; ++i) ++visits.at(i);
          return {};
        });
        CHECK(done.ok());
        for (const auto& visit : visits) CHECK(visit == 1);
      }
    }
  }
}

TEST_CASE("the lowest range that fails names the error and none begins after it") {
  for (const unsigned threads : {1U, 4U}) {
    std::atomic<int> begun{0};
    const Status done = for_each_range(1'000, 1, threads, [&](std::size_t first, std::size_t) -> Status {
      ++begun;
      if (first < 5) return {};
      return Error{ErrorCode::io, std::to_string(first)};
    });
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().message == "5");
    CHECK(begun <= 5 + static_cast<int>(threads));
  }
}

}  // namespace bauta
