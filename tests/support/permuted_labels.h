// The canary of every experiment: labels that nothing can predict.
#pragma once

#include <cstdint>
#include <utility>

#include "client/data/samples.h"
#include "common/base/counter_random.h"

namespace bauta::client {

/// Takes every label away from its sample and gives it to another of the same set.
inline void permute_labels(SampleSets& samples, std::uint64_t seed) {
  CounterRandom random(seed, "permuted labels");
  for (auto* set : {&samples.training, &samples.validation, &samples.test})
    for (std::size_t i = set->size(); i > 1; --i) {
      Sample& a = (*set)[i - 1];
      Sample& b = (*set)[random.below(i)];
      std::swap(a.label, b.label);
    }
}

}  // namespace bauta::client
