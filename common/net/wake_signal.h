// How a change of state, made on any thread, wakes the long polls that wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace bauta {

/// A version counter that can be waited for. Thread-safe. Hold it in a shared_ptr.
/// Read version() *before* looking at the state, or a change in between is slept through.
class WakeSignal : public std::enable_shared_from_this<WakeSignal> {
 public:
  std::uint64_t version() const;
  /// Raises the version and wakes everybody who waits for an older one.
  void notify();

  /// Ends its subscription when destroyed; a call of `wake` already under way on another thread may still arrive.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(std::shared_ptr<WakeSignal> signal, std::uint64_t id) : signal_(std::move(signal)), id_(id) {}
    Subscription(Subscription&& other) noexcept = default;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

   private:
    void end();
    std::shared_ptr<WakeSignal> signal_;
    std::uint64_t id_ = 0;
  };

  /// Calls `wake` once: on the notifying thread when the version leaves `seen`, or right here when it already has.
  /// `wake` must not throw, block or call this object.
  [[nodiscard]] Subscription subscribe(std::uint64_t seen, std::function<void()> wake);

 private:
  mutable std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, std::function<void()>> waiting_;
};

}  // namespace bauta
