#include "coordinator/round/phase5_unmask.h"

#include <algorithm>
#include <optional>

#include "common/crypto/x25519.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/transcript.h"

namespace bauta::coordinator {

UnmaskPhase::UnmaskPhase(const RoundContext& context, const AdvertiseKeysPhase& phase1, const ShareKeysPhase& phase2,
                         const MaskedUpdatePhase& phase3)
    : context_(&context), phase1_(&phase1), phase2_(&phase2), phase3_(&phase3), u3_(phase3.u3_hash()) {}

Result<bool> UnmaskPhase::check(PartnerIndex from, ByteView message) const {
  const auto& members = phase3_->members();
  if (!std::binary_search(members.begin(), members.end(), from)) {
    return Error{ErrorCode::not_in_cohort, "this partner is not in U2 and holds no shares of this round"};
  }
  BAUTA_TRY(const bool repeat, inbox_.is_repeat(from, message));
  if (repeat) return true;
  BAUTA_TRY(Bytes payload, open_blob(label::kUnmask, *context_->roster, from, message));
  BAUTA_TRY(const auto shares, decode<UnmaskShares>(payload));
  if (shares.rctx != context_->rctx || shares.u3_hash != u3_) {
    return Error{ErrorCode::wrong_context, "the shares belong to another round or another U3"};
  }
  for (const auto& revealed : shares.shares) {
    if (!std::binary_search(members.begin(), members.end(), revealed.dealer)) {
      return Error{ErrorCode::malformed, "a share names a dealer that is not in U2"};
    }
    const ShareLeaf* const leaf = phase2_->leaf(revealed.dealer, from);
    if (!leaf) return Error{ErrorCode::malformed, "a share names a dealer that dealt its sender none"};
    const bool alive = survived(revealed.dealer);
    if (share_hash(context_->rctx, alive ? 'b' : 'm', revealed.dealer, from, revealed.share) !=
        (alive ? leaf->hash_b : leaf->hash_m)) {
      return Error{ErrorCode::bad_share, "the share of dealer " +
                                             context_->roster->entries[revealed.dealer].partner_id +
                                             " is not the one in its leaf"};
    }
  }
  return false;
}

void UnmaskPhase::apply(PartnerIndex from, Bytes message) {
  const auto blob = decode<SignedBlob>(message);
  BAUTA_CHECK(blob.ok());
  const auto shares = decode<UnmaskShares>(blob->payload);
  BAUTA_CHECK(shares.ok());
  for (const auto& revealed : shares->shares) {
    shares_[revealed.dealer].push_back({from, SecretBytes<40>(revealed.share)});
  }
  inbox_.put(from, std::move(message));
}

bool UnmaskPhase::ready() const {
  return std::all_of(phase3_->members().begin(), phase3_->members().end(), [this](PartnerIndex dealer) {
    const auto found = shares_.find(dealer);
    return found != shares_.end() && found->second.size() >= context_->descriptor.thresholds.shamir;
  });
}

std::vector<std::uint32_t> UnmaskPhase::first_holders(PartnerIndex dealer) const {
  const auto& held = shares_.at(dealer);
  std::vector<std::uint32_t> xs;
  for (std::size_t i = 0; i < context_->descriptor.thresholds.shamir; ++i) xs.push_back(held[i].holder + 1);
  return xs;
}

Result<SecretBytes<32>> UnmaskPhase::reconstruct(PartnerIndex dealer, const LagrangeAtZero& lagrange) const {
  std::vector<const ShamirShare*> shares;
  for (std::size_t i = 0; i < lagrange.holders(); ++i) shares.push_back(&shares_.at(dealer)[i].share);
  return lagrange.combine(shares);
}

Result<Unmasking> UnmaskPhase::unmask() const {
  if (!ready()) return Error{ErrorCode::threshold_lost, "too few share holders have answered"};
  const auto& rctx = context_->rctx;
  const auto& l1 = phase2_->l1();
  Unmasking unmasking;
  // Nearly always the same holders for every dealer of a complete graph: only a complaint changes them.
  std::vector<std::uint32_t> xs;
  std::optional<LagrangeAtZero> lagrange;
  for (const auto dealer : phase3_->members()) {
    const auto dealer_lied = [&] {
      return Error{ErrorCode::bad_share, "the shares that " + context_->roster->entries[dealer].partner_id +
                                             " dealt match their hashes but not its commitment"};
    };
    if (auto holders = first_holders(dealer); !lagrange || holders != xs) {
      xs = std::move(holders);
      BAUTA_TRY(lagrange, LagrangeAtZero::create(xs));
    }
    const auto secret = reconstruct(dealer, *lagrange);
    if (!secret.ok()) return dealer_lied();
    RevealedSecret revealed{dealer, {}};
    std::copy_n(secret->reveal().begin(), 32, revealed.secret.begin());
    unmasking.secrets.push_back(revealed);
    const bool committed_to =
        survived(dealer) ? self_seed_commitment(rctx, dealer, *secret) == phase2_->headers().at(dealer).commitment
                         : x25519_public(*secret) == phase1_->keys().at(dealer).m_pk;
    if (!committed_to) return dealer_lied();
    BAUTA_RETURN_IF_ERROR(add_masks_left_by(unmasking.masks, rctx, l1, phase1_->keys(), phase3_->graph(),
                                            phase3_->survivors(), dealer, *secret));
  }
  return unmasking;
}

}  // namespace bauta::coordinator
