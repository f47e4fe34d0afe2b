// Phase 1, client's side: two fresh key pairs for this attempt, signed together with the round they belong to.
#pragma once

#include "client/round/membership.h"
#include "common/base/random_source.h"
#include "common/crypto/x25519.h"
#include "common/masking/round_context.h"

namespace bauta::client {

struct AdvertisedKeys {
  X25519KeyPair e;  ///< encrypts shares
  X25519KeyPair m;  ///< agrees on pair masks
  Bytes message;    ///< the signed phase-1 message
};

/// `vouches`: this client has the round's model from the plan or from aggregates it applied, not from the coordinator.
AdvertisedKeys advertise_keys(const Membership& membership, const RoundContext& context, bool vouches,
                              RandomSource& random);

}  // namespace bauta::client
