// "message refused" in the log once per distinct cause, so that a partner that repeats itself cannot fill the disk; and
// "cannot serve a request" where the coordinator itself failed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/base/log.h"
#include "common/base/result.h"

namespace bauta::coordinator {

/// Control thread.
class RefusalLog {
 public:
  /// `event` is the line's name, `peer_field` what the peer stands under in it.
  RefusalLog(const Logger& log, const Clock& clock, std::string_view event = "message refused",
             std::string_view peer_field = "partner")
      : log_(log), clock_(clock), event_(event), peer_field_(peer_field), since_(clock.steady()) {}

  /// Writes a line unless the same peer was refused for the same cause before; a peer that finds ever new causes is
  /// silenced, and only that one.
  void note(std::string_view peer, const Error& error);
  /// Causes count afresh: a new attempt, or an hour has passed.
  void clear();

 private:
  static constexpr std::size_t kMaxCauses = 32;
  static constexpr std::size_t kMaxPeers = 4096;
  static constexpr std::string_view kOurselves = "(ourselves)";  ///< no partner's id or address
  static constexpr std::chrono::hours kForget{1};

  const Logger& log_;
  const Clock& clock_;
  std::string_view event_;
  std::string_view peer_field_;
  SteadyTime since_;
  std::map<std::string, std::set<std::string>, std::less<>> causes_;
  std::uint64_t left_out_ = 0;
};

}  // namespace bauta::coordinator
