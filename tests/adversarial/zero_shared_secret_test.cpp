// Three partners advertise keys of small order, for which every X25519 agreement gives zero: whoever reads the messages
// opens what is sealed for them, without any of their secrets.
#include "common/crypto/aead.h"
#include "common/masking/merkle.h"
#include "common/masking/pairwise_masks.h"
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr RoundId kRound{1, 1};
constexpr PartnerIndex kBroken[] = {2, 3, 4};

// Of order 4 (its u is 0), 1 and 8.
PublicKey small_order_key(PartnerIndex partner) {
  if (partner == 2) return PublicKey{};
  if (partner == 3) return PublicKey{1};
  return {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
          0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00};
}

// What a partner deals whose leaves nobody can open.
Bytes garbage_shares(Lab& lab, PartnerIndex dealer) {
  auto shares = *decode<ShareKeys>(lab.message(kRound, kVictim, "shares"));
  auto header = read<ShareKeysHeader>(shares.header);
  header.partner = dealer;
  shares.header = Lab::sign_as(lab.coordinator.federation, dealer, label::kShareKeys, encode(header));
  return encode(shares);
}

std::optional<Words> attack(Lab& lab) {
  const std::vector<PartnerIndex> honest = {0, kVictim};
  lab.coordinator.open(kRound);
  if (!lab.drive(honest, [&] { return lab.all_have(kRound, honest, "keys"); })) return std::nullopt;
  SeededRandom random(5);
  for (const PartnerIndex partner : kBroken) {
    const AdvertiseKeys keys{
        lab.context(kRound).rctx, partner, small_order_key(partner), make_x25519_pair(random).public_key, {}, true};
    lab.force(kRound, Phase::advertise_keys, partner,
              Lab::sign_as(lab.coordinator.federation, partner, label::kAdvertiseKeys, encode(keys)));
  }
  if (!lab.drive(honest, [&] { return lab.all_have(kRound, honest, "shares"); })) return std::nullopt;
  for (const PartnerIndex partner : kBroken)
    lab.force(kRound, Phase::share_keys, partner, garbage_shares(lab, partner));
  if (!lab.drive(honest, [&] { return lab.has(kRound, kVictim, "vector"); })) return std::nullopt;

  // From here on only what has passed over the wire.
  const auto u1 = read<KeySet>(*lab.coordinator.at(kRound).round->key_set());
  const auto shares = *decode<ShareKeys>(lab.message(kRound, kVictim, "shares"));
  const auto victim_keys = read<AdvertiseKeys>(lab.message(kRound, kVictim, "keys"));
  const Digest& rctx = lab.context(kRound).rctx;
  const Digest l1 = u1_hash(rctx, u1.messages);
  Loot loot(lab.context(kRound));
  for (const PartnerIndex holder : kBroken) {
    const auto leaf = *decode<ShareLeaf>(shares.leaves.at(holder));
    const X25519Secret any = make_x25519_pair(random).secret;
    const auto key = share_encryption_key(rctx, l1, kVictim, holder, victim_keys.e_pk, small_order_key(holder), any,
                                          ShareSide::sender);
    if (!key.ok()) return std::nullopt;
    const auto opened = aead_open(*key, kShareNonce, share_associated_data(rctx, l1, kVictim, holder), leaf.sealed);
    if (!opened.ok()) return std::nullopt;
    std::array<std::uint8_t, 40> share{};
    std::copy_n(opened->begin(), 40, share.begin());
    loot.add('b', kVictim, holder, share);
    std::copy_n(opened->begin() + 40, 40, share.begin());
    loot.add('m', kVictim, holder, share);
  }
  return loot.strip(u1, lab.everybody(), lab.uploaded(kRound, kVictim));
}

}  // namespace

TEST_CASE("keys of small order open an update to any reader only where an agreement on zero counts") {
  {
    const Weakened without{Defence::usable_shared_secret};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  CHECK(lab.refused(kVictim, ErrorCode::malformed));
  CHECK(lab.names(kVictim, "p2: X25519 public key"));
  CHECK_FALSE(lab.has(kRound, kVictim, "shares"));
  CHECK(lab.convicts(kVictim));
}

TEST_CASE("an honest coordinator names the partner with a key of small order before anybody sees it") {
  Lab lab(5);
  lab.coordinator.open(kRound);
  SeededRandom random(5);
  for (const PartnerIndex partner : kBroken) {
    AdvertiseKeys keys{
        lab.context(kRound).rctx, partner, small_order_key(partner), make_x25519_pair(random).public_key, {}, true};
    for (int which = 0; which < 2; ++which) {
      const Bytes message = Lab::sign_as(lab.coordinator.federation, partner, label::kAdvertiseKeys, encode(keys));
      CHECK(lab.coordinator.at(kRound).round->receive(Phase::advertise_keys, partner, message).error().code ==
            ErrorCode::malformed);
      std::swap(keys.e_pk, keys.m_pk);
    }
  }
}
