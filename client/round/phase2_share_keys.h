// Phase 2, client's side: checks U1 against the pinned roster, then deals Shamir shares of its self-mask seed and of
// its mask key, each sealed for one holder.
#pragma once

#include <map>

#include "client/round/phase1_advertise_keys.h"

namespace bauta::client {

/// U1 as this client accepted it.
struct AcceptedKeys {
  Digest l1{};
  std::map<PartnerIndex, AdvertiseKeys> keys;  ///< in roster order, this client included
  std::vector<PartnerIndex> partners() const;
};

/// Checks the coordinator's signature, every partner's signature, that all speak of this round descriptor (and so train
/// the same model), that the own message is there unchanged, that no key stands twice, and |U1| >= n_min. A client that
/// does not vouch for the model itself demands that more than f_max others do.
Result<AcceptedKeys> accept_key_set(const Membership& membership, const RoundContext& context,
                                    const AdvertisedKeys& own, ByteView key_set);

struct DealtShares {
  SecretBytes<32> b;  ///< self-mask seed
  Bytes message;      ///< header and leaves
};

/// Errors: malformed when a partner advertised a key of small order.
Result<DealtShares> share_keys(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                               const AcceptedKeys& u1, RandomSource& random);

}  // namespace bauta::client
