#include "client/round/phase4_certify_survivors.h"

#include <algorithm>

#include "common/masking/transcript.h"

namespace bauta::client {

Result<AcceptedSurvivors> accept_survivor_set(const Membership& membership, const RoundContext& context,
                                              const AcceptedKeys& u1, const AcceptedShares& u2, ByteView own_header,
                                              std::uint32_t honest_survivors, ByteView survivor_set) {
  BAUTA_TRY(const Bytes payload, open_blob(label::kSurvivorSet, *membership.roster, kCoordinatorSigner, survivor_set));
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
    const std::string& name = membership.roster->entries[partner].partner_id;
    if (!accepted.survivors.empty() && partner <= *accepted.survivors.rbegin()) {
      return Error{ErrorCode::malformed, "the survivor set is not in roster order or holds " + name + " twice"};
    }
    BAUTA_TRY(const Bytes header_payload, open_blob(label::kMaskedUpdate, *membership.roster, partner, message));
    BAUTA_TRY(const auto header, decode<MaskedUpdateHeader>(header_payload));
    if (header.rctx != context.rctx || header.l1 != u1.l1 || header.u2_hash != u2.u2) {
      return Error{ErrorCode::equivocation, name + " saw another U1 or U2 than we did"};
    }
    if (header.partner != partner || header.dimension != context.descriptor.dimension) {
      return Error{ErrorCode::malformed, "the masked update of " + name + " names another partner or dimension"};
    }
    if (partner == membership.self) {
      if (!std::equal(message.begin(), message.end(), own_header.begin(), own_header.end())) {
        return Error{ErrorCode::equivocation, "our own masked update header was changed"};
      }
      accepted.self_survived = true;
    }
    accepted.survivors.insert(partner);
  }
  const auto needed = std::max(context.descriptor.thresholds.n_min, context.descriptor.f_max + honest_survivors);
  if (accepted.survivors.size() < needed) {
    return Error{ErrorCode::threshold_lost, "U3 has " + std::to_string(accepted.survivors.size()) + " partners, " +
                                                std::to_string(needed) + " are needed"};
  }
  accepted.u3 = u3_hash(context.rctx, u1.l1, u2.u2, set.headers);
  return accepted;
}

Bytes certify_survivors(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3) {
  return sign_blob(label::kCertify, membership.roster->federation_id, *membership.signing_key, membership.self,
                   encode(SurvivorStatement{context.rctx, u3.u3}));
}

}  // namespace bauta::client
