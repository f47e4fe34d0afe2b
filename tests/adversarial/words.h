// A packed vector, as it is masked, uploaded and summed.
#pragma once

#include <cstdint>
#include <vector>

namespace bauta::testing {

using Words = std::vector<std::uint64_t>;

}  // namespace bauta::testing
