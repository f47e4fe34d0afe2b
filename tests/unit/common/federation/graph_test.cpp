#include "common/federation/graph.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace bauta;

namespace {

std::uint64_t megabytes(std::uint64_t n) { return n * 1'000'000; }

struct Row {
  std::uint32_t n, f, n_min;
  double dropout;
  std::uint32_t degree, shamir;
};

constexpr Row kRows[] = {Row{1000, 50, 526, .05, 36, 22}, Row{1000, 50, 526, .1, 50, 26},
                         Row{10'000, 500, 5251, .05, 44, 27}, Row{10'000, 100, 9000, .05, 35, 13},
                         Row{1000, 250, 800, .1, 147, 89}};

}  // namespace

TEST_CASE("the finder's degree grows with colluders and dropouts and hardly with the cohort") {
  for (const Row& row : kRows) {
    const auto found = find_sparse_graph(row.n, row.f, row.n_min, row.dropout);
    REQUIRE(found.ok());
    CHECK(found->degree == row.degree);
    CHECK(found->shamir == row.shamir);
    CHECK(is_secure_sparse_graph(row.n, row.f, row.n_min, *found));
  }
}

TEST_CASE("nobody is cut off by its own draws alone, however many the coordinator lets into U1") {
  // One victim whose living draws may all be colluders: the chance of that for all n together, for every size of U1.
  const auto log_choose = [](double a, double b) {
    return std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1);
  };
  for (const Row& row : kRows) {
    const auto found = find_sparse_graph(row.n, row.f, row.n_min, row.dropout);
    REQUIRE(found.ok());
    for (std::uint32_t m = row.n_min; m <= row.n; ++m) {
      double chance = 0;
      for (std::uint32_t j = living_draws_needed(found->degree); j <= found->degree && j <= row.f; ++j) {
        chance += std::exp(log_choose(row.f, j) + log_choose(m - 1 - row.f, found->degree - j) -
                           log_choose(m - 1, found->degree));
      }
      if (row.n * chance > std::exp2(-40))
        FAIL("a U1 of " << m << " of " << row.n << ": " << std::log2(row.n * chance));
    }
  }
}

TEST_CASE("a graph weaker than the found one is not secure") {
  const auto found = find_sparse_graph(1000, 50, 526, .05);
  REQUIRE(found.ok());
  CHECK_FALSE(is_secure_sparse_graph(1000, 50, 526, {found->degree, found->shamir - 1}));
  CHECK_FALSE(is_secure_sparse_graph(1000, 400, 526, *found));
  CHECK_FALSE(is_secure_sparse_graph(1000, 50, 60, *found));
  CHECK_FALSE(is_secure_sparse_graph(1000, 50, 526, {8, 8}));
}

TEST_CASE("impossible or hostile parameters are refused and never counted with") {
  CHECK_FALSE(find_sparse_graph(5, 1, 4, .1).ok());
  CHECK_FALSE(find_sparse_graph(1000, 50, 1001, .1).ok());
  CHECK_FALSE(find_sparse_graph(1000, 600, 600, .1).ok());
  for (const SparseGraph graph : {SparseGraph{0, 0}, {0xFFFFFFFF, 2}, {40, 0}, {40, 41}, {999, 30}, {1, 1}}) {
    CHECK_FALSE(is_secure_sparse_graph(1000, 50, 526, graph));
  }
  CHECK_FALSE(is_secure_sparse_graph(1000, 50, 0xFFFFFFFF, {40, 30}));
  CHECK_FALSE(is_secure_sparse_graph(1000, 0xFFFFFFFF, 526, {40, 30}));
  CHECK_FALSE(is_secure_sparse_graph(0, 0, 0, {40, 30}));
}

TEST_CASE("six tenths of the draws, rounded up, have to live") {
  CHECK(living_draws_needed(5) == 3);
  CHECK(living_draws_needed(6) == 4);
  CHECK(living_draws_needed(50) == 30);
}

TEST_CASE("the graph is sparse only where that saves a partner most of its work") {
  const Thresholds complete = thresholds_for(1000, 50, 3);
  CHECK(choose_graph(1000, 50, complete, .1, megabytes(4), 1e12).graph.kind == GraphKind::complete);
  const GraphChoice sparse = choose_graph(1000, 50, complete, .1, megabytes(4), 1e9);
  CHECK(sparse.graph == Graph{GraphKind::sparse, 50});
  CHECK(sparse.shamir == 26);
  const Thresholds of_hundred = thresholds_for(100, 25, 3);
  CHECK(choose_graph(100, 25, of_hundred, .1, megabytes(40), 1e9).graph.kind == GraphKind::complete);
  CHECK(choose_graph(100, 25, of_hundred, .1, megabytes(40), 1e9).shamir == of_hundred.shamir);
}
