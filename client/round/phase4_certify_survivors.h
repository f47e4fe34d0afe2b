// Phase 4, client's side: checks U3 and signs it, once.
#pragma once

#include <map>
#include <set>

#include "client/round/phase3_masked_update.h"

namespace bauta::client {

/// U3, verified.
struct AcceptedSurvivors {
  Digest u3{};
  std::set<PartnerIndex> survivors;
  std::map<PartnerIndex, Digest> messages;      ///< SHA-256 of each header as it was in the set
  std::map<PartnerIndex, Digest> vector_roots;  ///< Merkle root of each masked vector
};

/// What every partner checks alike: all signatures, that all headers agree on U2, |U3| >= n_min, and that no survivor
/// of a sparse graph was cut off from the others.
Result<AcceptedSurvivors> verify_survivor_set(const RoundContext& context, const AcceptedKeys& u1,
                                              const AcceptedHeaders& u2, ByteView survivor_set);

/// What concerns this client: its own header (if there) is unchanged, and |U3| >= f_max + honest_survivors, its own
/// setting. True when its own upload counts; only then may it sign.
Result<bool> check_own_survival(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3,
                                ByteView own_header, std::uint32_t honest_survivors);

/// The signed statement on U3. The caller has made sure that no other U3 was ever signed on this model.
Bytes certify_survivors(const Membership& membership, const RoundContext& context, const AcceptedSurvivors& u3);

}  // namespace bauta::client
