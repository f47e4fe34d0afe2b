#include "coordinator/api/refusal_log.h"

#include <fmt/format.h>

#include "common/net/problem.h"

namespace bauta::coordinator {

void RefusalLog::note(std::string_view peer, const Error& error) {
  if (clock_.steady() - since_ >= kForget) clear();
  // Our own failures are counted apart, whoever met them: no refusals hide them.
  const std::string_view counted = is_own_failure(error.code) ? kOurselves : peer;
  auto known = causes_.find(counted);
  if (known == causes_.end() && (causes_.size() < kMaxPeers || counted == kOurselves)) {
    known = causes_.try_emplace(std::string(counted)).first;
  }
  if (known == causes_.end() || known->second.size() >= kMaxCauses ||
      !known->second.insert(fmt::format("{} {}", to_string(error.code), error.message)).second) {
    ++left_out_;
    return;
  }
  const std::initializer_list<LogField> fields = {
      {peer_field_, peer}, {"code", to_string(error.code)}, {"reason", error.message}};
  is_own_failure(error.code) ? log_.error("cannot serve a request", fields) : log_.warning(event_, fields);
}

void RefusalLog::clear() {
  if (left_out_ > 0) log_.info("repeated refusals were not logged", {{"count", left_out_}});
  left_out_ = 0;
  since_ = clock_.steady();
  causes_.clear();
}

}  // namespace bauta::coordinator
