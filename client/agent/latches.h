// What the agent must remember for ever, as latches of the client's store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/policy/policy.h"
#include "client/storage/client_store.h"
#include "common/base/result.h"

namespace bauta::client {

/// The newest invitation this client has accepted.
struct AcceptedInvitation {
  RoundId id;
  std::vector<PartnerIndex> cohort;
  Bytes descriptor;
};

/// Nothing before the first one. Errors: database.
Result<std::optional<AcceptedInvitation>> accepted_invitation(const ClientStore& store);
/// What the policy has to know about `id`; a local `resume-after N` counts as if round N had been accepted.
Result<PolicyMemory> policy_memory(const ClientStore& store, const RoundId& id);
/// To be stored in one transaction with the first items of the attempt.
StoredItem accepted_invitation_latch(const OpenedInvitation& invitation);

/// The U3 this client has signed on a model. It stays when the aggregate was applied: a coordinator that goes back to
/// the model would get a second sum on it (docs/protocol.md §4, phase 4).
Result<std::optional<Digest>> signed_survivors(const ClientStore& store, const Digest& model_hash);
std::string signed_survivors_key(const Digest& model_hash);
StoredItem signed_survivors_latch(const Digest& model_hash, const Digest& u3);

/// The last model that was taken from the coordinator, not computed here: this client cannot vouch for it.
Result<std::optional<Digest>> fetched_model(const ClientStore& store);
Status put_fetched_model(ClientStore& store, const Digest& model_hash);

/// A run whose coordinator signed an aggregate that failed its audit or leads to another model than it announced.
/// Nothing of that run is accepted any more: the model it would offer next is not the sum of what the partners sent.
Result<bool> is_distrusted(const ClientStore& store, std::string_view run_id);
std::string distrusted_key(std::string_view run_id);
Status distrust(ClientStore& store, std::string_view run_id);

/// The roster that this client's operator has pinned last; the file must be that one.
inline constexpr std::string_view kPinnedRosterLatch = "roster";
Result<std::optional<Digest>> pinned_roster(const ClientStore& store);

}  // namespace bauta::client
