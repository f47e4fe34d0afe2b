// What both sides derive from one signed round descriptor.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/federation/plan.h"
#include "common/federation/roster.h"
#include "common/masking/fixed_point.h"
#include "common/masking/packed_vector.h"
#include "common/masking/wire.h"

namespace bauta {

/// The last lanes of every vector: AUC, whether AUC was measured, log loss, whether it was measured
/// (docs/protocol.md §7); each a unit value, never weighted.
inline constexpr std::size_t kEvaluationLanes = 4;

/// Above any number that a federation reaches and below what a database column or a JSON number holds.
inline constexpr std::uint64_t kMaxRoundNo = 1'000'000'000'000;

struct RoundContext {
  std::shared_ptr<const Roster> roster;
  RoundDescriptor descriptor;
  Bytes descriptor_blob;  ///< as received
  Digest rctx{};

  LaneLayout layout() const { return {descriptor.lane, static_cast<std::size_t>(descriptor.dimension)}; }
  Quantiser quantiser() const { return {descriptor.range, descriptor.bits}; }
  std::size_t parameters() const { return static_cast<std::size_t>(descriptor.dimension) - kEvaluationLanes; }
  bool in_cohort(PartnerIndex partner) const;
};

/// Checks the coordinator's signature, that the descriptor names this roster and federation, that its cohort is in the
/// roster, that its round number is at most kMaxRoundNo, and that its thresholds are those of docs/protocol.md §6 and
/// its lanes can hold the sum. Whether they are
/// *enough* is for the client's policy.
Result<RoundContext> open_descriptor(std::shared_ptr<const Roster> roster, ByteView blob);

/// The descriptor that a plan prescribes for a cohort; both sides build it, the client to compare.
RoundDescriptor descriptor_for(const Roster& roster, const Plan& plan, const Digest& plan_hash,
                               std::uint64_t parameters, std::vector<PartnerIndex> cohort);

}  // namespace bauta
