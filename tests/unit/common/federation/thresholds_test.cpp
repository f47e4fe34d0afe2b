#include "common/federation/thresholds.h"

#include <doctest/doctest.h>

#include <vector>

namespace bauta {
namespace {

TEST_CASE("the thresholds are those of the protocol's table") {
  struct Row {
    std::uint32_t n, f, certify;
  };
  const std::vector<Row> rows = {{3, 1, 3},    {5, 1, 4},     {7, 2, 5},        {10, 3, 7},
                                 {50, 10, 31}, {100, 33, 67}, {2000, 200, 1101}};
  for (const Row row : rows) {
    CAPTURE(row.n);
    CHECK(thresholds_for(row.n, row.f, 3).certify == row.certify);
  }
  CHECK(thresholds_for(10, 3, 3).shamir == 6);
  CHECK(thresholds_for(10, 7, 3).shamir == 8);
  CHECK(thresholds_for(10, 3, 9).n_min == 9);
  CHECK(thresholds_for(10, 3, 3).n_min == 7);
}

TEST_CASE("two certificates for one round need more double signers than may collude") {
  for (std::uint32_t n = 3; n <= 200; ++n) {
    for (std::uint32_t f = 1; 2 * f < n; ++f) {
      const Thresholds thresholds = thresholds_for(n, f, 3);
      REQUIRE(2 * thresholds.certify > n + f);
      REQUIRE(thresholds.shamir > f);
    }
  }
}

TEST_CASE("at least one partner is taken to collude") {
  CHECK(colluding_for(3, 0) == 1);
  CHECK(colluding_for(10, 0.3) == 3);
  CHECK(colluding_for(10, 0.39) == 3);
}

}  // namespace
}  // namespace bauta
