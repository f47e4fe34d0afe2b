#include "common/base/worker.h"

#include <pthread.h>

#include <utility>

#include "common/base/result.h"

namespace bauta {

namespace {
thread_local const Worker* current_worker = nullptr;
}

Worker::Worker(const std::string& name, std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, name] { run(name); });
}

Worker::~Worker() { stop(); }

bool Worker::post(std::function<void()> task) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

bool Worker::post_after(Milliseconds delay, std::function<void()> task) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    delayed_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
  }
  wake_.notify_one();
  return true;
}

void Worker::stop() {
  BAUTA_CHECK(!is_current_thread());
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  const std::scoped_lock lock(mutex_);
  delayed_.clear();
}

bool Worker::is_current_thread() const { return current_worker == this; }

void Worker::run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  current_worker = this;
  std::unique_lock lock(mutex_);
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    while (!stopping_ && !delayed_.empty() && delayed_.begin()->first <= now) {
      tasks_.push_back(std::move(delayed_.begin()->second));
      delayed_.erase(delayed_.begin());
    }
    if (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // what it holds is released on this thread, outside the lock
      lock.lock();
    } else if (stopping_) {
      return;
    } else if (delayed_.empty()) {
      wake_.wait(lock);
    } else {
      const auto due = delayed_.begin()->first;
      wake_.wait_until(lock, due);
    }
  }
}

}  // namespace bauta
