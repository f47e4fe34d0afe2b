// Who holds whose shares and who shares masks with whom (docs/protocol.md §6): everybody with everybody, or, in large
// cohorts, each partner with `degree` others that it draws itself once U1 is fixed.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.h"
#include "common/federation/thresholds.h"

namespace bauta {

enum class GraphKind : std::uint8_t { complete = 1, sparse = 2 };

std::string_view to_string(GraphKind kind);

struct Graph {
  GraphKind kind = GraphKind::complete;
  std::uint32_t degree = 0;  ///< k, the draws of each partner; 0 in the complete graph

  bool operator==(const Graph&) const = default;
};

/// Nobody certifies survivors of whom one keeps fewer living ones of its own `degree` draws than this: 0.6 k, rounded
/// up. It keeps a coordinator from cutting a few partners off from all others by declaring their neighbours dead.
constexpr std::uint32_t living_draws_needed(std::uint32_t degree) { return (3 * degree + 4) / 5; }

struct SparseGraph {
  std::uint32_t degree = 0;  ///< k
  std::uint32_t shamir = 0;  ///< t of k
};

/// The smallest degree, and its smallest threshold, such that among `n` partners of whom `f` collude with the
/// coordinator and any n - n_min vanish at the coordinator's choice
///   * nobody has t colluders among its draws, and no group of honest survivors is cut off from the others, but with a
///     probability below 2^-40;
///   * when each partner vanishes with probability `dropout`, everybody keeps t living holders and the living draws
///     that certification needs, but with a probability below 2^-20.
/// Bell et al. 2020 (Secure Single-Server Aggregation with (Poly)Logarithmic Overhead), §3.5 and §4.4, with union
/// bounds over hypergeometric tails in place of their asymptotic ones. n <= kMaxPartners. `invalid_argument` when no
/// degree up to `most_degree` will do.
Result<SparseGraph> find_sparse_graph(std::uint32_t n, std::uint32_t f, std::uint32_t n_min, double dropout,
                                      std::uint32_t most_degree = 0xFFFFFFFF);

/// Whether (k, t) keeps the first of the two promises above; how often rounds fail is the coordinator's concern alone.
bool is_secure_sparse_graph(std::uint32_t n, std::uint32_t f, std::uint32_t n_min, const SparseGraph& graph);

/// Masking work of one partner with each of its neighbours, in bytes of keystream: that of the vector, and about what
/// the key agreements and the shares of a pair cost.
constexpr std::uint64_t masking_work(std::uint64_t neighbours, std::uint64_t vector_bytes) {
  return neighbours * (vector_bytes + (std::uint64_t{1} << 20));
}

struct GraphChoice {
  Graph graph;
  std::uint32_t shamir = 0;  ///< t
};

/// The complete graph, unless it costs a partner more than `work_budget` bytes of keystream and a sparse one costs less
/// than half of that. `complete` are the thresholds of the complete graph.
GraphChoice choose_graph(std::uint32_t n, std::uint32_t f, const Thresholds& complete, double dropout,
                         std::uint64_t vector_bytes, double work_budget);

}  // namespace bauta
