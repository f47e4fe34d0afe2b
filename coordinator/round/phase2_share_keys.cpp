#include "coordinator/round/phase2_share_keys.h"

#include <algorithm>

#include "common/masking/transcript.h"

namespace bauta::coordinator {

ShareKeysPhase::ShareKeysPhase(const RoundContext& context, const AdvertiseKeysPhase& phase1)
    : context_(&context), l1_(phase1.l1()), u1_(phase1.inbox().partners()) {}

Result<ShareKeysPhase::Dealt> ShareKeysPhase::decode_dealt(ByteView message) const {
  BAUTA_TRY(auto keys, decode<ShareKeys>(message));
  BAUTA_TRY(const auto blob, decode<SignedBlob>(keys.header));
  BAUTA_TRY(auto header, decode<ShareKeysHeader>(blob.payload));
  std::vector<ShareLeaf> leaves;
  std::vector<Digest> leaf_hashes;
  for (const auto& leaf : keys.leaves) {
    BAUTA_TRY(auto decoded, decode<ShareLeaf>(leaf));
    leaves.push_back(std::move(decoded));
    leaf_hashes.push_back(merkle_leaf(leaf));
  }
  return Dealt{std::move(keys.header), std::move(header), std::move(keys.leaves), std::move(leaves),
               MerkleTree(std::move(leaf_hashes))};
}

Result<bool> ShareKeysPhase::check(PartnerIndex from, ByteView message) const {
  if (!std::binary_search(u1_.begin(), u1_.end(), from)) {
    return Error{ErrorCode::not_in_cohort, "this partner advertised no keys in phase 1 and is not in U1"};
  }
  BAUTA_TRY(const bool repeat, inbox_.is_repeat(from, message));
  if (repeat) return true;
  BAUTA_TRY(const auto dealt, decode_dealt(message));
  if (auto opened = open_blob(label::kShareKeys, *context_->roster, from, dealt.header_blob); !opened.ok()) {
    return std::move(opened).error();
  }
  const auto& header = dealt.header;
  if (header.rctx != context_->rctx || header.l1 != l1_) {
    return Error{ErrorCode::wrong_context, "the share header belongs to another round or another U1"};
  }
  if (header.partner != from) return Error{ErrorCode::malformed, "the share header names another partner"};
  if (!may_have_drawn(context_->descriptor.graph, from, header.neighbours, u1_)) {
    return Error{ErrorCode::malformed, "the share header's neighbours are not such as the round's graph requires"};
  }
  if (dealt.decoded.size() != header.neighbours.size()) {
    return Error{ErrorCode::malformed, "the number of leaves is not the number of neighbours"};
  }
  for (std::size_t i = 0; i < dealt.decoded.size(); ++i) {
    if (dealt.decoded[i].recipient != header.neighbours[i]) {
      return Error{ErrorCode::malformed, "a leaf is addressed to another partner than its place says"};
    }
  }
  if (dealt.tree.root() != header.leaf_root) {
    return Error{ErrorCode::bad_share, "the leaves do not hash to the signed root"};
  }
  return false;
}

void ShareKeysPhase::apply(PartnerIndex from, Bytes message) {
  auto dealt = decode_dealt(message);
  BAUTA_CHECK(dealt.ok());
  headers_.emplace(from, std::move(dealt->header));
  dealt_.emplace(from, *std::move(dealt));
  inbox_.put(from, std::move(message));
}

std::vector<Bytes> ShareKeysPhase::header_blobs() const {
  std::vector<Bytes> list;
  for (const auto& [partner, dealt] : dealt_) list.push_back(dealt.header_blob);
  return list;
}

Digest ShareKeysPhase::u2_hash() const { return bauta::u2_hash(context_->rctx, l1_, header_blobs()); }

std::optional<std::size_t> ShareKeysPhase::place_of(PartnerIndex dealer, PartnerIndex holder) const {
  const auto header = headers_.find(dealer);
  if (header == headers_.end()) return std::nullopt;
  const auto& holders = header->second.neighbours;
  const auto found = std::lower_bound(holders.begin(), holders.end(), holder);
  if (found == holders.end() || *found != holder) return std::nullopt;
  return static_cast<std::size_t>(found - holders.begin());
}

const ShareLeaf* ShareKeysPhase::leaf(PartnerIndex dealer, PartnerIndex holder) const {
  const auto place = place_of(dealer, holder);
  return place ? &dealt_.at(dealer).decoded[*place] : nullptr;
}

Bytes ShareKeysPhase::close() const { return encode(HeaderSet{context_->rctx, l1_, header_blobs()}); }

std::optional<DeliveredLeaf> ShareKeysPhase::delivered_leaf(PartnerIndex dealer, PartnerIndex holder) const {
  const auto place = place_of(dealer, holder);
  if (!place) return std::nullopt;
  const Dealt& dealt = dealt_.at(dealer);
  return DeliveredLeaf{dealer, dealt.leaves.at(*place), dealt.tree.proof(*place)};
}

std::vector<DeliveredLeaf> ShareKeysPhase::leaves_for(PartnerIndex holder, const MaskGraph& graph) const {
  std::vector<DeliveredLeaf> leaves;
  for (const PartnerIndex dealer : graph.dealers_to(holder)) leaves.push_back(delivered_leaf(dealer, holder).value());
  return leaves;
}

}  // namespace bauta::coordinator
