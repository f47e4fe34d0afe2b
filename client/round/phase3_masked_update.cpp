#include "client/round/phase3_masked_update.h"

#include <algorithm>

#include "common/base/defence.h"
#include "common/crypto/aead.h"
#include "common/crypto/sha256.h"
#include "common/masking/masks.h"
#include "common/masking/merkle.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/transcript.h"

namespace bauta::client {
namespace {

// 128 KiB: what is added, masked and hashed stays in the cache meanwhile.
constexpr std::size_t kPieceWords = 16 * 1024;

// Nothing where the dealer is to blame: it signed a leaf that this holder cannot use.
std::optional<HeldShares> open_leaf(const Membership& membership, const RoundContext& context,
                                    const AdvertisedKeys& own, const AcceptedKeys& u1, const DealtShares& dealt,
                                    PartnerIndex dealer, ByteView bytes) {
  const auto leaf = decode<ShareLeaf>(bytes);
  if (!leaf.ok() || leaf->recipient != membership.self) return std::nullopt;
  const X25519Public& dealer_public = u1.keys.at(dealer).e_pk;
  const auto key = [&]() -> Result<SecretBytes<32>> {
    const auto agreed = dealt.agreed.find(dealer);
    if (agreed == dealt.agreed.end()) {
      return share_encryption_key(context.rctx, u1.l1, dealer, membership.self, dealer_public, own.e.public_key,
                                  own.e.secret, ShareSide::recipient);
    }
    return share_encryption_key(context.rctx, u1.l1, dealer, membership.self, dealer_public, own.e.public_key,
                                agreed->second);
  }();
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

Result<AcceptedHeaders> verify_header_set(const RoundContext& context, const AcceptedKeys& u1, ByteView header_set) {
  const Roster& roster = *context.roster;
  BAUTA_TRY(const Bytes payload, open_blob(label::kHeaderSet, roster, kCoordinatorSigner, header_set));
  BAUTA_TRY(const auto set, decode<HeaderSet>(payload));
  if (set.rctx != context.rctx || set.l1 != u1.l1) {
    return Error{ErrorCode::wrong_context, "the header set belongs to another round or another U1"};
  }
  const auto partners = u1.partners();
  AcceptedHeaders accepted;
  for (const Bytes& message : set.headers) {
    BAUTA_TRY(const PartnerIndex dealer, claimed_signer(message));
    if (!u1.keys.contains(dealer)) {
      return Error{ErrorCode::not_in_cohort, "the header set holds a partner that is not in U1"};
    }
    const std::string& name = roster.entries[dealer].partner_id;
    if (!accepted.headers.empty() && dealer <= accepted.headers.rbegin()->first) {
      return Error{ErrorCode::malformed, "the header set is not in roster order or holds " + name + " twice"};
    }
    BAUTA_TRY(const Bytes header_payload, open_blob(label::kShareKeys, roster, dealer, message));
    BAUTA_TRY(auto header, decode<ShareKeysHeader>(header_payload));
    if (header.rctx != context.rctx || header.l1 != u1.l1) {
      return Error{ErrorCode::equivocation, name + " saw another U1 than we did"};
    }
    if (header.partner != dealer || !may_have_drawn(context.descriptor.graph, dealer, header.neighbours, partners)) {
      return Error{ErrorCode::malformed, "the share header of " + name + " names another partner or other holders"};
    }
    accepted.headers.emplace(dealer, std::move(header));
    accepted.messages.emplace(dealer, sha256(message));
  }
  if (accepted.headers.size() < context.descriptor.thresholds.n_min) {
    return Error{ErrorCode::threshold_lost, "U2 has " + std::to_string(accepted.headers.size()) + " partners, " +
                                                std::to_string(context.descriptor.thresholds.n_min) + " are needed"};
  }
  accepted.u2 = u2_hash(context.rctx, u1.l1, set.headers);
  accepted.graph = MaskGraph(accepted.headers);
  return accepted;
}

Result<AcceptedShares> accept_leaves(const Membership& membership, const RoundContext& context,
                                     const AdvertisedKeys& own, const AcceptedKeys& u1, const DealtShares& dealt,
                                     const AcceptedHeaders& u2, std::span<const DeliveredLeaf> leaves) {
  const PartnerIndex self = membership.self;
  const auto own_header = u2.messages.find(self);
  if (own_header == u2.messages.end()) {
    return Error{ErrorCode::not_in_cohort, "our own header is missing from the header set"};
  }
  BAUTA_TRY(const auto own_message, decode<ShareKeys>(dealt.message));
  if (own_header->second != sha256(own_message.header)) {
    return Error{ErrorCode::equivocation, "our own share header was changed"};
  }
  const auto& dealers = u2.graph.dealers_to(self);
  if (leaves.size() != dealers.size()) {
    return Error{ErrorCode::malformed, "the share package does not hold one leaf for each partner that dealt to us"};
  }
  AcceptedShares accepted;
  for (std::size_t i = 0; i < dealers.size(); ++i) {
    const PartnerIndex dealer = dealers[i];
    const ShareKeysHeader& header = u2.headers.at(dealer);
    const auto& holders = header.neighbours;
    const auto place = std::lower_bound(holders.begin(), holders.end(), self) - holders.begin();
    const DeliveredLeaf& leaf = leaves[i];
    if (BAUTA_DEFENDS(leaf_proof) &&
        (leaf.dealer != dealer ||
         !verify_merkle_proof(header.leaf_root, holders.size(), static_cast<std::uint64_t>(place),
                              merkle_leaf(leaf.leaf), leaf.proof))) {
      return Error{ErrorCode::bad_share, "the coordinator delivered a leaf that " +
                                             context.roster->entries[dealer].partner_id + " did not sign"};
    }
    if (auto shares = open_leaf(membership, context, own, u1, dealt, dealer, leaf.leaf)) {
      accepted.shares.emplace(dealer, *std::move(shares));
    } else {
      accepted.complaints.push_back(dealer);
    }
  }
  return accepted;
}

namespace {

/// The pair mask with `other`, or the opposite of it.
Status add_pair_mask(Masks& masks, const RoundContext& context, const AcceptedKeys& u1, PartnerIndex self,
                     const AdvertisedKeys& own, PartnerIndex other, bool take_out) {
  auto key = pair_mask_key(context.rctx, u1.l1, self, own.m.secret, own.m.public_key, other, u1.keys.at(other).m_pk);
  if (!key.ok()) return with_context(context.roster->entries[other].partner_id, key.error());
  masks.add(*std::move(key), subtracts_pair_mask(self, other) != take_out);
  return {};
}

/// Adds the update, where it is not in `words` yet, and the masks, hashes and signs, piece by piece.
Result<Bytes> finish_masking(const Membership& membership, const RoundContext& context, const AcceptedKeys& u1,
                             const AcceptedHeaders& u2, std::span<const PartnerIndex> complaints,
                             std::span<std::uint64_t> words, const Masks& masks, const UpdateSource& update) {
  const std::vector<MaskTerm> terms = masks.terms();
  MerkleBuilder tree;
  std::vector<std::uint64_t> plain;
  for (std::size_t first = 0; first < words.size(); first += kPieceWords) {
    const auto piece = words.subspan(first, std::min(kPieceWords, words.size() - first));
    if (update) {
      plain.resize(piece.size());
      BAUTA_RETURN_IF_ERROR(update(first, plain));
      add_packed(piece, plain, context.descriptor.lane);
    }
    apply_masks(piece, context.descriptor.lane, terms, first);
    tree.update(wire_bytes(piece));
  }
  const MaskedUpdateHeader header{context.rctx,
                                  u1.l1,
                                  u2.u2,
                                  membership.self,
                                  context.descriptor.dimension,
                                  tree.finish(),
                                  {complaints.begin(), complaints.end()}};
  return sign_blob(label::kMaskedUpdate, membership.roster->federation_id, *membership.signing_key, membership.self,
                   encode(header));
}

}  // namespace

Result<Bytes> mask_update(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                          const AcceptedKeys& u1, const DealtShares& dealt, const AcceptedHeaders& u2,
                          std::span<const PartnerIndex> complaints, std::span<std::uint64_t> words) {
  const PartnerIndex self = membership.self;
  Masks masks;
  if (BAUTA_DEFENDS(self_mask)) masks.add(self_mask_key(context.rctx, u1.l1, self, dealt.b), false);
  for (const PartnerIndex other : u2.graph.masks_with(self)) {
    BAUTA_RETURN_IF_ERROR(add_pair_mask(masks, context, u1, self, own, other, false));
  }
  return finish_masking(membership, context, u1, u2, complaints, words, masks, {});
}

Result<Bytes> mask_update(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                          const AcceptedKeys& u1, const AcceptedHeaders& u2, std::span<const PartnerIndex> complaints,
                          MaskSum& sum, const UpdateSource& update) {
  const PartnerIndex self = membership.self;
  const auto& neighbours = u2.graph.masks_with(self);
  const std::set<PartnerIndex> wanted(neighbours.begin(), neighbours.end());
  Masks corrections;
  for (const PartnerIndex other : wanted) {
    if (!sum.partners().contains(other)) {
      BAUTA_RETURN_IF_ERROR(add_pair_mask(corrections, context, u1, self, own, other, false));
    }
  }
  for (const PartnerIndex other : sum.partners()) {
    if (!wanted.contains(other)) BAUTA_RETURN_IF_ERROR(add_pair_mask(corrections, context, u1, self, own, other, true));
  }
  return finish_masking(membership, context, u1, u2, complaints, sum.words(), corrections, update);
}

}  // namespace bauta::client
