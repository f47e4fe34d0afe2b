// The one thread that does all network I/O of a process, and the few that touch the disk for it.
#pragma once

#include <cstddef>
#include <memory>

namespace bauta {

/// Outlives every HttpServer started on it.
class IoThread {
 public:
  explicit IoThread(std::size_t disk_threads = 2);
  /// Joins all threads.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace bauta
