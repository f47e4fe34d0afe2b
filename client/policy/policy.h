// What this partner takes part in. Nothing here believes the wire: thresholds are computed again from the cohort, the
// plan must be pinned, and whatever is weaker than this partner's own settings is refused (docs/protocol.md §3).
// Pure: what was seen before comes in as PolicyMemory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/federation/plan.h"
#include "common/federation/roster.h"
#include "common/masking/round_context.h"
#include "common/masking/round_id.h"
#include "common/masking/wire.h"

namespace bauta::client {

struct PolicySettings {
  std::set<Digest> allowed_plans;      ///< SHA-256 of the plan texts
  std::uint32_t min_participants = 3;  ///< in no sum over fewer
  double min_colluding = 0.25;         ///< share of the cohort that may collude with the coordinator, at least
  std::uint32_t honest_survivors = 2;  ///< h: |U3| >= f_max + h
};

/// What this client has seen before, from its own disk.
struct PolicyMemory {
  RoundId latest;                                   ///< the greatest (round, attempt) ever accepted
  std::optional<Bytes> descriptor;                  ///< what was received for the very (round, attempt) in question
  std::optional<std::vector<PartnerIndex>> cohort;  ///< of any attempt of the round in question
};

/// An invitation read, but not judged.
struct OpenedInvitation {
  Bytes descriptor_blob;
  RoundContext context;
  std::string plan_text;
  Digest plan_hash{};
  Plan plan;

  RoundId id() const { return {context.descriptor.round_no, context.descriptor.attempt}; }
};

/// Decodes the invitation and checks what needs no memory: the coordinator's signature, roster and federation, that the
/// plan is the one named and on the allow-list, and that this partner is in the cohort.
/// Errors: malformed, bad_signature, wrong_context, out_of_range, refused_by_policy, not_in_cohort.
Result<OpenedInvitation> open_invitation(const PolicySettings& settings, std::shared_ptr<const Roster> roster,
                                         PartnerIndex self, ByteView invitation);

/// Everything else. `parameters` is what the plan's model has. The first thing that is wrong is the error, which names
/// the field, what was offered and what this partner asks for: refused_by_policy, wrong_context (an old round again),
/// or equivocation (another descriptor for the same attempt, or another cohort for the same round): then both
/// descriptors are to be kept as evidence.
Status judge(const PolicySettings& settings, const OpenedInvitation& invitation, std::uint64_t parameters,
             const PolicyMemory& memory);

/// Whether any plan could be accepted with a cohort of `n`: for `config check`.
Status judge_policy(const PolicySettings& settings, std::uint32_t n);
/// Whether a run of this plan could be accepted at all by a cohort of `n`: for `plan allow` and `config check`.
Status judge_plan(const PolicySettings& settings, const Plan& plan, std::uint32_t n);

}  // namespace bauta::client
