// Phase 2, client's side: checks U1 against the pinned roster, then deals Shamir shares of its self-mask seed and of
// its mask key, each sealed for one holder.
#pragma once

#include <map>

#include "client/round/phase1_advertise_keys.h"

namespace bauta::client {

/// U1, verified.
struct AcceptedKeys {
  Digest l1{};
  std::map<PartnerIndex, AdvertiseKeys> keys;  ///< in roster order
  std::map<PartnerIndex, Digest> messages;     ///< SHA-256 of each partner's message as it was in the set
  std::uint32_t vouching = 0;                  ///< partners that vouch for the model
  std::vector<PartnerIndex> partners() const;
};

/// What every partner checks alike: the coordinator's signature, every partner's signature, that all speak of this
/// round descriptor (and so train the same model), that no key stands twice, and |U1| >= n_min.
Result<AcceptedKeys> verify_key_set(const RoundContext& context, ByteView key_set);

/// What concerns this client: its own message is there unchanged, and, if it does not vouch for the model itself, more
/// than f_max others do.
Status check_own_keys(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                      const AcceptedKeys& u1);

struct DealtShares {
  SecretBytes<32> b;  ///< self-mask seed
  Bytes message;      ///< header and leaves
  /// What X25519 of e gave with every holder: it seals what they deal to us, too. Empty after a restart.
  std::map<PartnerIndex, SecretBytes<32>> agreed;
};

/// Errors: malformed when a partner advertised a key of small order.
Result<DealtShares> share_keys(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                               const AcceptedKeys& u1, RandomSource& random);

}  // namespace bauta::client
