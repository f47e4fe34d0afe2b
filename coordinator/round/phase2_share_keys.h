// Phase 2, coordinator's side: collects each partner's signed share header and sealed leaves, and hands everybody all
// headers but only its own leaves. Its outcome is U2.
#pragma once

#include <map>

#include "common/masking/merkle.h"
#include "common/masking/round_context.h"
#include "coordinator/round/inbox.h"
#include "coordinator/round/phase1_advertise_keys.h"

namespace bauta::coordinator {

class ShareKeysPhase {
 public:
  /// Both must outlive this.
  ShareKeysPhase(const RoundContext& context, const AdvertiseKeysPhase& phase1);

  Result<bool> check(PartnerIndex from, ByteView message) const;
  void apply(PartnerIndex from, Bytes message);

  bool everybody_in() const { return inbox_.size() >= holders_.size(); }
  const Inbox& inbox() const { return inbox_; }
  const Digest& l1() const { return l1_; }
  Digest u2_hash() const;
  /// Who holds shares: U1, in roster order.
  const std::vector<PartnerIndex>& holders() const { return holders_; }
  const ShareKeysHeader& header(PartnerIndex dealer) const { return dealt_.at(dealer).header; }
  /// The leaf that `dealer` dealt to `holder`.
  const ShareLeaf& leaf(PartnerIndex dealer, PartnerIndex holder) const;

  /// The payload of the signed U2 set.
  Bytes close() const;
  /// What `holder` gets: the signed set and its own leaves with Merkle proofs.
  Bytes package_for(PartnerIndex holder, ByteView signed_set) const;

 private:
  struct Dealt {
    Bytes header_blob;
    ShareKeysHeader header;
    std::vector<Bytes> leaves;  // as received, in the order of holders_
    std::vector<ShareLeaf> decoded;
    MerkleTree tree;  // of `leaves`
  };
  Result<Dealt> decode_dealt(ByteView message) const;
  std::vector<Bytes> headers() const;

  const RoundContext* context_;
  Digest l1_;
  std::vector<PartnerIndex> holders_;
  Inbox inbox_;
  std::map<PartnerIndex, Dealt> dealt_;
};

}  // namespace bauta::coordinator
