// What an attacker can compute of a round from its messages, from the secrets that were published and from those it has
// got hold of.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "common/masking/mask_graph.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/transcript.h"
#include "tests/adversarial/stepwise_round.h"
#include "tests/adversarial/words.h"

namespace bauta::testing {

class View {
 public:
  /// Of a round whose U2 is signed.
  explicit View(StepwiseRound& round) : round_(&round), context_(&round.round().context()) {
    const auto set = *decode<KeySet>(decode<SignedBlob>(*round.round().key_set())->payload);
    l1_ = u1_hash(context_->rctx, set.messages);
    for (const Bytes& message : set.messages) {
      const auto keys = *decode<AdvertiseKeys>(decode<SignedBlob>(message)->payload);
      public_[keys.partner] = keys.m_pk;
    }
  }

  void know_seed(PartnerIndex u, SecretBytes<32> seed) { seeds_.emplace(u, std::move(seed)); }
  void know_mask_key(PartnerIndex u, SecretBytes<32> key) { mask_keys_.emplace(u, std::move(key)); }
  /// Of a round that the coordinator can open: seeds of survivors, mask keys of dropouts.
  void read_published_secrets() {
    const auto unmasking = round_->round().unmask();
    REQUIRE(unmasking.ok());
    for (const auto& secret : unmasking->secrets) {
      const bool alive = round_->round().survivors().contains(secret.partner);
      (alive ? seeds_ : mask_keys_).emplace(secret.partner, SecretBytes<32>(secret.secret));
    }
  }

  /// The masked vector of `u` less every mask that is known.
  Words residue(PartnerIndex u, const MaskGraph& graph) const {
    std::vector<MaskKey> keys;
    std::vector<bool> subtract;
    if (const auto seed = seeds_.find(u); seed != seeds_.end() && BAUTA_DEFENDS(self_mask)) {
      keys.push_back(self_mask_key(context_->rctx, l1_, u, seed->second));
      subtract.push_back(true);
    }
    for (const PartnerIndex other : graph.masks_with(u)) {
      const PartnerIndex known = mask_keys_.contains(u) ? u : other;
      const PartnerIndex peer = known == u ? other : u;
      const auto secret = mask_keys_.find(known);
      if (secret == mask_keys_.end()) continue;
      auto key = pair_mask_key(context_->rctx, l1_, known, secret->second, public_.at(known), peer, public_.at(peer));
      REQUIRE(key.ok());
      keys.push_back(*std::move(key));
      subtract.push_back(!subtracts_pair_mask(u, other));
    }
    std::vector<MaskTerm> terms;
    for (std::size_t i = 0; i < keys.size(); ++i) terms.push_back({&keys[i], subtract[i]});
    Words vector = round_->masked.at(u);
    apply_masks(vector, context_->descriptor.lane, terms);
    return vector;
  }

 private:
  StepwiseRound* round_;
  const RoundContext* context_;
  Digest l1_{};
  std::map<PartnerIndex, SecretBytes<32>> seeds_;
  std::map<PartnerIndex, SecretBytes<32>> mask_keys_;
  std::map<PartnerIndex, PublicKey> public_;
};

}  // namespace bauta::testing
