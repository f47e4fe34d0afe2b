#include "common/base/stop_signal.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace bauta {
namespace {

// What the handler can reach: the descriptor to poke, and what stood before us.
std::atomic<int> stop_event{-1};
struct sigaction former_term;
struct sigaction former_int;

void poke(int fd) {
  const std::uint64_t one = 1;
  // A full counter (EAGAIN) means that it is readable already.
  [[maybe_unused]] const ssize_t count = ::write(fd, &one, sizeof one);
}

void on_stop_signal(int) {
  const int saved_errno = errno;
  if (const int fd = stop_event.load(); fd >= 0) poke(fd);
  errno = saved_errno;
}

bool readable(int fd, int timeout_ms) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, timeout_ms) > 0;
}

}  // namespace

Result<StopSignal> StopSignal::install() {
  FileDescriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) {
    return Error{ErrorCode::io,
                 "cannot make an event descriptor for signals: " + std::generic_category().message(errno)};
  }
  int nobody = -1;
  BAUTA_CHECK(stop_event.compare_exchange_strong(nobody, event.get()));
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  BAUTA_CHECK(::sigaction(SIGTERM, &action, &former_term) == 0);
  BAUTA_CHECK(::sigaction(SIGINT, &action, &former_int) == 0);
  return StopSignal(std::move(event));
}

StopSignal::~StopSignal() {
  if (!event_.valid()) return;
  ::sigaction(SIGTERM, &former_term, nullptr);
  ::sigaction(SIGINT, &former_int, nullptr);
  stop_event.store(-1);
}

bool StopSignal::stop_requested() const { return readable(event_.get(), 0); }

void StopSignal::request_stop() const { poke(event_.get()); }

void StopSignal::wait() const {
  while (!readable(event_.get(), -1)) {
  }
}

void ignore_write_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  sigemptyset(&action.sa_mask);
  BAUTA_CHECK(::sigaction(SIGPIPE, &action, nullptr) == 0);
  BAUTA_CHECK(::sigaction(SIGXFSZ, &action, nullptr) == 0);
}

}  // namespace bauta
