#include "common/base/parallel_ranges.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace bauta {

Status for_each_range(std::size_t total, std::size_t piece, unsigned threads,
                      const std::function<Status(std::size_t first, std::size_t count)>& work) {
  BAUTA_CHECK(piece > 0 && threads > 0);
  const std::size_t ranges = total / piece + (total % piece != 0 ? 1 : 0);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::size_t failed = std::numeric_limits<std::size_t>::max();
  Status outcome;
  const auto take = [&] {
    for (std::size_t range = next++; range < ranges; range = next++) {
      const std::size_t first = range * piece;
      Status done = work(first, std::min(piece, total - first));
      if (done.ok()) continue;
      next = ranges;
      const std::lock_guard lock(mutex);
      if (range >= failed) continue;
      failed = range;
      outcome = std::move(done);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads && i < ranges; ++i) others.emplace_back(take);
  take();
  for (std::thread& other : others) other.join();
  return outcome;
}

}  // namespace bauta
