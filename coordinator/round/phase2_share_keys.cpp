#include "coordinator/round/phase2_share_keys.h"

#include <algorithm>

#include "common/masking/transcript.h"

namespace bauta::coordinator {

ShareKeysPhase::ShareKeysPhase(const RoundContext& context, const AdvertiseKeysPhase& phase1)
    : context_(&context), l1_(phase1.l1()), holders_(phase1.inbox().partners()) {}

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
  if (!std::binary_search(holders_.begin(), holders_.end(), from)) {
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
  if (header.neighbours != holders_) {
    return Error{ErrorCode::malformed, "the share header's neighbours are not U1, as the complete graph requires"};
  }
  if (dealt.decoded.size() != holders_.size()) {
    return Error{ErrorCode::malformed, "the number of leaves is not the number of neighbours"};
  }
  for (std::size_t i = 0; i < holders_.size(); ++i) {
    if (dealt.decoded[i].recipient != holders_[i]) {
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
  dealt_.emplace(from, *std::move(dealt));
  inbox_.put(from, std::move(message));
}

std::vector<Bytes> ShareKeysPhase::headers() const {
  std::vector<Bytes> list;
  for (const auto& [partner, dealt] : dealt_) list.push_back(dealt.header_blob);
  return list;
}

Digest ShareKeysPhase::u2_hash() const { return bauta::u2_hash(context_->rctx, l1_, headers()); }

const ShareLeaf& ShareKeysPhase::leaf(PartnerIndex dealer, PartnerIndex holder) const {
  const auto place = std::lower_bound(holders_.begin(), holders_.end(), holder) - holders_.begin();
  return dealt_.at(dealer).decoded.at(static_cast<std::size_t>(place));
}

Bytes ShareKeysPhase::close() const { return encode(HeaderSet{context_->rctx, l1_, headers()}); }

Bytes ShareKeysPhase::package_for(PartnerIndex holder, ByteView signed_set) const {
  SharePackage package;
  package.header_set.assign(signed_set.begin(), signed_set.end());
  const auto place =
      static_cast<std::size_t>(std::lower_bound(holders_.begin(), holders_.end(), holder) - holders_.begin());
  for (const auto& [dealer, dealt] : dealt_) {
    package.leaves.push_back({dealer, dealt.leaves.at(place), dealt.tree.proof(place)});
  }
  return encode(package);
}

}  // namespace bauta::coordinator
