#include "coordinator/round/phase3_masked_update.h"

#include <algorithm>

#include "common/base/defence.h"
#include "common/masking/transcript.h"

namespace bauta::coordinator {

MaskedUpdatePhase::MaskedUpdatePhase(const RoundContext& context, const ShareKeysPhase& phase2)
    : context_(&context),
      phase2_(&phase2),
      l1_(phase2.l1()),
      u2_(phase2.u2_hash()),
      members_(phase2.inbox().partners()),
      graph_(phase2.headers()) {}

Result<bool> MaskedUpdatePhase::check(PartnerIndex from, ByteView message) const {
  if (!std::binary_search(members_.begin(), members_.end(), from)) {
    return Error{ErrorCode::not_in_cohort, "this partner shared no keys in phase 2 and is not in U2"};
  }
  BAUTA_TRY(const bool repeat, inbox_.is_repeat(from, message));
  if (repeat) return true;
  BAUTA_TRY(const Bytes payload, open_blob(label::kMaskedUpdate, *context_->roster, from, message));
  BAUTA_TRY(const auto header, decode<MaskedUpdateHeader>(payload));
  if (header.rctx != context_->rctx || header.l1 != l1_ || header.u2_hash != u2_) {
    return Error{ErrorCode::wrong_context, "the masked update belongs to another round, another U1 or another U2"};
  }
  if (header.partner != from) return Error{ErrorCode::malformed, "the masked update names another partner"};
  if (header.dimension != context_->descriptor.dimension) {
    return Error{ErrorCode::malformed, "the masked update has another dimension than the round"};
  }
  for (const auto accused : header.complaints) {
    const bool dealt = std::binary_search(members_.begin(), members_.end(), accused) && phase2_->leaf(accused, from);
    if (accused == from || !dealt) {
      return Error{ErrorCode::malformed, "a complaint names a partner that dealt its sender no shares"};
    }
  }
  return false;
}

void MaskedUpdatePhase::apply(PartnerIndex from, Bytes message) {
  const auto blob = decode<SignedBlob>(message);
  BAUTA_CHECK(blob.ok());
  auto header = decode<MaskedUpdateHeader>(blob->payload);
  BAUTA_CHECK(header.ok());
  headers_.emplace(from, *std::move(header));
  inbox_.put(from, std::move(message));
}

Result<bool> MaskedUpdatePhase::check_upload(PartnerIndex from) const {
  if (!inbox_.has(from)) return Error{ErrorCode::wrong_phase, "send the signed header before the vector"};
  return survivors_.contains(from);
}

Result<bool> MaskedUpdatePhase::check_complete(PartnerIndex from, const Digest& root) const {
  BAUTA_TRY(const bool complete, check_upload(from));
  if (headers_.at(from).vector_root != root) {
    return Error{ErrorCode::bad_share, "the vector that arrived does not hash to the signed Merkle root"};
  }
  return complete;
}

std::vector<Bytes> MaskedUpdatePhase::survivor_headers() const {
  std::vector<Bytes> list;
  for (const auto partner : survivors_) list.push_back(inbox_.all().at(partner));
  return list;
}

Digest MaskedUpdatePhase::u3_hash() const { return bauta::u3_hash(context_->rctx, l1_, u2_, survivor_headers()); }

std::optional<PartnerIndex> MaskedUpdatePhase::unopenable_dealer() const {
  std::map<PartnerIndex, std::size_t> accusers;
  for (const auto& [accuser, header] : headers_) {
    for (const PartnerIndex accused : header.complaints) ++accusers[accused];
  }
  for (const auto& [named, count] : accusers) {
    const PartnerIndex accused = named;  // clang 14 captures no structured binding
    const auto& holders = phase2_->headers().at(accused).neighbours;
    const auto others = std::count_if(holders.begin(), holders.end(), [&](PartnerIndex holder) {
      return holder != accused && std::binary_search(members_.begin(), members_.end(), holder);
    });
    if (static_cast<std::size_t>(others) - count < context_->descriptor.thresholds.shamir) return accused;
  }
  return std::nullopt;
}

std::optional<PartnerIndex> MaskedUpdatePhase::lonely_survivor() const {
  const auto* const lonely = cut_off_survivor(context_->descriptor.graph, phase2_->headers(),
                                              [this](PartnerIndex partner) { return survivors_.contains(partner); });
  if (!BAUTA_DEFENDS(connected_survivors) || !lonely) return std::nullopt;
  return lonely->partner;
}

std::set<PartnerIndex> MaskedUpdatePhase::suspects() const {
  std::set<PartnerIndex> suspects;
  for (const auto& [accuser, header] : headers_) {
    if (header.complaints.empty()) continue;
    suspects.insert(accuser);
    suspects.insert(header.complaints.begin(), header.complaints.end());
  }
  return suspects;
}

Bytes MaskedUpdatePhase::close() const { return encode(SurvivorSet{context_->rctx, l1_, u2_, survivor_headers()}); }

}  // namespace bauta::coordinator
