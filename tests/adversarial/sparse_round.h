// A round of forty partners, each of whom draws nine neighbours.
#pragma once

#include "common/federation/graph.h"
#include "tests/adversarial/view.h"

namespace bauta::testing {

inline StepwiseRound sparse_round(std::uint64_t seed) {
  return {40, seed, [](RoundDescriptor& descriptor) {
            descriptor.f_max = 1;
            descriptor.thresholds = thresholds_for(40, 1, 3);
            const auto sparse = find_sparse_graph(40, 1, descriptor.thresholds.n_min, .05);
            REQUIRE(sparse.ok());
            descriptor.graph = {GraphKind::sparse, sparse->degree};
            descriptor.thresholds.shamir = sparse->shamir;
          }};
}

}  // namespace bauta::testing
