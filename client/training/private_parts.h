// A service's own part of the behaviour model: adapter, head deltas, what it knows of each of its items. It grows with
// the rounds, is never sent and outlives a restart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "client/data/event_log.h"
#include "common/base/result.h"
#include "common/model/parameters.h"

namespace bauta::client {

/// One thread at a time. The state before the newest round is kept too, so that a round that is trained again (a crash,
/// another attempt) begins where it began the first time and gives the same update.
class PrivateParts {
 public:
  /// `layout` with private tensors for log.items. `file` may not exist yet; empty: nothing outlives this object. Items
  /// are found again by their ids; new ones begin at zero. A file of another model is set aside as FILE.other.
  static Result<PrivateParts> open(const ParameterLayout& layout, const EventLog& log, std::filesystem::path file);

  /// What round `round_no` begins with; elements behind layout.shared_size().
  std::span<const float> before(std::uint64_t round_no) const;
  /// What the rounds so far have led to.
  std::span<const float> current() const { return after_; }
  /// The result of training in `round_no`; written before this returns.
  Status finish(std::uint64_t round_no, std::span<const float> after);

  /// `stored` private elements of a service with `old_items`, for the items of `layout`, whose ids are `items`.
  /// `malformed` where their number does not fit.
  static Result<std::vector<float>> moved(const ParameterLayout& layout, std::span<const float> stored,
                                          std::span<const std::string> old_items, std::span<const std::string> items);

 private:
  std::filesystem::path file_;
  std::vector<std::string> items_;
  std::string about_model_;
  std::uint64_t round_no_ = 0;  // the newest round trained; 0: none
  std::vector<float> before_;   // that round began with
  std::vector<float> after_;
};

}  // namespace bauta::client
