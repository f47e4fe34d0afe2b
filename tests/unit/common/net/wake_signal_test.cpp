#include "common/net/wake_signal.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace bauta {
namespace {

TEST_CASE("a subscriber is called once, for the next version only") {
  const auto signal = std::make_shared<WakeSignal>();
  int calls = 0;
  const auto subscription = signal->subscribe(signal->version(), [&] { ++calls; });
  CHECK(calls == 0);
  signal->notify();
  signal->notify();
  CHECK(calls == 1);
  CHECK(signal->version() == 2);
}

TEST_CASE("who comes too late is called at once") {
  const auto signal = std::make_shared<WakeSignal>();
  const auto seen = signal->version();
  signal->notify();
  int calls = 0;
  const auto subscription = signal->subscribe(seen, [&] { ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("an ended subscription is not called") {
  const auto signal = std::make_shared<WakeSignal>();
  int calls = 0;
  {
    const auto subscription = signal->subscribe(0, [&] { ++calls; });
  }
  auto replaced = signal->subscribe(0, [&] { ++calls; });
  replaced = WakeSignal::Subscription();
  signal->notify();
  CHECK(calls == 0);
}

TEST_CASE("no wake-up is lost between threads") {
  const auto signal = std::make_shared<WakeSignal>();
  constexpr int kRounds = 2000;
  std::thread notifier([&] {
    for (int i = 0; i < kRounds; ++i) {
      signal->notify();
      std::this_thread::yield();
    }
  });
  std::uint64_t seen = 0;
  while (seen < kRounds) {
    std::atomic<bool> woken{false};
    const auto subscription = signal->subscribe(seen, [&] { woken = true; });
    while (!woken) std::this_thread::yield();
    seen = signal->version();
  }
  notifier.join();
  CHECK(seen == kRounds);
}

}  // namespace
}  // namespace bauta
