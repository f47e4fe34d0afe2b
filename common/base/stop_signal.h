// SIGTERM and SIGINT as a descriptor that becomes readable and a flag.
#pragma once

#include "common/base/file.h"
#include "common/base/result.h"

namespace bauta {

/// While it lives, SIGTERM and SIGINT ask for a stop; the destructor puts the former handlers back.
/// At most one at a time. A second SIGINT or SIGTERM after the first still only asks: the drain has its own limit.
class StopSignal {
 public:
  static Result<StopSignal> install();
  ~StopSignal();
  StopSignal(StopSignal&& other) noexcept = default;
  StopSignal& operator=(StopSignal&&) = delete;

  /// Readable once a stop has been requested, and ever after; for poll or an event loop. Never read from it.
  int fd() const { return event_.get(); }
  bool stop_requested() const;
  /// What the signals do; async-signal-safe and thread-safe.
  void request_stop() const;
  /// Blocks until a stop is requested.
  void wait() const;

 private:
  explicit StopSignal(FileDescriptor event) : event_(std::move(event)) {}
  FileDescriptor event_;
};

/// A closed connection and a file size limit are errors of the write (EPIPE, EFBIG), never the end of the process.
/// Once, at the start of main.
void ignore_write_signals();

}  // namespace bauta
