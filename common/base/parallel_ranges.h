// One long range of indices, worked on by several threads.
#pragma once

#include <cstddef>
#include <functional>

#include "common/base/result.h"

namespace bauta {

/// Calls `work(first, count)` for ranges of at most `piece` indices that together are [0, total) and do not overlap, on
/// up to `threads` threads of which the caller's is one; `work` must not throw. Returns when all is done. After an
/// error no further range is begun, and the error of the lowest range that failed is returned.
Status for_each_range(std::size_t total, std::size_t piece, unsigned threads,
                      const std::function<Status(std::size_t first, std::size_t count)>& work);

}  // namespace bauta
