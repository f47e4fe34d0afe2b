#include "client/round/phase2_share_keys.h"

#include <algorithm>
#include <set>

#include "common/base/defence.h"
#include "common/crypto/aead.h"
#include "common/crypto/sha256.h"
#include "common/masking/mask_graph.h"
#include "common/masking/merkle.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/shamir.h"
#include "common/masking/transcript.h"

namespace bauta::client {

std::vector<PartnerIndex> AcceptedKeys::partners() const {
  std::vector<PartnerIndex> list;
  for (const auto& [partner, advertised] : keys) list.push_back(partner);
  return list;
}

Result<AcceptedKeys> verify_key_set(const RoundContext& context, ByteView key_set) {
  const Roster& roster = *context.roster;
  BAUTA_TRY(const Bytes payload, open_blob(label::kKeySet, roster, kCoordinatorSigner, key_set));
  BAUTA_TRY(const auto set, decode<KeySet>(payload));
  if (set.rctx != context.rctx) return Error{ErrorCode::wrong_context, "the key set belongs to another round"};
  AcceptedKeys accepted;
  std::set<PublicKey> seen;
  PartnerIndex previous = 0;
  for (const auto& message : set.messages) {
    BAUTA_TRY(const PartnerIndex partner, claimed_signer(message));
    if (!context.in_cohort(partner)) {
      return Error{ErrorCode::not_in_cohort, "the key set holds a message of a partner outside the cohort"};
    }
    const std::string& name = roster.entries[partner].partner_id;
    if (!accepted.keys.empty() && partner <= previous) {
      return Error{ErrorCode::malformed, "the key set is not in roster order or holds " + name + " twice"};
    }
    previous = partner;
    BAUTA_TRY(const Bytes advertised, open_blob(label::kAdvertiseKeys, roster, partner, message));
    BAUTA_TRY(const auto keys, decode<AdvertiseKeys>(advertised));
    if (BAUTA_DEFENDS(same_descriptor) && keys.rctx != context.rctx) {
      return Error{ErrorCode::equivocation, name + " advertised its keys for another round descriptor"};
    }
    if (keys.partner != partner) return Error{ErrorCode::malformed, "the keys of " + name + " name another partner"};
    if (BAUTA_DEFENDS(distinct_keys) && (!seen.insert(keys.e_pk).second || !seen.insert(keys.m_pk).second)) {
      return Error{ErrorCode::conflict, "a key of " + name + " stands twice in the key set"};
    }
    if (keys.vouches) ++accepted.vouching;
    accepted.keys.emplace(partner, keys);
    accepted.messages.emplace(partner, sha256(message));
  }
  if (accepted.keys.size() < context.descriptor.thresholds.n_min) {
    return Error{ErrorCode::threshold_lost, "U1 has " + std::to_string(accepted.keys.size()) + " partners, " +
                                                std::to_string(context.descriptor.thresholds.n_min) + " are needed"};
  }
  accepted.l1 = u1_hash(context.rctx, set.messages);
  return accepted;
}

Status check_own_keys(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                      const AcceptedKeys& u1) {
  const auto message = u1.messages.find(membership.self);
  if (message == u1.messages.end()) {
    return Error{ErrorCode::not_in_cohort, "our own message is missing from the key set"};
  }
  if (message->second != sha256(own.message)) {
    return Error{ErrorCode::equivocation, "our own message in the key set was changed"};
  }
  // Otherwise a coordinator could pretend that everybody missed a round, and have a model of its own making trained.
  if (!u1.keys.at(membership.self).vouches && u1.vouching <= context.descriptor.f_max) {
    return Error{ErrorCode::refused_by_policy, "the model came from the coordinator, and only " +
                                                   std::to_string(u1.vouching) + " partners vouch for it; " +
                                                   std::to_string(context.descriptor.f_max + 1) + " are needed"};
  }
  return {};
}

Result<DealtShares> share_keys(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                               const AcceptedKeys& u1, RandomSource& random) {
  const PartnerIndex self = membership.self;
  DealtShares dealt;
  random.fill(dealt.b.reveal_mutable());

  ShareKeysHeader header;
  header.rctx = context.rctx;
  header.l1 = u1.l1;
  header.partner = self;
  header.neighbours = draw_neighbours(context.descriptor.graph, self, u1.partners(), random);
  header.commitment = self_seed_commitment(context.rctx, self, dealt.b);

  std::vector<std::uint32_t> xs;
  for (const auto partner : header.neighbours) xs.push_back(partner + 1);
  const auto t = context.descriptor.thresholds.shamir;
  const auto shares_b = shamir_split(dealt.b, t, xs, random);
  const auto shares_m = shamir_split(own.m.secret, t, xs, random);

  ShareKeys message;
  std::vector<Digest> leaf_hashes;
  for (std::size_t i = 0; i < header.neighbours.size(); ++i) {
    const PartnerIndex holder = header.neighbours[i];
    const auto share_b = shares_b[i].reveal();
    const auto share_m = shares_m[i].reveal();
    const X25519Public& holder_public = u1.keys.at(holder).e_pk;
    auto agreed = x25519(own.e.secret, own.e.public_key, holder_public);
    if (!agreed.ok()) return with_context(membership.roster->entries[holder].partner_id, agreed.error());
    const auto key = share_encryption_key(context.rctx, u1.l1, self, holder, own.e.public_key, holder_public, *agreed);
    dealt.agreed.emplace(holder, *std::move(agreed));
    SecretBytes<80> both;
    std::copy(share_b.begin(), share_b.end(), both.reveal_mutable().begin());
    std::copy(share_m.begin(), share_m.end(), both.reveal_mutable().begin() + 40);
    ShareLeaf leaf;
    leaf.recipient = holder;
    leaf.hash_b = share_hash(context.rctx, 'b', self, holder, share_b);
    leaf.hash_m = share_hash(context.rctx, 'm', self, holder, share_m);
    leaf.sealed = aead_seal(key, kShareNonce, share_associated_data(context.rctx, u1.l1, self, holder), both.reveal());
    message.leaves.push_back(encode(leaf));
    leaf_hashes.push_back(merkle_leaf(message.leaves.back()));
  }
  header.leaf_root = merkle_root(leaf_hashes);
  message.header =
      sign_blob(label::kShareKeys, membership.roster->federation_id, *membership.signing_key, self, encode(header));
  dealt.message = encode(message);
  return dealt;
}

}  // namespace bauta::client
