// Runs code in a child process that dies by SIGKILL where the code ends: a crash with whatever was written until then.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace bauta::testing {

/// True when the child reached the end of `work` and died there; false when it ended in any other way.
inline bool crash_after(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    // doctest handles fatal signals; SIGKILL cannot be handled, and _exit keeps the parent's buffers from a second
    // flush.
    work();
    ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace bauta::testing
