// How one roster follows another: at least m of the n partners of the roster in force have signed the very same change,
// m standing in that roster (docs/protocol.md §2). The coordinator has no say. Pure.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/federation/roster.h"

namespace bauta {

/// What a partner's signature on a roster change may be long.
inline constexpr std::size_t kMaxRosterSignatureBytes = 1024;

/// Whether `next` could follow `current` at all: the same federation, another text, and exactly the next version, so
/// that no older roster ever comes back.
Status judge_succession(const Roster& current, const Roster& next);

/// What changes, in plain words, one sentence each: partners, keys, weights, order, the coordinator's key, m, the name.
std::vector<std::string> roster_differences(const Roster& current, const Roster& next);

/// The SignedBlob by which partner `signer` of `current` agrees.
Bytes sign_roster_change(const Roster& current, const Roster& next, const SigningKey& key, PartnerIndex signer);

/// Who of `current` has signed exactly this change. Errors: malformed, oversized, bad_signature (not a partner of
/// `current`, or not its key), wrong_context (another change).
Result<PartnerIndex> open_roster_signature(const Roster& current, const Roster& next, ByteView signature);

struct RosterSignatures {
  std::set<PartnerIndex> signers;    ///< of the roster in force; who signs twice counts once
  std::vector<std::string> refused;  ///< which and why, for each signature that counts nothing
};
RosterSignatures count_roster_signatures(const Roster& current, const Roster& next, std::span<const Bytes> signatures);

/// judge_succession, and that they are enough for `current`; else `threshold_lost`, naming who has signed.
Status check_roster_change(const Roster& current, const Roster& next, const RosterSignatures& signatures);

}  // namespace bauta
