#include "common/base/thread_team.h"

#include "common/base/result.h"

namespace bauta {

ThreadTeam::ThreadTeam(unsigned threads) {
  BAUTA_CHECK(threads >= 1);
  for (unsigned i = 1; i < threads; ++i) others_.emplace_back([this] { work(); });
}

ThreadTeam::~ThreadTeam() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  begun_.notify_all();
  for (std::thread& other : others_) other.join();
}

void ThreadTeam::run(std::size_t count, const std::function<void(std::size_t index)>& task) {
  if (count <= 1 || others_.empty()) {
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    count_ = count;
    next_ = 0;
    at_work_ = others_.size();
    ++section_;
  }
  begun_.notify_all();
  take();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return at_work_ == 0; });
}

void ThreadTeam::take() noexcept {
  for (std::size_t i = next_++; i < count_; i = next_++) (*task_)(i);
}

void ThreadTeam::work() {
  std::uint64_t seen = 0;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      begun_.wait(lock, [&] { return stopping_ || section_ != seen; });
      if (stopping_) return;
      seen = section_;
    }
    take();
    const std::lock_guard lock(mutex_);
    if (--at_work_ == 0) ended_.notify_one();
  }
}

}  // namespace bauta
