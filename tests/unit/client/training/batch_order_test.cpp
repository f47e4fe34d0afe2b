#include "client/training/batch_order.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace bauta::client;

TEST_CASE("every pass meets each sample once, in an order of its own") {
  BatchOrder order(50, 1, 1, "test");
  std::vector<std::vector<std::size_t>> passes(2);
  for (auto& pass : passes)
    for (int i = 0; i < 50; ++i) pass.push_back(order.next());
  CHECK(passes[0] != passes[1]);
  for (auto& pass : passes) {
    std::sort(pass.begin(), pass.end());
    for (std::size_t i = 0; i < pass.size(); ++i) CHECK(pass[i] == i);
  }
}

TEST_CASE("seed, round and purpose each change the order") {
  const auto drawn = [](BatchOrder order) {
    std::vector<std::size_t> indices;
    for (int i = 0; i < 20; ++i) indices.push_back(order.next());
    return indices;
  };
  const auto first = drawn(BatchOrder(50, 1, 1, "a"));
  CHECK(first == drawn(BatchOrder(50, 1, 1, "a")));
  CHECK(first != drawn(BatchOrder(50, 2, 1, "a")));
  CHECK(first != drawn(BatchOrder(50, 1, 2, "a")));
  CHECK(first != drawn(BatchOrder(50, 1, 1, "b")));
}
