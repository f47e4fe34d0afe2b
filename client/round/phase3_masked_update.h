// Phase 3, client's side: checks U2 and the shares dealt to this client, then masks its update in place.
#pragma once

#include <functional>
#include <map>
#include <span>

#include "client/round/mask_sum.h"
#include "client/round/phase2_share_keys.h"
#include "common/masking/mask_graph.h"
#include "common/masking/shamir.h"

namespace bauta::client {

/// The two shares of one dealer; at most one of them is ever revealed.
struct HeldShares {
  ShamirShare b;
  ShamirShare m;
};

/// U2, verified.
struct AcceptedHeaders {
  Digest u2{};
  std::map<PartnerIndex, ShareKeysHeader> headers;  ///< in roster order
  std::map<PartnerIndex, Digest> messages;          ///< SHA-256 of each header as it was in the set
  MaskGraph graph;
};

/// What every partner checks alike: the coordinator's signature, every header's signature and transcript, that it names
/// holders the round's graph allows, and |U2| >= n_min.
Result<AcceptedHeaders> verify_header_set(const RoundContext& context, const AcceptedKeys& u1, ByteView header_set);

/// What was dealt to this client.
struct AcceptedShares {
  std::map<PartnerIndex, HeldShares> shares;  ///< by dealer; without those complained of
  std::vector<PartnerIndex> complaints;       ///< dealers whose leaf did not open or missed its own hashes
};

/// What concerns this client: its own header is there unchanged, and each leaf is the one its dealer signed. A leaf
/// that a dealer spoilt becomes a complaint; a leaf that is not the dealer's is the coordinator's doing and an error.
Result<AcceptedShares> accept_leaves(const Membership& membership, const RoundContext& context,
                                     const AdvertisedKeys& own, const AcceptedKeys& u1, const DealtShares& dealt,
                                     const AcceptedHeaders& u2, std::span<const DeliveredLeaf> leaves);

/// Adds this client's self mask and its pair masks with its neighbours in U2 to the packed update and returns the
/// signed header. `words` has context.layout().word_count() words and must be written to disk before the header or any
/// of it leaves.
Result<Bytes> mask_update(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                          const AcceptedKeys& u1, const DealtShares& dealt, const AcceptedHeaders& u2,
                          std::span<const PartnerIndex> complaints, std::span<std::uint64_t> words);

/// Fills `words` with those of the packed update from word `first` on.
using UpdateSource = std::function<Status(std::size_t first, std::span<std::uint64_t> words)>;

/// The same from masks that were summed before: in place `sum` becomes the masked update. What is missing to the pair
/// masks with the neighbours in U2 is added or taken out. After an error `sum` is of no use; errors: malformed, those
/// of `update`.
Result<Bytes> mask_update(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                          const AcceptedKeys& u1, const AcceptedHeaders& u2, std::span<const PartnerIndex> complaints,
                          MaskSum& sum, const UpdateSource& update);

}  // namespace bauta::client
