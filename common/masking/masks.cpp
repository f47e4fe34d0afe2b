#include "common/masking/masks.h"

#include <utility>

#include "common/base/defence.h"
#include "common/masking/pairwise_masks.h"

namespace bauta {

void Masks::add(MaskKey key, bool subtract) {
  keys_.push_back(std::move(key));
  subtract_.push_back(subtract);
}

std::vector<MaskTerm> Masks::terms() const {
  std::vector<MaskTerm> terms;
  terms.reserve(keys_.size());
  for (std::size_t i = 0; i < keys_.size(); ++i) terms.push_back({&keys_[i], subtract_[i]});
  return terms;
}

Status add_masks_left_by(Masks& masks, const Digest& rctx, const Digest& l1,
                         const std::map<PartnerIndex, AdvertiseKeys>& keys, const MaskGraph& graph,
                         const std::set<PartnerIndex>& survivors, PartnerIndex owner, const SecretBytes<32>& secret) {
  if (survivors.contains(owner)) {
    if (BAUTA_DEFENDS(self_mask)) masks.add(self_mask_key(rctx, l1, owner, secret), true);
    return {};
  }
  for (const PartnerIndex survivor : graph.masks_with(owner)) {
    if (!survivors.contains(survivor)) continue;
    BAUTA_TRY(MaskKey key,
              pair_mask_key(rctx, l1, owner, secret, keys.at(owner).m_pk, survivor, keys.at(survivor).m_pk));
    // What the survivor has added is taken out, and the other way round.
    masks.add(std::move(key), !subtracts_pair_mask(survivor, owner));
  }
  return {};
}

}  // namespace bauta
