// A coordinator that shows one half of the partners the victim among the survivors and the other half a set without it.
// If both halves believe it, one half reveals shares of the victim's seed, the other of its mask key.
#pragma once

#include "tests/adversarial/lab.h"

namespace bauta::testing {

/// Who is shown what; the colluders help with everything they hold.
struct Split {
  std::set<PartnerIndex> see_victim_alive;
  std::set<PartnerIndex> see_victim_dead;
  std::set<PartnerIndex> colluders;
};

/// The set of survivors that a half was shown, and the signatures on it.
struct ShownSurvivors {
  Bytes set;
  Digest u3{};
  std::vector<Bytes> statements;
};

/// The certificate that is handed to the half that sees the victim alive, or to the other one.
using CertificateFor = std::function<Bytes(bool alive, const ShownSurvivors& with, const ShownSurvivors& without)>;

inline Bytes certificate_of(const Lab& lab, const Digest& rctx, const ShownSurvivors& shown) {
  return lab.sign(label::kCertificate, encode(Certificate{rctx, shown.u3, shown.statements}));
}

/// From an open attempt to the victim's vector, where it works.
inline std::optional<Words> split_survivors(Lab& lab, const RoundId& id, const Split& split,
                                            const CertificateFor& certificate_for) {
  const std::vector<PartnerIndex> everybody = lab.everybody();
  const auto honest = lab.everybody_but(split.colluders);
  coordinator::Round& round = *lab.coordinator.at(id).round;
  if (!lab.drive(everybody, [&] { return round.counts().u3 == everybody.size(); })) return std::nullopt;
  lab.coordinator.close_phase(id);
  const Digest& rctx = lab.context(id).rctx;
  Loot loot(lab.context(id));
  for (const PartnerIndex colluder : split.colluders) loot.add(colluder, *lab.round_of(colluder, id)->shares());

  const auto u1 = read<KeySet>(*round.key_set());
  const auto shown = [&](bool alive) {
    auto set = read<SurvivorSet>(*round.survivor_set());
    if (!alive) set.headers.erase(set.headers.begin() + kVictim);
    ShownSurvivors half;
    half.set = lab.sign(label::kSurvivorSet, encode(set));
    half.u3 = u3_hash(rctx, set.l1, set.u2_hash, set.headers);
    for (const PartnerIndex colluder : split.colluders) {
      half.statements.push_back(Lab::sign_as(lab.coordinator.federation, colluder, label::kCertify,
                                             encode(SurvivorStatement{rctx, half.u3})));
    }
    return half;
  };
  ShownSurvivors with = shown(true);
  ShownSurvivors without = shown(false);
  bool all_signed = false;
  for (const PartnerIndex partner : honest) {
    const bool alive = split.see_victim_alive.contains(partner);
    lab.host(partner).link.swallows = true;
    lab.host(partner).link.lie = [&, alive](std::string_view what, const RoundId&) -> std::optional<Bytes> {
      if (what == "survivor_set") return (alive ? with : without).set;
      if (what == "certificate" && all_signed) return certificate_for(alive, with, without);
      return std::nullopt;
    };
  }
  std::vector<PartnerIndex> signers;
  for (const PartnerIndex partner : honest) {
    if (split.see_victim_alive.contains(partner) || partner != kVictim) signers.push_back(partner);
  }
  if (lab.drive(honest, [&] { return lab.all_have(id, signers, "statement"); })) {
    for (const PartnerIndex signer : signers) {
      auto& half = split.see_victim_alive.contains(signer) ? with : without;
      half.statements.push_back(lab.message(id, signer, "statement"));
    }
    all_signed = true;
    lab.drive(honest, [&] { return lab.all_have(id, honest, "unmask"); });
  }
  for (const PartnerIndex partner : honest) {
    lab.host(partner).link.lie = nullptr;
    lab.host(partner).link.swallows = false;
    if (!lab.has(id, partner, "unmask")) continue;
    std::set<PartnerIndex> survivors(everybody.begin(), everybody.end());
    if (!split.see_victim_alive.contains(partner)) survivors.erase(kVictim);
    loot.add(partner, lab.message(id, partner, "unmask"), survivors);
  }
  return loot.strip(u1, everybody, lab.uploaded(id, kVictim));
}

}  // namespace bauta::testing
