// Phase 3, client's side: checks U2 and the shares dealt to this client, then masks its update in place.
#pragma once

#include <map>
#include <span>

#include "client/round/phase2_share_keys.h"
#include "common/masking/shamir.h"

namespace bauta::client {

/// The two shares of one dealer; at most one of them is ever revealed.
struct HeldShares {
  ShamirShare b;
  ShamirShare m;
};

/// U2 as this client accepted it.
struct AcceptedShares {
  Digest u2{};
  std::map<PartnerIndex, ShareKeysHeader> headers;  ///< U2 in roster order
  std::map<PartnerIndex, HeldShares> shares;        ///< by dealer; without those complained of
  std::vector<PartnerIndex> complaints;             ///< dealers whose leaf did not open or missed its own hashes
};

/// Checks the coordinator's signature, every header's signature and transcript, that the own header is there unchanged,
/// |U2| >= n_min, and that each leaf is the one its dealer signed. A leaf that a dealer spoilt becomes a complaint; a
/// leaf that is not the dealer's is the coordinator's doing and an error.
Result<AcceptedShares> accept_share_package(const Membership& membership, const RoundContext& context,
                                            const AdvertisedKeys& own, const AcceptedKeys& u1, const DealtShares& dealt,
                                            ByteView package);

/// Adds this client's self mask and its pair masks with all of U2 to the packed update and returns the signed header.
/// `words` has context.layout().word_count() words and must be written to disk before the header or any of it leaves.
Result<Bytes> mask_update(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                          const AcceptedKeys& u1, const DealtShares& dealt, const AcceptedShares& u2,
                          std::span<std::uint64_t> words);

}  // namespace bauta::client
