// Phase 4, coordinator's side: collects signatures on U3 until T of them make a certificate.
#pragma once

#include "common/masking/round_context.h"
#include "coordinator/round/inbox.h"
#include "coordinator/round/phase3_masked_update.h"

namespace bauta::coordinator {

class CertifySurvivorsPhase {
 public:
  /// Both must outlive this.
  CertifySurvivorsPhase(const RoundContext& context, const MaskedUpdatePhase& phase3);

  Result<bool> check(PartnerIndex from, ByteView message) const;
  void apply(PartnerIndex from, Bytes message) { inbox_.put(from, std::move(message)); }

  bool everybody_in() const { return inbox_.size() >= survivors_.size(); }
  bool certified() const { return inbox_.size() >= context_->descriptor.thresholds.certify; }
  const Inbox& inbox() const { return inbox_; }
  const Digest& u3() const { return u3_; }

  /// The payload of the signed certificate.
  Bytes close() const;

 private:
  const RoundContext* context_;
  Digest u3_;
  std::set<PartnerIndex> survivors_;
  Inbox inbox_;
};

}  // namespace bauta::coordinator
