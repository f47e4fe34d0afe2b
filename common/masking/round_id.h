// Which attempt of which round; compared lexicographically (docs/protocol.md §3).
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace bauta {

/// Rounds whose uploads, sets and sum are kept for repeats and audits, the newest included.
inline constexpr std::uint64_t kAuditRounds = 2;

struct RoundId {
  std::uint64_t round_no = 0;  ///< per federation, never reset; 0 stands before the first round
  std::uint32_t attempt = 0;

  auto operator<=>(const RoundId&) const = default;
};

/// "12.1", as in the `after` parameter of an invitation.
inline std::string to_string(const RoundId& id) {
  return std::to_string(id.round_no) + "." + std::to_string(id.attempt);
}

}  // namespace bauta
