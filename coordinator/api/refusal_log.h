// "message refused" in the log once per distinct cause, so that a partner that repeats itself cannot fill the disk.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "common/base/log.h"
#include "common/base/result.h"

namespace bauta::coordinator {

/// Control thread.
class RefusalLog {
 public:
  explicit RefusalLog(const Logger& log) : log_(log) {}

  /// Writes a line unless the same partner was refused for the same cause before.
  void note(std::string_view partner, const Error& error);
  /// A new attempt: causes count afresh.
  void clear();

 private:
  static constexpr std::size_t kMaxCauses = 4096;

  const Logger& log_;
  std::set<std::string> causes_;
  std::uint64_t left_out_ = 0;
};

}  // namespace bauta::coordinator
