#include "client/policy/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/defence.h"
#include "common/federation/thresholds.h"

namespace bauta::client {
namespace {

Error refused(std::string message) { return {ErrorCode::refused_by_policy, std::move(message)}; }

/// "clip: the descriptor says 2, the plan 1".
template <class Value>
Status same(std::string_view field, const Value& offered, const Value& expected) {
  if (offered == expected) return {};
  return refused(fmt::format("{}: the round descriptor says {}, the plan requires {}", field, offered, expected));
}

Status same_digest(std::string_view field, const Digest& offered, const Digest& expected) {
  return same(field, to_hex(offered), to_hex(expected));
}

Status check_against_plan(const RoundDescriptor& offered, const RoundDescriptor& expected) {
  BAUTA_RETURN_IF_ERROR(same("suite", offered.suite, expected.suite));
  BAUTA_RETURN_IF_ERROR(same_digest("federation_id", offered.federation_id, expected.federation_id));
  BAUTA_RETURN_IF_ERROR(same_digest("roster_hash", offered.roster_hash,
                                    BAUTA_DEFENDS(roster_hash) ? expected.roster_hash : offered.roster_hash));
  BAUTA_RETURN_IF_ERROR(same_digest("plan_hash", offered.plan_hash, expected.plan_hash));
  BAUTA_RETURN_IF_ERROR(same("clip", offered.clip, expected.clip));
  BAUTA_RETURN_IF_ERROR(same("range", offered.range, expected.range));
  BAUTA_RETURN_IF_ERROR(same("bits", offered.bits, expected.bits));
  BAUTA_RETURN_IF_ERROR(same("lane", offered.lane, expected.lane));
  BAUTA_RETURN_IF_ERROR(same("dimension", offered.dimension, expected.dimension));
  BAUTA_RETURN_IF_ERROR(same("f_max", offered.f_max, expected.f_max));
  const Thresholds& required = BAUTA_DEFENDS(thresholds) ? expected.thresholds : offered.thresholds;
  BAUTA_RETURN_IF_ERROR(same("shamir threshold", offered.thresholds.shamir, required.shamir));
  BAUTA_RETURN_IF_ERROR(same("certify threshold", offered.thresholds.certify, required.certify));
  BAUTA_RETURN_IF_ERROR(same("n_min", offered.thresholds.n_min, required.n_min));
  BAUTA_RETURN_IF_ERROR(same("graph", to_string(offered.graph.kind), to_string(expected.graph.kind)));
  BAUTA_RETURN_IF_ERROR(same("degree", offered.graph.degree, expected.graph.degree));
  return same("rotation", offered.rotation, expected.rotation);
}

Status at_least(std::string_view field, std::uint32_t offered, std::uint32_t own, std::string_view setting) {
  if (offered >= own) return {};
  return refused(fmt::format("{}: {} is offered, [policy] {} requires at least {}", field, offered, setting, own));
}

Status check_own_rules(const PolicySettings& settings, std::uint32_t n, std::uint32_t f_max, GraphKind graph,
                       const Thresholds& offered) {
  const std::uint32_t smallest = BAUTA_DEFENDS(min_participants) ? settings.min_participants : 0;
  BAUTA_RETURN_IF_ERROR(at_least("cohort", n, smallest, "min_participants"));
  const std::uint32_t own_f = colluding_for(n, settings.min_colluding);
  const Thresholds own = BAUTA_DEFENDS(thresholds) ? thresholds_for(n, own_f, smallest) : offered;
  BAUTA_RETURN_IF_ERROR(at_least("f_max", f_max, own_f, "min_colluding"));
  // That of a sparse graph was judged when the descriptor was opened, for no fewer colluders than our own rule names.
  if (graph == GraphKind::complete) {
    BAUTA_RETURN_IF_ERROR(at_least("shamir threshold", offered.shamir, own.shamir, "min_colluding"));
  }
  BAUTA_RETURN_IF_ERROR(at_least("certify threshold", offered.certify, own.certify, "min_colluding"));
  BAUTA_RETURN_IF_ERROR(at_least("n_min", offered.n_min, own.n_min, "min_participants"));
  if (f_max + settings.honest_survivors > n) {
    return refused(
        fmt::format("a cohort of {} with f_max {} can never have the f_max + {} survivors that [policy] "
                    "honest_survivors requires",
                    n, f_max, settings.honest_survivors));
  }
  return {};
}

}  // namespace

Result<OpenedInvitation> open_invitation(const PolicySettings& settings, std::shared_ptr<const Roster> roster,
                                         PartnerIndex self, ByteView invitation) {
  BAUTA_TRY(auto decoded, decode<Invitation>(invitation));
  BAUTA_TRY(RoundContext context, open_descriptor(std::move(roster), decoded.descriptor));
  OpenedInvitation opened;
  opened.plan_text = std::string(as_text(decoded.plan));
  opened.plan_hash = plan_hash(opened.plan_text);
  if (opened.plan_hash != context.descriptor.plan_hash) {
    return Error{ErrorCode::wrong_context, fmt::format("the plan that came along is {}, the round descriptor names {}",
                                                       to_hex(opened.plan_hash), to_hex(context.descriptor.plan_hash))};
  }
  if (!settings.allowed_plans.contains(opened.plan_hash)) {
    return refused(
        fmt::format("the plan {} is not on the allow-list; read it, then `bauta-client plan allow FILE` or "
                    "[policy] allowed_plans lets this partner train it from the client's next start on",
                    to_hex(opened.plan_hash)));
  }
  if (!context.in_cohort(self)) {
    return Error{ErrorCode::not_in_cohort, "the round's cohort does not hold this partner"};
  }
  BAUTA_TRY(opened.plan, parse_plan(opened.plan_text));
  opened.descriptor_blob = std::move(decoded.descriptor);
  opened.context = std::move(context);
  return opened;
}

Status judge(const PolicySettings& settings, const OpenedInvitation& invitation, std::uint64_t parameters,
             const PolicyMemory& memory) {
  const RoundDescriptor& offered = invitation.context.descriptor;
  const RoundId id = invitation.id();
  if (BAUTA_DEFENDS(one_descriptor) && memory.descriptor && *memory.descriptor != invitation.descriptor_blob) {
    return Error{ErrorCode::equivocation,
                 fmt::format("the coordinator signed two different descriptors for attempt {}", to_string(id))};
  }
  if (memory.cohort && *memory.cohort != offered.cohort) {
    return Error{ErrorCode::equivocation,
                 fmt::format("the cohort of round {} is another one than in its attempt before", id.round_no)};
  }
  if (id.round_no == 0 || id.attempt == 0) return refused("rounds and attempts are counted from 1");
  if (BAUTA_DEFENDS(newest_attempt) && id <= memory.latest) {
    return Error{ErrorCode::wrong_context, fmt::format("attempt {} is offered although {} was already seen",
                                                       to_string(id), to_string(memory.latest))};
  }
  BAUTA_RETURN_IF_ERROR(check_against_plan(offered, descriptor_for(*invitation.context.roster, invitation.plan,
                                                                   invitation.plan_hash, parameters, offered.cohort)));
  return check_own_rules(settings, static_cast<std::uint32_t>(offered.cohort.size()), offered.f_max, offered.graph.kind,
                         offered.thresholds);
}

Status judge_plan(const PolicySettings& settings, const Plan& plan, std::uint32_t n) {
  if (plan.round.min_participants > n) {
    return refused(fmt::format("the plan's round.min_participants is {}, but there are only {} partners",
                               plan.round.min_participants, n));
  }
  const std::uint32_t f_max = colluding_for(n, plan.round.max_colluding);
  return check_own_rules(settings, n, f_max, GraphKind::complete,
                         thresholds_for(n, f_max, plan.round.min_participants));
}

Status judge_policy(const PolicySettings& settings, std::uint32_t n) {
  const std::uint32_t f_max = colluding_for(n, settings.min_colluding);
  return check_own_rules(settings, n, f_max, GraphKind::complete, thresholds_for(n, f_max, settings.min_participants));
}

}  // namespace bauta::client
