// A plain executor: a queue of functions and the thread (or few threads) that runs them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"

namespace bauta {

/// With one thread (the default) tasks run one after the other in the order they were posted: this is the "control
/// thread" that owns SQL and round state. A task must not throw. All members are thread-safe.
class Worker {
 public:
  /// `name` is what `top -H` and a debugger show (15 characters).
  explicit Worker(const std::string& name, std::size_t threads = 1);
  /// As stop().
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// False, and the task is dropped, after stop().
  bool post(std::function<void()> task);
  /// Runs the task after `delay` of the steady clock; what is not yet due when stop() is called is dropped.
  bool post_after(Milliseconds delay, std::function<void()> task);
  /// Runs what post() has queued, then joins. May be called twice, but not from one of the worker's own tasks.
  void stop();
  /// True inside one of this worker's tasks.
  bool is_current_thread() const;

 private:
  void run(const std::string& name);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::multimap<SteadyTime, std::function<void()>> delayed_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace bauta
