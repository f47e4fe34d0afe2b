#include "common/model/repeat_purchase/purchase_summary.h"

#include <doctest/doctest.h>

#include <vector>

using namespace bauta;

TEST_CASE("a summary counts repeat purchases, those of one time once, and leaves the first purchase out of the mean") {
  const std::vector<Purchase> purchases = {{2, 100}, {2, 50}, {3, 10}, {3, 20}, {7, 60}, {11, 1000}};
  const auto summary = summarise(purchases, 10);
  REQUIRE(summary);
  CHECK(summary->frequency == 2);
  CHECK(summary->recency == 5);
  CHECK(summary->age == 8);
  CHECK(summary->mean_spend == 45);
}

TEST_CASE("nothing after the end of the observation is looked at, and what is at the end counts") {
  const std::vector<Purchase> purchases = {{2, 1}, {10, 5}, {10.001, 7}};
  CHECK(summarise(purchases, 10)->frequency == 1);
  CHECK(summarise(purchases, 10)->mean_spend == 5);
  CHECK(summarise(purchases, 9.9)->frequency == 0);
  CHECK(summarise(purchases, 9.9)->mean_spend == 0);
  CHECK_FALSE(summarise(purchases, 1.9).has_value());
  CHECK_FALSE(summarise({}, 10).has_value());
}
