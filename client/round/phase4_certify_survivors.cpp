#include "client/round/phase4_certify_survivors.h"

#include "common/base/defence.h"
#include "common/crypto/sha256.h"
#include "common/masking/mask_graph.h"
#include "common/masking/transcript.h"

namespace bauta::client {
namespace {

Error too_few(std::size_t survivors, std::size_t needed) {
  return {ErrorCode::threshold_lost,
          "U3 has " + std::to_string(survivors) + " partners, " + std::to_string(needed) + " are needed"};
}

}  // namespace

Result<AcceptedSurvivors> verify_survivor_set(const RoundContext& context, const AcceptedKeys& u1,
                                              const AcceptedHeaders& u2, ByteView survivor_set) {
  const Roster& roster = *context.roster;
  BAUTA_TRY(const Bytes payload, open_blob(label::kSurvivorSet, roster, kCoordinatorSigner, survivor_set));
  BAUTA_TRY(const auto set, decode<SurvivorSet>(payload));
  if (set.rctx != context.rctx || set.l1 != u1.l1 || set.u2_hash != u2.u2) {
    return Error{ErrorCode::wrong_context, "the survivor set belongs to another round, another U1 or another U2"};
  }
  AcceptedSurvivors accepted;
  for (const auto& message : set.headers) {
    BAUTA_TRY(const PartnerIndex partner, claimed_signer(message));
    if (!u2.headers.contains(partner)) {
      return Error{ErrorCode::not_in_cohort, "the survivor set holds a partner that is not in U2"};
    }
    const std::string& name = roster.entries[partner].partner_id;
    if (!accepted.survivors.empty() && partner <= *accepted.survivors.rbegin()) {
      return Error{ErrorCode::malformed, "the survivor set is not in roster order or holds " + name + " twice"};
    }
    BAUTA_TRY(const Bytes header_payload, open_blob(label::kMaskedUpdate, roster, partner, message));
    BAUTA_TRY(const auto header, decode<MaskedUpdateHeader>(header_payload));
    if (header.rctx != context.rctx || header.l1 != u1.l1 || header.u2_hash != u2.u2) {
      return Error{ErrorCode::equivocation, name + " saw another U1 or U2 than we did"};
    }
    if (header.partner != partner || header.dimension != context.descriptor.dimension) {
      return Error{ErrorCode::malformed, "the masked update of " + name + " names another partner or dimension"};
    }
    accepted.survivors.insert(partner);
    accepted.messages.emplace(partner, sha256(message));
    accepted.vector_roots.emplace(partner, header.vector_root);
  }
  if (accepted.survivors.size() < context.descriptor.thresholds.n_min) {
    return too_few(accepted.survivors.size(), context.descriptor.thresholds.n_min);
  }
  const auto survives = [&](PartnerIndex partner) { return accepted.survivors.contains(partner); };
  const auto* const lonely = cut_off_survivor(context.descriptor.graph, u2.headers, survives);
  if (BAUTA_DEFENDS(connected_survivors) && lonely) {
    return Error{ErrorCode::threshold_lost, "U3 cuts " + roster.entries[lonely->partner].partner_id +
                                                " off: too few of the neighbours that it drew itself are in it"};
  }
  accepted.u3 = u3_hash(context.rctx, u1.l1, u2.u2, set.headers);
  return accepted;
}

Result<bool> check_own_survival(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3,
                                ByteView own_header, std::uint32_t honest_survivors) {
  const std::size_t needed = context.descriptor.f_max + std::size_t{honest_survivors};
  if (u3.survivors.size() < needed) return too_few(u3.survivors.size(), needed);
  const auto message = u3.messages.find(membership.self);
  if (message == u3.messages.end()) return false;
  if (message->second != sha256(own_header)) {
    return Error{ErrorCode::equivocation, "our own masked update header was changed"};
  }
  return true;
}

Bytes certify_survivors(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3) {
  return sign_blob(label::kCertify, membership.roster->federation_id, *membership.signing_key, membership.self,
                   encode(SurvivorStatement{context.rctx, u3.u3}));
}

}  // namespace bauta::client
