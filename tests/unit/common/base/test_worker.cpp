#include <doctest/doctest.h>

#include <future>

#include "common/base/worker.h"

namespace bauta {
namespace {

TEST_CASE("one thread runs tasks in the order they were posted, and all of them before it stops") {
  std::vector<int> order;
  bool on_thread = true;
  Worker worker("test");
  for (int i = 0; i < 100; ++i) {
    CHECK(worker.post([&, i] {
      order.push_back(i);
      on_thread = on_thread && worker.is_current_thread();
    }));
  }
  worker.stop();
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  CHECK(on_thread);
  CHECK_FALSE(worker.is_current_thread());
}

TEST_CASE("a stopped worker takes nothing more") {
  Worker worker("test");
  worker.stop();
  CHECK_FALSE(worker.post([] { FAIL("ran"); }));
  CHECK_FALSE(worker.post_after(Milliseconds(0), [] { FAIL("ran"); }));
}

TEST_CASE("delayed tasks run when due, earliest first, and are dropped by stop") {
  Worker worker("test");
  std::promise<void> last;
  std::vector<int> order;
  worker.post_after(std::chrono::hours(1), [&] { order.push_back(3); });
  worker.post_after(Milliseconds(20), [&] {
    order.push_back(2);
    last.set_value();
  });
  worker.post_after(Milliseconds(1), [&] { order.push_back(1); });
  last.get_future().wait();
  worker.stop();
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("several threads work at the same time") {
  Worker worker("test", 2);
  std::promise<void> first;
  std::promise<void> second;
  // Each waits for the other: one thread alone would never get past the first.
  worker.post([&] {
    first.set_value();
    second.get_future().wait();
  });
  worker.post([&] {
    first.get_future().wait();
    second.set_value();
  });
  worker.stop();
}

}  // namespace
}  // namespace bauta
