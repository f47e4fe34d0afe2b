#include "coordinator/api/refusal_log.h"

#include <fmt/format.h>

namespace bauta::coordinator {

void RefusalLog::note(std::string_view partner, const Error& error) {
  const std::string cause = fmt::format("{} {} {}", partner, to_string(error.code), error.message);
  if (causes_.size() >= kMaxCauses || !causes_.insert(cause).second) {
    ++left_out_;
    return;
  }
  log_.warning("message refused", {{"partner", partner}, {"code", to_string(error.code)}, {"reason", error.message}});
}

void RefusalLog::clear() {
  if (left_out_ > 0) log_.info("repeated refusals were not logged", {{"count", left_out_}});
  left_out_ = 0;
  causes_.clear();
}

}  // namespace bauta::coordinator
