// A colluder that wears the victim's keys: it advertises them as its own, deals the victim's own sealed leaves under
// its name, and vanishes. Holders who take them for the colluder's reveal shares of the victim's mask key (the colluder
// is dead) and of its seed (the victim is alive).
#pragma once

#include "tests/adversarial/lab.h"

namespace bauta::testing {

/// In attempt `id` of a new federation of five. The victim's vector, where it works.
inline std::optional<Words> mirror_the_victim(Lab& lab, const RoundId& id) {
  using coordinator::Phase;
  constexpr PartnerIndex kColluder = 4;
  const std::vector<PartnerIndex> honest = lab.everybody_but({kColluder});
  const auto& federation = lab.coordinator.federation;
  lab.coordinator.open(id);
  if (!lab.drive(honest, [&] { return lab.all_have(id, honest, "keys"); })) return std::nullopt;
  auto keys = read<AdvertiseKeys>(lab.message(id, kVictim, "keys"));
  keys.partner = kColluder;
  lab.force(id, Phase::advertise_keys, kColluder,
            Lab::sign_as(federation, kColluder, label::kAdvertiseKeys, encode(keys)));

  if (!lab.drive(honest, [&] { return lab.all_have(id, honest, "shares"); })) return std::nullopt;
  auto shares = *decode<ShareKeys>(lab.message(id, kVictim, "shares"));
  auto header = read<ShareKeysHeader>(shares.header);
  header.partner = kColluder;
  shares.header = Lab::sign_as(federation, kColluder, label::kShareKeys, encode(header));
  lab.force(id, Phase::share_keys, kColluder, encode(shares));

  coordinator::Round& round = *lab.coordinator.at(id).round;
  if (!lab.drive(honest, [&] { return round.counts().u3 == honest.size(); })) return std::nullopt;
  lab.coordinator.close_phase(id);
  lab.drive(honest, [&] { return round.phase() == Phase::finished; });
  Loot loot(lab.context(id));
  for (const PartnerIndex holder : honest) {
    if (!lab.has(id, holder, "unmask")) continue;
    for (const auto& revealed : read<UnmaskShares>(lab.message(id, holder, "unmask")).shares) {
      if (revealed.dealer == kVictim) loot.add('b', kVictim, holder, revealed.share);
      if (revealed.dealer == kColluder) loot.add('m', kVictim, holder, revealed.share);
    }
  }
  return loot.strip(read<KeySet>(*round.key_set()), lab.everybody(), lab.uploaded(id, kVictim));
}

}  // namespace bauta::testing
