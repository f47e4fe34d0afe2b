// Phase 5, coordinator's side: collects shares until t holders have answered for every dealer of U2, reconstructs each
// survivor's self-mask seed and each dropout's mask key, and checks them against what was committed to.
#pragma once

#include <map>
#include <vector>

#include "common/masking/masks.h"
#include "common/masking/round_context.h"
#include "common/masking/shamir.h"
#include "coordinator/round/inbox.h"
#include "coordinator/round/phase1_advertise_keys.h"
#include "coordinator/round/phase2_share_keys.h"
#include "coordinator/round/phase3_masked_update.h"

namespace bauta::coordinator {

/// Everything that has to be taken out of the masked sum.
struct Unmasking {
  Masks masks;
  std::vector<RevealedSecret> secrets;  ///< published for the audit: b of survivors, m_sk of dropouts
};

class UnmaskPhase {
 public:
  /// All must outlive this.
  UnmaskPhase(const RoundContext& context, const AdvertiseKeysPhase& phase1, const ShareKeysPhase& phase2,
              const MaskedUpdatePhase& phase3);

  /// A share that misses the hash in its dealer's leaf is bad_share: its sender is the one who lied.
  Result<bool> check(PartnerIndex from, ByteView message) const;
  void apply(PartnerIndex from, Bytes message);

  /// True when every secret has t shares.
  bool ready() const;
  const Inbox& inbox() const { return inbox_; }
  const Digest& u3() const { return u3_; }

  /// Errors: threshold_lost (not ready), bad_share naming the dealer whose commitment its own shares contradict.
  Result<Unmasking> unmask() const;

 private:
  struct HeldShare {
    PartnerIndex holder;
    SecretBytes<40> share;
  };
  // The first t holders of a dealer's shares, as Shamir's x.
  std::vector<std::uint32_t> first_holders(PartnerIndex dealer) const;
  Result<SecretBytes<32>> reconstruct(PartnerIndex dealer, const LagrangeAtZero& lagrange) const;
  bool survived(PartnerIndex dealer) const { return phase3_->survivors().contains(dealer); }

  const RoundContext* context_;
  const AdvertiseKeysPhase* phase1_;
  const ShareKeysPhase* phase2_;
  const MaskedUpdatePhase* phase3_;
  Digest u3_;
  Inbox inbox_;
  std::map<PartnerIndex, std::vector<HeldShare>> shares_;  // by dealer
};

}  // namespace bauta::coordinator
