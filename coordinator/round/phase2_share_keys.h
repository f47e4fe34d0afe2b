// Phase 2, coordinator's side: collects each partner's signed share header and sealed leaves, and hands everybody all
// headers but only its own leaves. Its outcome is U2.
#pragma once

#include <map>
#include <optional>

#include "common/masking/mask_graph.h"
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

  bool everybody_in() const { return inbox_.size() >= u1_.size(); }
  const Inbox& inbox() const { return inbox_; }
  const Digest& l1() const { return l1_; }
  Digest u2_hash() const;
  /// By dealer, in roster order; whoever is in it is in U2 once the phase is closed.
  const std::map<PartnerIndex, ShareKeysHeader>& headers() const { return headers_; }
  /// The leaf that `dealer` dealt to `holder`; null when it dealt it none.
  const ShareLeaf* leaf(PartnerIndex dealer, PartnerIndex holder) const;

  /// The same leaf as it is delivered, with its Merkle proof; nothing when there is none.
  std::optional<DeliveredLeaf> delivered_leaf(PartnerIndex dealer, PartnerIndex holder) const;

  /// The payload of the signed U2 set.
  Bytes close() const;
  /// The leaves dealt to `holder` by the members of `graph`, with Merkle proofs.
  std::vector<DeliveredLeaf> leaves_for(PartnerIndex holder, const MaskGraph& graph) const;

 private:
  struct Dealt {
    Bytes header_blob;
    ShareKeysHeader header;
    std::vector<Bytes> leaves;  // as received, in the order of header.neighbours
    std::vector<ShareLeaf> decoded;
    MerkleTree tree;  // of `leaves`
  };
  Result<Dealt> decode_dealt(ByteView message) const;
  std::vector<Bytes> header_blobs() const;
  /// Of the leaf that `dealer` dealt to `holder`, among its leaves.
  std::optional<std::size_t> place_of(PartnerIndex dealer, PartnerIndex holder) const;

  const RoundContext* context_;
  Digest l1_;
  std::vector<PartnerIndex> u1_;
  Inbox inbox_;
  std::map<PartnerIndex, ShareKeysHeader> headers_;
  std::map<PartnerIndex, Dealt> dealt_;  // its headers are in headers_
};

}  // namespace bauta::coordinator
