// Phase 4, client's side: checks U3 and signs it, once.
#pragma once

#include <set>

#include "client/round/phase3_masked_update.h"

namespace bauta::client {

/// U3 as this client accepted it.
struct AcceptedSurvivors {
  Digest u3{};
  std::set<PartnerIndex> survivors;
  bool self_survived = false;  ///< whether this client's own upload counts; only then may it sign
};

/// Checks all signatures, that all headers agree on U2, that the own header (if there) is unchanged, and
/// |U3| >= max(n_min, f_max + honest_survivors), the last being this partner's own setting.
Result<AcceptedSurvivors> accept_survivor_set(const Membership& membership, const RoundContext& context,
                                              const AcceptedKeys& u1, const AcceptedShares& u2, ByteView own_header,
                                              std::uint32_t honest_survivors, ByteView survivor_set);

/// The signed statement on U3. The caller has made sure that no other U3 was ever signed on this model.
Bytes certify_survivors(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3);

}  // namespace bauta::client
