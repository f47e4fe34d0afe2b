// One attempt of one round on the coordinator: a pure fold over events. `receive` judges a message without changing
// anything and returns the event that would record it; the shell writes that event to the journal and then applies it.
// A restart applies the journal from the beginning and stands where it stood. No clock, no thread, no I/O.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/crypto/signature.h"
#include "common/masking/round_context.h"
#include "coordinator/round/phase.h"
#include "coordinator/round/phase1_advertise_keys.h"
#include "coordinator/round/phase2_share_keys.h"
#include "coordinator/round/phase3_masked_update.h"
#include "coordinator/round/phase4_certify_survivors.h"
#include "coordinator/round/phase5_unmask.h"

namespace bauta::coordinator {

/// The numbers are stored in the journal and never change.
struct RoundEvent {
  enum class Kind : std::uint32_t {
    opened = 1,           ///< bytes: the signed descriptor
    excluded = 2,         ///< partner sits this attempt out
    message = 3,          ///< bytes: the message of `partner` in `phase`
    upload_complete = 4,  ///< the vector of `partner` arrived whole and verified
    phase_closed = 5,     ///< bytes: the signed set or certificate that ends `phase`
    voided = 6,           ///< bytes: the reason, as text
    finished = 7,         ///< bytes: the signed aggregate header
  };
  Kind kind = Kind::opened;
  Phase phase = Phase::advertise_keys;
  PartnerIndex partner = 0;
  Bytes bytes;
};

/// How many partners reached what.
struct RoundCounts {
  std::size_t cohort = 0;
  std::size_t u1 = 0;
  std::size_t u2 = 0;
  std::size_t u3 = 0;
};

/// One thread at a time.
class Round {
 public:
  /// `opened` is the first event of a new or a journaled round.
  static Result<std::unique_ptr<Round>> open(std::shared_ptr<const Roster> roster, const RoundEvent& opened);
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  const RoundContext& context() const { return context_; }
  Phase phase() const { return phase_; }
  RoundCounts counts() const;
  bool has_advertised(PartnerIndex partner) const { return phase1_->inbox().has(partner); }

  /// Judges the message of `phase` from the partner that the certificate named. Nothing: a repeat of an accepted one,
  /// to be answered alike. Errors: what the phases say, wrong_phase (too early), late (the phase is over).
  Result<std::optional<RoundEvent>> receive(Phase phase, PartnerIndex from, ByteView message) const;
  /// True when the upload of `from` is complete already. Errors as receive.
  Result<bool> expect_upload(PartnerIndex from) const;
  /// To be called with the Merkle root of all bytes that arrived.
  Result<std::optional<RoundEvent>> receive_upload(PartnerIndex from, const Digest& root) const;

  /// True when waiting longer in this phase cannot change anything.
  bool can_close_early() const;
  /// What ends the current phase at its deadline, or early: the next set, or a void. Phase 4 with at least one but
  /// fewer than T signatures is `busy`: who has signed this U3 must sign no other on this model, so it stays open.
  /// Phase 5 has no deadline and is `busy` until `finish`.
  Result<RoundEvent> close_phase(const SigningKey& key) const;
  /// An operator's stop; refused once certified, because a certified round is never void.
  Result<RoundEvent> abandon(std::string_view reason) const;
  /// Phase 5: everything to take out of the sum, once t holders have answered.
  Result<Unmasking> unmask() const { return phase5_->unmask(); }
  bool ready_to_unmask() const { return phase_ == Phase::unmask && phase5_->ready(); }
  RoundEvent finish(const SigningKey& key, const Digest& sum_root, const Digest& next_model_hash,
                    std::vector<RevealedSecret> secrets) const;

  /// The event must come from this object (or, in order, from the journal that recorded it).
  void apply(const RoundEvent& event);

  // Answers, present once their phase is closed; bytes as signed once and kept.
  const std::optional<Bytes>& key_set() const { return key_set_; }
  Result<std::optional<Bytes>> share_package(PartnerIndex holder) const;
  /// The two parts of a share package: the set that everybody sees, and the leaves of one holder. Phase 2 is closed.
  const std::optional<Bytes>& header_set() const { return header_set_; }
  Result<std::vector<DeliveredLeaf>> leaves_for(PartnerIndex holder) const;
  const std::optional<Bytes>& survivor_set() const { return survivor_set_; }
  const std::optional<Bytes>& certificate() const { return certificate_; }
  const std::optional<Bytes>& aggregate() const { return aggregate_; }
  const std::string& void_reason() const { return void_reason_; }

  // Proof of partners' lies, only what convicts before a third party (common/evidence).

  /// Of a message that receive() refused.
  std::optional<EvidenceFile> evidence_against(Phase phase, PartnerIndex from, ByteView refused) const;
  /// Of the dealer that unmask() named.
  std::optional<EvidenceFile> evidence_of_false_dealing() const;

  std::set<PartnerIndex> survivors() const;
  /// Of a certified round: U3's hash, and the root of each survivor's upload as it signed it.
  const Digest& u3_hash() const { return phase5_->u3(); }
  std::vector<std::pair<PartnerIndex, Digest>> vector_roots() const;
  /// Whether the partner is in U2; false before phase 2 is closed.
  bool has_shared(PartnerIndex partner) const;
  /// Partners whose leaves or complaints keep them out of the next attempt.
  std::set<PartnerIndex> suspects() const;

 private:
  Round() = default;
  Status require(Phase phase) const;
  std::size_t survivors_needed() const;
  RoundEvent close_with(Phase phase, std::string_view label, const SigningKey& key, Bytes payload) const;
  RoundEvent void_because(std::string reason) const;

  RoundContext context_;
  Phase phase_ = Phase::advertise_keys;
  // Each phase is created when the one before closes; the later ones refer to the earlier.
  std::unique_ptr<AdvertiseKeysPhase> phase1_;
  std::unique_ptr<ShareKeysPhase> phase2_;
  std::unique_ptr<MaskedUpdatePhase> phase3_;
  std::unique_ptr<CertifySurvivorsPhase> phase4_;
  std::unique_ptr<UnmaskPhase> phase5_;
  std::optional<Bytes> key_set_;
  std::optional<Bytes> header_set_;
  std::optional<Bytes> survivor_set_;
  std::optional<Bytes> certificate_;
  std::optional<Bytes> aggregate_;
  std::string void_reason_;
};

}  // namespace bauta::coordinator
