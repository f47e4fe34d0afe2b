// Several masks with their keys, and those that the survivors' uploads leave in their sum (docs/protocol.md §4, phase
// 5).
#pragma once

#include <map>
#include <set>
#include <vector>

#include "common/masking/mask_graph.h"
#include "common/masking/mask_stream.h"
#include "common/masking/wire.h"

namespace bauta {

/// Move-only; the keys are wiped on destruction.
class Masks {
 public:
  void add(MaskKey key, bool subtract);
  std::size_t size() const { return keys_.size(); }
  /// Views into this, valid until the next add().
  std::vector<MaskTerm> terms() const;

 private:
  std::vector<MaskKey> keys_;
  std::vector<bool> subtract_;
};

/// What a partner of U2 has left in the sum of the survivors' uploads, so as to be taken out, by the secret that phase
/// 5 has opened: of a survivor its self mask, by its seed b; of a dropout the pair masks with the survivors it shares
/// one with, by its mask key. `keys` has all of U1. Errors: malformed for a survivor's key of small order.
Status add_masks_left_by(Masks& masks, const Digest& rctx, const Digest& l1,
                         const std::map<PartnerIndex, AdvertiseKeys>& keys, const MaskGraph& graph,
                         const std::set<PartnerIndex>& survivors, PartnerIndex owner, const SecretBytes<32>& secret);

}  // namespace bauta
