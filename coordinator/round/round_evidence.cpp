// What is at hand against a partner whose lie this round has found.
#include <algorithm>

#include "common/evidence/coordinator_lies.h"
#include "common/evidence/partner_lies.h"
#include "common/masking/transcript.h"
#include "coordinator/round/round.h"

namespace bauta::coordinator {
namespace {

namespace name = evidence_item_name;

EvidenceFile new_file(const RoundContext& context, std::string_view kind) {
  EvidenceFile file = new_evidence(*context.roster, kind);
  file.items.emplace(name::kDescriptor, context.descriptor_blob);
  return file;
}

std::optional<EvidenceFile> if_it_convicts(const RoundContext& context, EvidenceFile file) {
  if (!verify_evidence(evidence_kinds(), context.roster, file).ok()) return std::nullopt;
  return file;
}

/// What a partner has signed of a message: of a phase-2 message only the header.
Bytes signed_part(Phase phase, ByteView message) {
  if (phase != Phase::share_keys) return Bytes(message.begin(), message.end());
  auto keys = decode<ShareKeys>(message);
  return keys.ok() ? std::move(keys->header) : Bytes();
}

}  // namespace

std::optional<EvidenceFile> Round::evidence_against(Phase phase, PartnerIndex from, ByteView refused) const {
  const Inbox* const inbox = phase == Phase::advertise_keys                 ? &phase1_->inbox()
                             : phase == Phase::share_keys && phase2_        ? &phase2_->inbox()
                             : phase == Phase::masked_update && phase3_     ? &phase3_->inbox()
                             : phase == Phase::certify_survivors && phase4_ ? &phase4_->inbox()
                             : phase == Phase::unmask && phase5_            ? &phase5_->inbox()
                                                                            : nullptr;
  if (!inbox) return std::nullopt;
  if (inbox->has(from)) {
    EvidenceFile two = new_file(context_, evidence_kind::kTwoMessages);
    two.items.emplace(name::kFirst, signed_part(phase, inbox->all().at(from)));
    two.items.emplace(name::kSecond, signed_part(phase, refused));
    return if_it_convicts(context_, std::move(two));
  }
  if (phase != Phase::unmask) return std::nullopt;
  const auto payload = open_blob(label::kUnmask, *context_.roster, from, refused);
  if (!payload.ok()) return std::nullopt;
  const auto shares = decode<UnmaskShares>(*payload);
  if (!shares.ok() || shares->rctx != context_.rctx) return std::nullopt;
  for (const RevealedShare& revealed : shares->shares) {
    const ShareLeaf* const leaf = phase2_->leaf(revealed.dealer, from);
    const bool alive = phase3_->survivors().contains(revealed.dealer);
    if (!leaf || share_hash(context_.rctx, alive ? 'b' : 'm', revealed.dealer, from, revealed.share) ==
                     (alive ? leaf->hash_b : leaf->hash_m)) {
      continue;
    }
    auto delivered = phase2_->delivered_leaf(revealed.dealer, from);
    if (!delivered) continue;
    EvidenceFile wrong = new_file(context_, evidence_kind::kWrongShare);
    wrong.items.emplace(name::kHeaderSet, *header_set_);
    wrong.items.emplace(name::kSurvivorSet, *survivor_set_);
    wrong.items.emplace(name::kUnmask, Bytes(refused.begin(), refused.end()));
    wrong.items.emplace(name::kLeaf, encode(SharePackage{{}, {*std::move(delivered)}}));
    return if_it_convicts(context_, std::move(wrong));
  }
  return std::nullopt;
}

std::optional<EvidenceFile> Round::evidence_of_false_dealing() const {
  if (!phase5_) return std::nullopt;
  const auto headers = decode<HeaderSet>(decode<SignedBlob>(*header_set_)->payload);
  BAUTA_CHECK(headers.ok());
  for (const Bytes& header : headers->headers) {
    const PartnerIndex dealer = *claimed_signer(header);
    EvidenceFile file = new_file(context_, evidence_kind::kFalseDealing);
    file.items.emplace(name::kKeySet, *key_set_);
    file.items.emplace(name::kHeader, header);
    SharePackage leaves;
    for (const auto& [holder, message] : phase5_->inbox().all()) {
      if (leaves.leaves.size() == context_.descriptor.thresholds.shamir) break;
      const auto shares = decode<UnmaskShares>(decode<SignedBlob>(message)->payload);
      BAUTA_CHECK(shares.ok());
      const auto revealed = std::find_if(shares->shares.begin(), shares->shares.end(),
                                         [&](const RevealedShare& share) { return share.dealer == dealer; });
      if (revealed == shares->shares.end()) continue;
      auto leaf = phase2_->delivered_leaf(dealer, holder);
      BAUTA_CHECK(leaf);
      leaves.leaves.push_back(*std::move(leaf));
      file.items.emplace(std::string(name::kSharePrefix) + std::to_string(holder),
                         Bytes(revealed->share.begin(), revealed->share.end()));
    }
    file.items.emplace(name::kLeaves, encode(leaves));
    if (auto convicting = if_it_convicts(context_, std::move(file))) return convicting;
  }
  return std::nullopt;
}

}  // namespace bauta::coordinator
