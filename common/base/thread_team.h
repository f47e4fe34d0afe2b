// Threads that stay between pieces of work, for many short parallel sections one after the other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/executor.h"

namespace bauta {

/// One caller at a time; the caller works too, so a team of one has no threads of its own.
class ThreadTeam {
 public:
  /// `threads` ≥ 1.
  explicit ThreadTeam(unsigned threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  unsigned threads() const { return static_cast<unsigned>(others_.size()) + 1; }
  /// See Executor.
  void run(std::size_t count, const std::function<void(std::size_t index)>& task);
  /// Refers to this team, which must outlive it.
  Executor executor() {
    return [this](std::size_t count, const std::function<void(std::size_t)>& task) { run(count, task); };
  }

 private:
  void work();
  void take() noexcept;

  std::mutex mutex_;
  std::condition_variable begun_, ended_;
  std::uint64_t section_ = 0;
  std::size_t at_work_ = 0;
  bool stopping_ = false;
  const std::function<void(std::size_t)>* task_ = nullptr;
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_{0};
  std::vector<std::thread> others_;
};

}  // namespace bauta
