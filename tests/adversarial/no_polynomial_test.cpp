// A dealer's shares match their hashes but lie on no polynomial of degree t - 1: which secret they give would depend on
// who answers first.
#include "common/crypto/aead.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/transcript.h"
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr PartnerIndex kDealer = 2;
constexpr PartnerIndex kDeceived = 0;

// The dealer's message in which the share of its seed for partner 0 is another one, sealed and hashed as it should be.
Bytes off_the_polynomial(StepwiseRound& round) {
  return round.changed_shares(kDealer, [&](ShareKeys& keys, ShareKeysHeader& header) {
    const auto set = *decode<KeySet>(decode<SignedBlob>(*round.round().key_set())->payload);
    const auto public_key = [&](PartnerIndex u) {
      return decode<AdvertiseKeys>(decode<SignedBlob>(set.messages[u])->payload)->e_pk;
    };
    const auto key = share_encryption_key(header.rctx, header.l1, kDealer, kDeceived, public_key(kDealer),
                                          public_key(kDeceived), round.secret_key_of(kDealer, 'e'), ShareSide::sender);
    REQUIRE(key.ok());
    const Bytes bound_to = share_associated_data(header.rctx, header.l1, kDealer, kDeceived);
    auto leaf = *decode<ShareLeaf>(keys.leaves[kDeceived]);
    auto both = aead_open(*key, kShareNonce, bound_to, leaf.sealed);
    REQUIRE(both.ok());
    (*both)[39] ^= 1;
    leaf.hash_b = share_hash(header.rctx, 'b', kDealer, kDeceived, ByteView(*both).first(40));
    leaf.sealed = aead_seal(*key, kShareNonce, bound_to, *both);
    keys.leaves[kDeceived] = encode(leaf);
    std::vector<Digest> hashes;
    for (const Bytes& bytes : keys.leaves) hashes.push_back(merkle_leaf(bytes));
    header.leaf_root = merkle_root(hashes);
  });
}

void play_until_certified(StepwiseRound& round) {
  round.advertise(round.everybody());
  round.close();
  round.share({0, 1, 3, 4});
  round.accept(Phase::share_keys, kDealer, off_the_polynomial(round));
  round.close();
  // Nobody can tell: the leaf opens and matches its hashes.
  round.mask({0, 1, 3, 4});
  CHECK(round.harness.client(kDeceived).shares()->complaints.empty());
}

}  // namespace

TEST_CASE("shares on no polynomial give the exact sum or name their dealer, whoever answers first") {
  for (const StepwiseRound::Who& answering : {StepwiseRound::Who{1, 3, 4}, StepwiseRound::Who{0, 1, 3}}) {
    StepwiseRound round(5);
    play_until_certified(round);
    MerkleBuilder tree;
    // The dealer masks with what it dealt to all others: its own program would refuse its own changed header.
    std::vector<std::uint64_t> vector = round.plain.at(kDealer);
    {
      const auto u1 = *decode<KeySet>(decode<SignedBlob>(*round.round().key_set())->payload);
      const auto& context = round.round().context();
      const Digest l1 = u1_hash(context.rctx, u1.messages);
      round.harness.save(kDealer);
      const Bytes& stored = round.harness.outbox(kDealer).at(std::string(client::item::kSelfSeed));
      const SecretBytes<32> seed(std::span<const std::uint8_t, 32>(ByteView(stored).first(32)));
      const auto secret = round.secret_key_of(kDealer, 'm');
      std::vector<MaskKey> keys;
      std::vector<bool> subtract;
      keys.push_back(self_mask_key(context.rctx, l1, kDealer, seed));
      subtract.push_back(false);
      for (const PartnerIndex other : {0U, 1U, 3U, 4U}) {
        const auto m_pk = decode<AdvertiseKeys>(decode<SignedBlob>(u1.messages[other])->payload)->m_pk;
        keys.push_back(*pair_mask_key(context.rctx, l1, kDealer, secret, x25519_public(secret), other, m_pk));
        subtract.push_back(subtracts_pair_mask(kDealer, other));
      }
      std::vector<MaskTerm> terms;
      for (std::size_t i = 0; i < keys.size(); ++i) terms.push_back({&keys[i], subtract[i]});
      apply_masks(vector, context.descriptor.lane, terms);
      tree.update(wire_bytes(vector));
      round.accept(Phase::masked_update, kDealer,
                   round.sign(label::kMaskedUpdate, kDealer,
                              encode(MaskedUpdateHeader{context.rctx,
                                                        l1,
                                                        round.harness.client(0).headers()->u2,
                                                        kDealer,
                                                        round.descriptor.dimension,
                                                        tree.finish(),
                                                        {}})));
    }
    round.masked[kDealer] = vector;
    round.upload(round.everybody());
    round.close();
    round.certify({0, 1, 3, 4});
    round.close();
    round.unmask(answering);
    if (answering.front() == kDeceived) {
      const auto unmasking = round.round().unmask();
      REQUIRE_FALSE(unmasking.ok());
      CHECK(unmasking.error().code == ErrorCode::bad_share);
      CHECK(unmasking.error().message.find("p2 dealt") != std::string::npos);
    } else {
      CHECK(round.opened_sum() == round.plain_sum());
    }
  }
}
