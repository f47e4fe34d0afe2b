#include "client/round/phase3_masked_update.h"

#include <algorithm>

#include "common/crypto/aead.h"
#include "common/masking/mask_stream.h"
#include "common/masking/merkle.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/transcript.h"

namespace bauta::client {
namespace {

// Nothing where the dealer is to blame: it signed a leaf that this holder cannot use.
std::optional<HeldShares> open_leaf(const Membership& membership, const RoundContext& context,
                                    const AdvertisedKeys& own, const AcceptedKeys& u1, PartnerIndex dealer,
                                    ByteView bytes) {
  const auto leaf = decode<ShareLeaf>(bytes);
  if (!leaf.ok() || leaf->recipient != membership.self) return std::nullopt;
  const auto key = share_encryption_key(context.rctx, u1.l1, dealer, membership.self, u1.keys.at(dealer).e_pk,
                                        own.e.public_key, own.e.secret, ShareSide::recipient);
  if (!key.ok()) return std::nullopt;
  auto opened =
      aead_open(*key, kShareNonce, share_associated_data(context.rctx, u1.l1, dealer, membership.self), leaf->sealed);
  if (!opened.ok()) return std::nullopt;
  const WipeOnExit wipe(*opened);
  if (opened->size() != 80) return std::nullopt;
  const std::span<const std::uint8_t> both(*opened);
  const auto share_b = both.first<40>();
  const auto share_m = both.subspan<40, 40>();
  if (share_hash(context.rctx, 'b', dealer, membership.self, share_b) != leaf->hash_b ||
      share_hash(context.rctx, 'm', dealer, membership.self, share_m) != leaf->hash_m) {
    return std::nullopt;
  }
  return HeldShares{ShamirShare(share_b), ShamirShare(share_m)};
}

}  // namespace

Result<AcceptedShares> accept_share_package(const Membership& membership, const RoundContext& context,
                                            const AdvertisedKeys& own, const AcceptedKeys& u1, const DealtShares& dealt,
                                            ByteView package) {
  BAUTA_TRY(const auto delivered, decode<SharePackage>(package));
  BAUTA_TRY(const Bytes payload,
            open_blob(label::kHeaderSet, *membership.roster, kCoordinatorSigner, delivered.header_set));
  BAUTA_TRY(const auto set, decode<HeaderSet>(payload));
  if (set.rctx != context.rctx || set.l1 != u1.l1) {
    return Error{ErrorCode::wrong_context, "the header set belongs to another round or another U1"};
  }
  if (set.headers.size() != delivered.leaves.size()) {
    return Error{ErrorCode::malformed, "the share package does not hold one leaf for each header"};
  }
  BAUTA_TRY(const auto own_message, decode<ShareKeys>(dealt.message));
  const auto holders = u1.partners();
  const auto self_place =
      static_cast<std::uint64_t>(std::lower_bound(holders.begin(), holders.end(), membership.self) - holders.begin());

  AcceptedShares accepted;
  bool own_present = false;
  for (std::size_t i = 0; i < set.headers.size(); ++i) {
    BAUTA_TRY(const PartnerIndex dealer, claimed_signer(set.headers[i]));
    if (!u1.keys.contains(dealer)) {
      return Error{ErrorCode::not_in_cohort, "the header set holds a partner that is not in U1"};
    }
    const std::string& name = membership.roster->entries[dealer].partner_id;
    if (!accepted.headers.empty() && dealer <= accepted.headers.rbegin()->first) {
      return Error{ErrorCode::malformed, "the header set is not in roster order or holds " + name + " twice"};
    }
    BAUTA_TRY(const Bytes header_payload, open_blob(label::kShareKeys, *membership.roster, dealer, set.headers[i]));
    BAUTA_TRY(auto header, decode<ShareKeysHeader>(header_payload));
    if (header.rctx != context.rctx || header.l1 != u1.l1) {
      return Error{ErrorCode::equivocation, name + " saw another U1 than we did"};
    }
    if (header.partner != dealer || header.neighbours != holders) {
      return Error{ErrorCode::malformed, "the share header of " + name + " names another partner or other holders"};
    }
    const auto& leaf = delivered.leaves[i];
    if (leaf.dealer != dealer ||
        !verify_merkle_proof(header.leaf_root, holders.size(), self_place, merkle_leaf(leaf.leaf), leaf.proof)) {
      return Error{ErrorCode::bad_share, "the coordinator delivered a leaf that " + name + " did not sign"};
    }
    if (dealer == membership.self) {
      if (set.headers[i] != own_message.header) {
        return Error{ErrorCode::equivocation, "our own share header was changed"};
      }
      own_present = true;
    }
    if (auto shares = open_leaf(membership, context, own, u1, dealer, leaf.leaf)) {
      accepted.shares.emplace(dealer, *std::move(shares));
    } else {
      accepted.complaints.push_back(dealer);
    }
    accepted.headers.emplace(dealer, std::move(header));
  }
  if (!own_present) return Error{ErrorCode::not_in_cohort, "our own header is missing from the header set"};
  if (accepted.headers.size() < context.descriptor.thresholds.n_min) {
    return Error{ErrorCode::threshold_lost, "U2 has " + std::to_string(accepted.headers.size()) + " partners, " +
                                                std::to_string(context.descriptor.thresholds.n_min) + " are needed"};
  }
  accepted.u2 = u2_hash(context.rctx, u1.l1, set.headers);
  return accepted;
}

Result<Bytes> mask_update(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                          const AcceptedKeys& u1, const DealtShares& dealt, const AcceptedShares& u2,
                          std::span<std::uint64_t> words) {
  const PartnerIndex self = membership.self;
  std::vector<MaskKey> keys;
  std::vector<bool> subtract;
  keys.push_back(self_mask_key(context.rctx, u1.l1, self, dealt.b));
  subtract.push_back(false);
  for (const auto& [other, header] : u2.headers) {
    if (other == self) continue;
    BAUTA_TRY(auto key,
              pair_mask_key(context.rctx, u1.l1, self, own.m.secret, own.m.public_key, other, u1.keys.at(other).m_pk));
    keys.push_back(std::move(key));
    subtract.push_back(subtracts_pair_mask(self, other));
  }
  std::vector<MaskTerm> terms;
  for (std::size_t i = 0; i < keys.size(); ++i) terms.push_back({&keys[i], subtract[i]});
  apply_masks(words, context.descriptor.lane, terms);

  MerkleBuilder tree;
  tree.update(wire_bytes(words));
  const MaskedUpdateHeader header{context.rctx,  u1.l1,        u2.u2, self, context.descriptor.dimension,
                                  tree.finish(), u2.complaints};
  return sign_blob(label::kMaskedUpdate, membership.roster->federation_id, *membership.signing_key, self,
                   encode(header));
}

}  // namespace bauta::client
