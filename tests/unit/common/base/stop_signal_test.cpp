#include "common/base/stop_signal.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>

#include <thread>

namespace bauta {
namespace {

TEST_CASE("SIGTERM and SIGINT ask for a stop and the descriptor stays readable") {
  for (const int signal : {SIGTERM, SIGINT}) {
    const StopSignal stop = std::move(StopSignal::install()).value();
    CHECK(!stop.stop_requested());
    REQUIRE(::raise(signal) == 0);
    CHECK(stop.stop_requested());
    CHECK(stop.stop_requested());
    stop.wait();
    pollfd waiting{stop.fd(), POLLIN, 0};
    CHECK(::poll(&waiting, 1, 0) == 1);
  }
}

TEST_CASE("a stop requested from another thread wakes the one that waits") {
  const StopSignal stop = std::move(StopSignal::install()).value();
  std::thread other([&stop] { stop.request_stop(); });
  stop.wait();
  other.join();
  CHECK(stop.stop_requested());
}

void (*handler_of(int signal))(int) {
  struct sigaction now {};
  REQUIRE(::sigaction(signal, nullptr, &now) == 0);
  return now.sa_handler;
}

TEST_CASE("the former handler is back when the stop signal is gone") {
  auto* const former = handler_of(SIGTERM);
  {
    const StopSignal stop = std::move(StopSignal::install()).value();
    CHECK((handler_of(SIGTERM) != former));
  }
  CHECK((handler_of(SIGTERM) == former));
}

}  // namespace
}  // namespace bauta
