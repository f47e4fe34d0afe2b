// A full disk without a disk: lowers the size a file may reach, for as long as it lives.
#pragma once

#include <sys/resource.h>

#include "common/base/result.h"
#include "common/base/stop_signal.h"

namespace bauta::testing {

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ignore_write_signals();
    BAUTA_CHECK(::getrlimit(RLIMIT_FSIZE, &former_) == 0);
    const rlimit limit{bytes, former_.rlim_max};
    BAUTA_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &former_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit former_{};
};

}  // namespace bauta::testing
