// The roster: who belongs to the federation, with which signing key and public weight. A TOML text that every
// client pins on disk; its SHA-256 is in every round descriptor. It never changes because the coordinator says so: see
// common/membership.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/crypto/signature.h"

namespace bauta {

/// Position in the roster; the identity that enters every hash.
using PartnerIndex = std::uint32_t;

struct RosterEntry {
  std::string partner_id;  ///< as in the certificate: [a-z0-9_-]{1,64}
  VerifyKey signing_key;
  double weight = 1.0;  ///< public weight class in (0, 1]
};

/// Immutable after parsing; safe to share between threads.
struct Roster {
  std::string federation;
  Digest federation_id{};
  VerifyKey coordinator_key;
  std::vector<RosterEntry> entries;
  std::uint64_t version = 1;            ///< one more than that of the roster it replaces
  std::uint32_t change_signatures = 0;  ///< partners that must sign whatever replaces it: a majority at least
  Digest hash{};                        ///< SHA-256 of the text
  std::string text;                     ///< roster.toml, byte for byte

  std::optional<PartnerIndex> find(std::string_view partner_id) const;
  std::size_t size() const { return entries.size(); }
};

inline constexpr std::size_t kMaxRosterBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxPartners = 16'384;

/// Checks ids, keys, weights and that no id or key stands twice.
Result<Roster> parse_roster(std::string_view text);

}  // namespace bauta
