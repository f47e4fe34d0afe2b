// Phase 5, client's side: against a certificate of T survivors, reveals for each dealer of U2 exactly one share, then
// checks the aggregate that comes of it.
#pragma once

#include "client/round/phase4_certify_survivors.h"

namespace bauta::client {

/// At least T valid statements of distinct survivors on this very U3.
Status check_certificate(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3,
                         ByteView certificate);

/// The signed shares: of b for a survivor, of m_sk for a dropout, never both for one dealer. Call only after
/// check_certificate.
Bytes unmask(const Membership& membership, const RoundContext& context, const AcceptedShares& held,
             const AcceptedSurvivors& u3);

/// What every partner checks alike: the coordinator's signature, the certificate inside (unless it is `checked`, the
/// one that passed check_certificate), and every published secret against what its owner committed to.
Result<Aggregate> verify_aggregate(const RoundContext& context, const AcceptedKeys& u1, const AcceptedHeaders& u2,
                                   const AcceptedSurvivors& u3, ByteView checked, ByteView aggregate);

/// The same, and that `sum` is what was signed.
Result<Aggregate> accept_aggregate(const RoundContext& context, const AcceptedKeys& u1, const AcceptedHeaders& u2,
                                   const AcceptedSurvivors& u3, ByteView checked, ByteView aggregate,
                                   std::span<const std::uint64_t> sum);

}  // namespace bauta::client
