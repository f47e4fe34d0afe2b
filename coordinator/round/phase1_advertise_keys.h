// Phase 1, coordinator's side: collects each partner's two public keys; its outcome is U1 and L1.
#pragma once

#include <map>
#include <set>

#include "common/masking/round_context.h"
#include "coordinator/round/inbox.h"

namespace bauta::coordinator {

class AdvertiseKeysPhase {
 public:
  /// `context` must outlive this.
  explicit AdvertiseKeysPhase(const RoundContext& context) : context_(&context) {}

  /// Keeps a partner that accused, or was accused, in an earlier attempt out of this one.
  void exclude(PartnerIndex partner) { excluded_.insert(partner); }

  /// True for a repeat. Errors: not_in_cohort, refused_by_policy (excluded), conflict, bad_signature, wrong_context.
  Result<bool> check(PartnerIndex from, ByteView message) const;
  /// Takes a message that `check` let pass (or that did so before a restart).
  void apply(PartnerIndex from, Bytes message);

  bool everybody_in() const { return inbox_.size() + excluded_.size() >= context_->descriptor.cohort.size(); }
  const Inbox& inbox() const { return inbox_; }
  /// By partner, in roster order.
  const std::map<PartnerIndex, AdvertiseKeys>& keys() const { return keys_; }

  /// The payload of the signed U1 set.
  Bytes close() const;
  Digest l1() const;

 private:
  const RoundContext* context_;
  std::set<PartnerIndex> excluded_;
  Inbox inbox_;
  std::map<PartnerIndex, AdvertiseKeys> keys_;
  std::set<PublicKey> public_keys_;  ///< all of keys_
};

}  // namespace bauta::coordinator
