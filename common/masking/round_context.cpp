#include "common/masking/round_context.h"

#include <algorithm>
#include <utility>

#include "common/base/defence.h"
#include "common/masking/rotation.h"
#include "common/masking/transcript.h"

namespace bauta {

bool RoundContext::in_cohort(PartnerIndex partner) const {
  return std::binary_search(descriptor.cohort.begin(), descriptor.cohort.end(), partner);
}

namespace {

Status check_thresholds(const RoundDescriptor& descriptor) {
  const auto n = static_cast<std::uint32_t>(descriptor.cohort.size());
  const std::uint32_t f = descriptor.f_max;
  const Thresholds& claimed = descriptor.thresholds;
  const auto wrong = [](std::string_view what) {
    return Error{ErrorCode::malformed,
                 "the descriptor's " + std::string(what) + " not what its cohort and f_max require"};
  };
  if (f < 1 || f >= n || claimed.n_min > n) return wrong("thresholds are");
  Thresholds required = thresholds_for(n, f, claimed.n_min);
  if (descriptor.graph.kind == GraphKind::sparse) {
    const SparseGraph sparse{descriptor.graph.degree, claimed.shamir};
    if (!is_secure_sparse_graph(n, f, claimed.n_min, sparse)) return wrong("sparse graph is");
    required.shamir = claimed.shamir;
  } else if (descriptor.graph.degree != 0) {
    return wrong("degree is");
  }
  if (BAUTA_DEFENDS(thresholds) && claimed != required) return wrong("thresholds are");
  return {};
}

}  // namespace

Result<RoundContext> open_descriptor(std::shared_ptr<const Roster> roster, ByteView blob) {
  BAUTA_TRY(const Bytes payload, open_blob(label::kDescriptor, *roster, kCoordinatorSigner, blob));
  BAUTA_TRY(auto descriptor, decode<RoundDescriptor>(payload));
  if (descriptor.federation_id != roster->federation_id) {
    return Error{ErrorCode::wrong_context, "the descriptor belongs to another federation"};
  }
  if (BAUTA_DEFENDS(roster_hash) && descriptor.roster_hash != roster->hash) {
    return Error{ErrorCode::wrong_context, "the descriptor names another roster than the one pinned here"};
  }
  if (descriptor.round_no > kMaxRoundNo) {
    return Error{ErrorCode::out_of_range, "the descriptor's round number is out of range"};
  }
  const auto n = descriptor.cohort.size();
  if (n < 3 || descriptor.cohort.back() >= roster->size()) {
    return Error{ErrorCode::malformed, "the descriptor's cohort is too small or names partners outside the roster"};
  }
  BAUTA_RETURN_IF_ERROR(check_thresholds(descriptor));
  if (descriptor.dimension <= kEvaluationLanes || descriptor.dimension > kMaxDimension) {
    return Error{ErrorCode::out_of_range, "the descriptor's dimension is out of range"};
  }
  if (descriptor.bits < 2 || descriptor.bits > 31) {
    return Error{ErrorCode::out_of_range, "the descriptor's bits are out of range"};
  }
  BAUTA_RETURN_IF_ERROR(check_lane_capacity(descriptor.bits, descriptor.lane, static_cast<std::uint32_t>(n)));
  RoundContext context;
  context.rctx = round_context_hash(payload);
  context.roster = std::move(roster);
  context.descriptor = std::move(descriptor);
  context.descriptor_blob.assign(blob.begin(), blob.end());
  return context;
}

RoundDescriptor descriptor_for(const Roster& roster, const Plan& plan, const Digest& plan_hash,
                               std::uint64_t parameters, std::vector<PartnerIndex> cohort) {
  const auto n = static_cast<std::uint32_t>(cohort.size());
  RoundDescriptor descriptor;
  descriptor.federation_id = roster.federation_id;
  descriptor.roster_hash = roster.hash;
  descriptor.plan_hash = plan_hash;
  descriptor.cohort = std::move(cohort);
  descriptor.clip = plan.update.clip;
  descriptor.rotation = plan.update.rotation;
  descriptor.range =
      plan.update.range.value_or(plan.update.rotation ? rotated_range(plan.update.clip, parameters) : kDefaultRange);
  descriptor.bits = plan.update.bits;
  descriptor.lane = plan.update.lane.value_or(least_lane(plan.update.bits, n));
  descriptor.dimension = parameters + kEvaluationLanes;
  descriptor.f_max = colluding_for(n, plan.round.max_colluding);
  descriptor.thresholds = thresholds_for(n, descriptor.f_max, plan.round.min_participants);
  const GraphChoice choice = choose_graph(n, descriptor.f_max, descriptor.thresholds, plan.round.expected_dropout,
                                          LaneLayout{descriptor.lane, descriptor.dimension}.byte_count(),
                                          plan.round.mask_work_gigabytes * 1e9);
  descriptor.graph = choice.graph;
  descriptor.thresholds.shamir = choice.shamir;
  return descriptor;
}

}  // namespace bauta
