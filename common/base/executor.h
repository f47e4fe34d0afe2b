// Who runs independent pieces of work. Pure code takes one and knows nothing of threads.
#pragma once

#include <cstddef>
#include <functional>

namespace bauta {

/// Runs task(0) … task(count − 1), each exactly once, in any order and on any threads, and returns when all are done.
/// Tasks must not throw. What they compute must not depend on the order.
using Executor = std::function<void(std::size_t count, const std::function<void(std::size_t index)>& task)>;

/// One after the other on the caller's thread.
inline Executor serial_executor() {
  return [](std::size_t count, const std::function<void(std::size_t)>& task) {
    for (std::size_t i = 0; i < count; ++i) task(i);
  };
}

}  // namespace bauta
