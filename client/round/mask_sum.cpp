#include "client/round/mask_sum.h"

#include <string.h>

#include "common/base/defence.h"
#include "common/masking/masks.h"
#include "common/masking/pairwise_masks.h"

namespace bauta::client {

MaskSum& MaskSum::operator=(MaskSum&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  words_ = std::move(other.words_);
  partners_ = std::move(other.partners_);
  return *this;
}

void MaskSum::wipe() {
  if (!words_.empty()) explicit_bzero(words_.data(), words_.size() * sizeof(std::uint64_t));
}

Result<Masking> Masking::create(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                                const AcceptedKeys& u1, const DealtShares& dealt) {
  BAUTA_TRY(const auto message, decode<ShareKeys>(dealt.message));
  BAUTA_TRY(const auto blob, decode<SignedBlob>(message.header));
  BAUTA_TRY(const auto header, decode<ShareKeysHeader>(blob.payload));
  Masking masking;
  masking.rctx_ = context.rctx;
  masking.l1_ = u1.l1;
  masking.layout_ = context.layout();
  masking.self_ = membership.self;
  masking.b_ = dealt.b.copy();
  masking.secret_ = own.m.secret.copy();
  masking.public_ = own.m.public_key;
  for (const PartnerIndex other : header.neighbours) {
    if (other != membership.self) masking.others_.emplace(other, u1.keys.at(other).m_pk);
  }
  return masking;
}

Result<MaskSum> Masking::compute() const {
  MaskSum sum(layout_);
  Masks masks;
  if (BAUTA_DEFENDS(self_mask)) masks.add(self_mask_key(rctx_, l1_, self_, b_), false);
  for (const auto& [other, other_public] : others_) {
    BAUTA_TRY(auto key, pair_mask_key(rctx_, l1_, self_, secret_, public_, other, other_public));
    masks.add(std::move(key), subtracts_pair_mask(self_, other));
    sum.partners_.insert(other);
  }
  apply_masks(sum.words_, layout_.lane_bits, masks.terms());
  return sum;
}

}  // namespace bauta::client
