// Phase 3, coordinator's side: accepts a signed header, then the vector it announces. Only a whole upload whose Merkle
// root is the signed one puts its partner into U3.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "common/masking/round_context.h"
#include "coordinator/round/inbox.h"
#include "coordinator/round/phase2_share_keys.h"

namespace bauta::coordinator {

class MaskedUpdatePhase {
 public:
  /// Both must outlive this.
  MaskedUpdatePhase(const RoundContext& context, const ShareKeysPhase& phase2);

  Result<bool> check(PartnerIndex from, ByteView message) const;
  void apply(PartnerIndex from, Bytes message);

  /// True when this partner's upload is complete already. Errors: wrong_phase when no header came first.
  Result<bool> check_upload(PartnerIndex from) const;
  /// As check_upload, with the root of the bytes that arrived; a root other than the signed one is bad_share.
  Result<bool> check_complete(PartnerIndex from, const Digest& root) const;
  void complete(PartnerIndex from) { survivors_.insert(from); }

  bool everybody_in() const { return survivors_.size() >= members_.size(); }
  const Inbox& inbox() const { return inbox_; }
  /// U3 so far.
  const std::set<PartnerIndex>& survivors() const { return survivors_; }
  /// The root of the upload of a survivor, as it signed it.
  const Digest& vector_root(PartnerIndex survivor) const { return headers_.at(survivor).vector_root; }
  /// U2.
  const std::vector<PartnerIndex>& members() const { return members_; }
  const Digest& u2() const { return u2_; }
  /// Who masks with whom in U2.
  const MaskGraph& graph() const { return graph_; }
  Digest u3_hash() const;
  /// An accused dealer of whom fewer than t others hold usable shares. Certified with it, the round might stay open
  /// for ever.
  std::optional<PartnerIndex> unopenable_dealer() const;
  /// A survivor that keeps too few living ones of its own draws in a sparse graph: nobody would certify such a U3.
  std::optional<PartnerIndex> lonely_survivor() const;
  /// Accusers and accused: all of them sit out the next attempt.
  std::set<PartnerIndex> suspects() const;

  /// The payload of the signed U3 set.
  Bytes close() const;

 private:
  std::vector<Bytes> survivor_headers() const;

  const RoundContext* context_;
  const ShareKeysPhase* phase2_;
  Digest l1_;
  Digest u2_;
  std::vector<PartnerIndex> members_;
  MaskGraph graph_;
  Inbox inbox_;
  std::map<PartnerIndex, MaskedUpdateHeader> headers_;
  std::set<PartnerIndex> survivors_;
};

}  // namespace bauta::coordinator
