#include "common/evidence/partner_lies.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "common/crypto/x25519.h"
#include "common/masking/merkle.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/shamir.h"
#include "common/masking/transcript.h"

namespace bauta {
namespace {

using namespace evidence_item_name;

/// A message of `signer` under `label`, of the attempt.
template <class Message>
Result<Message> signed_message(const RoundContext& context, std::string_view label, PartnerIndex signer,
                               ByteView blob) {
  BAUTA_TRY(const Bytes payload, open_blob(label, *context.roster, signer, blob));
  BAUTA_TRY(auto message, decode<Message>(payload));
  if (message.rctx != context.rctx) {
    return proves_nothing(fmt::format("the {} message is not of {}", label, attempt_name(context.descriptor)));
  }
  return message;
}

/// Whose message a blob is, a partner's of the roster.
Result<PartnerIndex> partner_of(const RoundContext& context, ByteView blob) {
  BAUTA_TRY(const PartnerIndex signer, claimed_signer(blob));
  if (signer >= context.roster->size()) {
    return Error{ErrorCode::bad_signature, "a message that has to be a partner's is not"};
  }
  return signer;
}

/// The leaf that `header` binds for `holder`. Errors: bad_share where it is not that.
Result<ShareLeaf> bound_leaf(const ShareKeysHeader& header, PartnerIndex holder, const DeliveredLeaf& delivered) {
  const auto& holders = header.neighbours;
  const auto place = std::lower_bound(holders.begin(), holders.end(), holder);
  if (place == holders.end() || *place != holder ||
      !verify_merkle_proof(header.leaf_root, holders.size(), static_cast<std::uint64_t>(place - holders.begin()),
                           merkle_leaf(delivered.leaf), delivered.proof)) {
    return Error{ErrorCode::bad_share, "a leaf in the file is not the one that its dealer signed"};
  }
  return decode<ShareLeaf>(delivered.leaf);
}

/// Nothing where one of the two is no such message of the signer.
template <class Message>
Result<std::optional<std::string>> two_of(const RoundContext& context, std::string_view label, PartnerIndex signer,
                                          ByteView first, ByteView second) {
  const auto a = open_blob(label, *context.roster, signer, first);
  const auto b = open_blob(label, *context.roster, signer, second);
  if (!a.ok() || !b.ok()) return std::optional<std::string>();
  if (*a == *b) return proves_nothing("both say the same: it is one message, signed twice");
  BAUTA_TRY([[maybe_unused]] const auto one, signed_message<Message>(context, label, signer, first));
  BAUTA_TRY([[maybe_unused]] const auto other, signed_message<Message>(context, label, signer, second));
  return std::optional(fmt::format("the partner {} signed two different {} messages for {}",
                                   context.roster->entries[signer].partner_id, label,
                                   attempt_name(context.descriptor)));
}

}  // namespace

Result<std::string> verify_two_messages(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const RoundContext context, evidence_context(roster, file));
  BAUTA_TRY(const ByteView a, evidence_item(file, kFirst));
  BAUTA_TRY(const ByteView b, evidence_item(file, kSecond));
  BAUTA_TRY(const PartnerIndex signer, partner_of(context, a));
  using Found = Result<std::optional<std::string>>;
  using Find = Found (*)(const RoundContext&, PartnerIndex, ByteView, ByteView);
  static constexpr Find kPhases[] = {
      [](const RoundContext& round, PartnerIndex from, ByteView first, ByteView second) -> Found {
        return two_of<AdvertiseKeys>(round, label::kAdvertiseKeys, from, first, second);
      },
      [](const RoundContext& round, PartnerIndex from, ByteView first, ByteView second) -> Found {
        return two_of<ShareKeysHeader>(round, label::kShareKeys, from, first, second);
      },
      [](const RoundContext& round, PartnerIndex from, ByteView first, ByteView second) -> Found {
        return two_of<MaskedUpdateHeader>(round, label::kMaskedUpdate, from, first, second);
      },
      [](const RoundContext& round, PartnerIndex from, ByteView first, ByteView second) -> Found {
        return two_of<SurvivorStatement>(round, label::kCertify, from, first, second);
      },
      [](const RoundContext& round, PartnerIndex from, ByteView first, ByteView second) -> Found {
        return two_of<UnmaskShares>(round, label::kUnmask, from, first, second);
      },
  };
  for (const Find find : kPhases) {
    BAUTA_TRY(auto found, find(context, signer, a, b));
    if (found) return *std::move(found);
  }
  return Error{ErrorCode::bad_signature, "one partner has not signed both, or not for the same phase"};
}

Result<std::string> verify_wrong_share(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const RoundContext context, evidence_context(roster, file));
  BAUTA_TRY(const ByteView unmask_blob, evidence_item(file, kUnmask));
  BAUTA_TRY(const ByteView header_set_blob, evidence_item(file, kHeaderSet));
  BAUTA_TRY(const ByteView survivor_blob, evidence_item(file, kSurvivorSet));
  BAUTA_TRY(const ByteView leaf_bytes, evidence_item(file, kLeaf));
  BAUTA_TRY(const PartnerIndex holder, partner_of(context, unmask_blob));
  BAUTA_TRY(const auto shares, signed_message<UnmaskShares>(context, label::kUnmask, holder, unmask_blob));
  BAUTA_TRY(const auto headers,
            signed_message<HeaderSet>(context, label::kHeaderSet, kCoordinatorSigner, header_set_blob));
  BAUTA_TRY(const auto survivors,
            signed_message<SurvivorSet>(context, label::kSurvivorSet, kCoordinatorSigner, survivor_blob));
  // The holder has signed this U3, hence this U2, hence every header in it: nobody can put another dealer's leaf, or
  // another version of it, under its share.
  const Digest u2 = u2_hash(context.rctx, headers.l1, headers.headers);
  if (survivors.l1 != headers.l1 || survivors.u2_hash != u2 ||
      shares.u3_hash != u3_hash(context.rctx, survivors.l1, u2, survivors.headers)) {
    return proves_nothing("the sets in the file are not those that the holder has seen");
  }
  BAUTA_TRY(const auto package, decode<SharePackage>(leaf_bytes));
  if (package.leaves.size() != 1) return proves_nothing("exactly one leaf is needed");
  const DeliveredLeaf& delivered = package.leaves.front();
  const auto signed_by_dealer = [&](const Bytes& blob) {
    const auto signer = claimed_signer(blob);
    return signer.ok() && *signer == delivered.dealer;
  };
  const auto header_blob = std::find_if(headers.headers.begin(), headers.headers.end(), signed_by_dealer);
  if (header_blob == headers.headers.end()) return proves_nothing("the leaf's dealer is not in U2");
  BAUTA_TRY(const auto header,
            signed_message<ShareKeysHeader>(context, label::kShareKeys, delivered.dealer, *header_blob));
  BAUTA_TRY(const ShareLeaf leaf, bound_leaf(header, holder, delivered));
  const auto revealed = std::find_if(shares.shares.begin(), shares.shares.end(),
                                     [&](const auto& each) { return each.dealer == delivered.dealer; });
  if (revealed == shares.shares.end()) return proves_nothing("the holder revealed no share of the leaf's dealer");
  const bool alive = std::any_of(survivors.headers.begin(), survivors.headers.end(), signed_by_dealer);
  if (share_hash(context.rctx, alive ? 'b' : 'm', delivered.dealer, holder, revealed->share) ==
      (alive ? leaf.hash_b : leaf.hash_m)) {
    return proves_nothing("the share is the one that its dealer signed");
  }
  return fmt::format("the partner {} revealed a share of {} in {} that is not the one it was dealt",
                     roster->entries[holder].partner_id, roster->entries[delivered.dealer].partner_id,
                     attempt_name(context.descriptor));
}

Result<std::string> verify_false_dealing(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const RoundContext context, evidence_context(roster, file));
  BAUTA_TRY(const ByteView header_blob, evidence_item(file, kHeader));
  BAUTA_TRY(const ByteView key_set_blob, evidence_item(file, kKeySet));
  BAUTA_TRY(const ByteView leaf_bytes, evidence_item(file, kLeaves));
  BAUTA_TRY(const PartnerIndex dealer, partner_of(context, header_blob));
  BAUTA_TRY(const auto header, signed_message<ShareKeysHeader>(context, label::kShareKeys, dealer, header_blob));
  BAUTA_TRY(const auto key_set, signed_message<KeySet>(context, label::kKeySet, kCoordinatorSigner, key_set_blob));
  // The dealer has signed this U1, hence its own keys in it.
  if (header.l1 != u1_hash(context.rctx, key_set.messages)) {
    return proves_nothing("the key set in the file is not the one that the dealer has seen");
  }
  std::optional<AdvertiseKeys> keys;
  for (const Bytes& message : key_set.messages) {
    BAUTA_TRY(const PartnerIndex signer, claimed_signer(message));
    if (signer != dealer) continue;
    BAUTA_TRY(keys, signed_message<AdvertiseKeys>(context, label::kAdvertiseKeys, dealer, message));
  }
  if (!keys) return proves_nothing("the dealer is not in U1");

  BAUTA_TRY(const auto package, decode<SharePackage>(leaf_bytes));
  // Exactly t: of fewer points any secret could come.
  if (package.leaves.size() != context.descriptor.thresholds.shamir) {
    return proves_nothing(fmt::format("{} leaves are needed, the file has {}", context.descriptor.thresholds.shamir,
                                      package.leaves.size()));
  }
  std::vector<ShamirShare> shares;
  std::vector<std::uint32_t> xs;
  bool of_seed = true;
  bool of_key = true;
  for (const DeliveredLeaf& delivered : package.leaves) {
    BAUTA_TRY(const ShareLeaf claimed, decode<ShareLeaf>(delivered.leaf));
    const PartnerIndex holder = claimed.recipient;
    BAUTA_TRY(const ShareLeaf leaf, bound_leaf(header, holder, delivered));
    BAUTA_TRY(const ByteView share, evidence_item(file, fmt::format("{}{}", kSharePrefix, holder)));
    if (share.size() != kShamirShareBytes) return proves_nothing("a share has a wrong length");
    of_seed = of_seed && share_hash(context.rctx, 'b', dealer, holder, share) == leaf.hash_b;
    of_key = of_key && share_hash(context.rctx, 'm', dealer, holder, share) == leaf.hash_m;
    xs.push_back(holder + 1);
    shares.emplace_back(std::span<const std::uint8_t, kShamirShareBytes>(share));
  }
  if (!of_seed && !of_key) return proves_nothing("a share is not the one that its dealer signed");
  BAUTA_TRY(const LagrangeAtZero lagrange, LagrangeAtZero::create(xs));
  std::vector<const ShamirShare*> views;
  for (const ShamirShare& share : shares) views.push_back(&share);
  const auto secret = lagrange.combine(views);
  const bool honest = secret.ok() && (of_seed ? self_seed_commitment(context.rctx, dealer, *secret) == header.commitment
                                              : x25519_public(*secret) == keys->m_pk);
  if (honest) return proves_nothing("the shares give the secret that the dealer committed to");
  return fmt::format("the partner {} dealt shares of its {} in {} that match their hashes but not its commitment",
                     roster->entries[dealer].partner_id, of_seed ? "self-mask seed" : "mask key",
                     attempt_name(context.descriptor));
}

}  // namespace bauta
