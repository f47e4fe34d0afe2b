#include "common/net/wake_signal.h"

#include <utility>

namespace bauta {

std::uint64_t WakeSignal::version() const {
  const std::scoped_lock lock(mutex_);
  return version_;
}

void WakeSignal::notify() {
  std::map<std::uint64_t, std::function<void()>> woken;
  {
    const std::scoped_lock lock(mutex_);
    ++version_;
    woken.swap(waiting_);
  }
  for (auto& [id, wake] : woken) wake();
}

WakeSignal::Subscription WakeSignal::subscribe(std::uint64_t seen, std::function<void()> wake) {
  {
    const std::scoped_lock lock(mutex_);
    if (version_ == seen) {
      const auto id = next_id_++;
      waiting_.emplace(id, std::move(wake));
      return Subscription(shared_from_this(), id);
    }
  }
  wake();
  return Subscription();
}

WakeSignal::Subscription& WakeSignal::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    end();
    signal_ = std::move(other.signal_);
    id_ = other.id_;
  }
  return *this;
}

WakeSignal::Subscription::~Subscription() { end(); }

void WakeSignal::Subscription::end() {
  if (!signal_) return;
  std::function<void()> dropped;  // destroyed outside the lock
  {
    const std::scoped_lock lock(signal_->mutex_);
    if (const auto found = signal_->waiting_.find(id_); found != signal_->waiting_.end()) {
      dropped = std::move(found->second);
      signal_->waiting_.erase(found);
    }
  }
  signal_.reset();
}

}  // namespace bauta
