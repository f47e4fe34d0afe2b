#include "client/round/phase5_unmask.h"

#include <algorithm>

#include "common/base/defence.h"
#include "common/masking/merkle.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/transcript.h"

namespace bauta::client {

Status check_certificate(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3,
                         ByteView certificate) {
  BAUTA_TRY(const Bytes payload, open_blob(label::kCertificate, *membership.roster, kCoordinatorSigner, certificate));
  BAUTA_TRY(const auto decoded, decode<Certificate>(payload));
  if (BAUTA_DEFENDS(certificate_round) && decoded.rctx != context.rctx) {
    return Error{ErrorCode::wrong_context, "the certificate belongs to another round"};
  }
  if (BAUTA_DEFENDS(certificate_survivors) && decoded.u3_hash != u3.u3) {
    return Error{ErrorCode::equivocation, "the certificate is for another U3 than we saw"};
  }
  std::set<PartnerIndex> signers;
  for (const auto& statement : decoded.statements) {
    BAUTA_TRY(const PartnerIndex partner, claimed_signer(statement));
    if (BAUTA_DEFENDS(certificate_survivors) && !u3.survivors.contains(partner)) {
      return Error{ErrorCode::not_in_cohort, "the certificate holds a signature of a partner that is not in U3"};
    }
    BAUTA_TRY(const Bytes statement_payload, open_blob(label::kCertify, *membership.roster, partner, statement));
    BAUTA_TRY(const auto signed_statement, decode<SurvivorStatement>(statement_payload));
    if ((BAUTA_DEFENDS(certificate_round) && signed_statement.rctx != context.rctx) ||
        (BAUTA_DEFENDS(certificate_survivors) && signed_statement.u3_hash != u3.u3)) {
      return Error{ErrorCode::equivocation,
                   membership.roster->entries[partner].partner_id + " signed another U3 than the certificate claims"};
    }
    signers.insert(partner);
  }
  if (BAUTA_DEFENDS(certificate_threshold) && signers.size() < context.descriptor.thresholds.certify) {
    return Error{ErrorCode::threshold_lost, "the certificate has " + std::to_string(signers.size()) + " signatures, " +
                                                std::to_string(context.descriptor.thresholds.certify) + " are needed"};
  }
  return {};
}

Bytes unmask(const Membership& membership, const RoundContext& context, const AcceptedShares& held,
             const AcceptedSurvivors& u3) {
  UnmaskShares shares{context.rctx, u3.u3, {}};
  for (const auto& [dealer, both] : held.shares) {
    const ShamirShare& share = u3.survivors.contains(dealer) ? both.b : both.m;
    RevealedShare revealed{dealer, {}};
    std::copy(share.reveal().begin(), share.reveal().end(), revealed.share.begin());
    shares.shares.push_back(revealed);
  }
  return sign_blob(label::kUnmask, membership.roster->federation_id, *membership.signing_key, membership.self,
                   encode(shares));
}

Result<Aggregate> verify_aggregate(const RoundContext& context, const AcceptedKeys& u1, const AcceptedHeaders& u2,
                                   const AcceptedSurvivors& u3, ByteView checked, ByteView aggregate) {
  BAUTA_TRY(const Bytes payload, open_blob(label::kAggregate, *context.roster, kCoordinatorSigner, aggregate));
  BAUTA_TRY(auto decoded, decode<Aggregate>(payload));
  if (decoded.rctx != context.rctx || decoded.u3_hash != u3.u3) {
    return Error{ErrorCode::wrong_context, "the aggregate belongs to another round or another U3"};
  }
  const bool known = std::equal(decoded.certificate.begin(), decoded.certificate.end(), checked.begin(), checked.end());
  if (checked.empty() || !known) {
    BAUTA_RETURN_IF_ERROR(check_certificate({context.roster}, context, u3, decoded.certificate));
  }
  if (decoded.secrets.size() != u2.headers.size()) {
    return Error{ErrorCode::bad_share, "the aggregate does not publish one secret for each partner of U2"};
  }
  for (const auto& revealed : decoded.secrets) {
    const auto header = u2.headers.find(revealed.partner);
    if (header == u2.headers.end()) {
      return Error{ErrorCode::not_in_cohort, "the aggregate publishes a secret of a partner that is not in U2"};
    }
    const SecretBytes<32> secret{std::span<const std::uint8_t, 32>(revealed.secret)};
    const bool holds = u3.survivors.contains(revealed.partner)
                           ? self_seed_commitment(context.rctx, revealed.partner, secret) == header->second.commitment
                           : x25519_public(secret) == u1.keys.at(revealed.partner).m_pk;
    if (!holds) {
      return Error{ErrorCode::bad_share, "the published secret of " +
                                             context.roster->entries[revealed.partner].partner_id +
                                             " is not what it committed to"};
    }
  }
  return decoded;
}

Result<Aggregate> accept_aggregate(const RoundContext& context, const AcceptedKeys& u1, const AcceptedHeaders& u2,
                                   const AcceptedSurvivors& u3, ByteView checked, ByteView aggregate,
                                   std::span<const std::uint64_t> sum) {
  BAUTA_TRY(Aggregate opened, verify_aggregate(context, u1, u2, u3, checked, aggregate));
  if (sum.size() != context.layout().word_count() || vector_root(wire_bytes(sum)) != opened.sum_root) {
    return Error{ErrorCode::bad_share, "the sum that arrived is not the one that the coordinator signed"};
  }
  return opened;
}

}  // namespace bauta::client
