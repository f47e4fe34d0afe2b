// Partners are shown different descriptors of one attempt.
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr RoundId kRound{1, 1};
constexpr PartnerIndex kOther = 0;

Bytes invitation_of(const Lab& lab, const RoundDescriptor& descriptor, const Bytes& honest) {
  auto invitation = *decode<Invitation>(honest);
  invitation.descriptor = sign_descriptor(lab.coordinator.federation, descriptor);
  return encode(invitation);
}

// Partner 0 gets a descriptor of its own; its keys stand in everybody's set all the same. Whether the victim deals.
bool attack(Lab& lab) {
  lab.coordinator.open(kRound);
  RoundDescriptor other = lab.context(kRound).descriptor;
  other.run_id = "another-run";
  lab.host(kOther).link.invite_with = invitation_of(lab, other, lab.coordinator.invitation(kRound));
  lab.host(kOther).link.swallows = true;
  if (!lab.drive({kOther}, [&] { return lab.has(kRound, kOther, "keys"); })) return false;
  lab.force(kRound, Phase::advertise_keys, kOther, lab.message(kRound, kOther, "keys"));
  return lab.drive(lab.everybody_but({kOther}), [&] { return lab.has(kRound, kVictim, "shares"); });
}

}  // namespace

TEST_CASE("partners that were shown another descriptor are found before any share leaves") {
  {
    const Weakened without{Defence::same_descriptor};
    Lab lab(5);
    CHECK(attack(lab));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : {1U, 2U, 3U, 4U}) {
    CHECK(lab.refused(partner, ErrorCode::equivocation));
    CHECK(lab.names(partner, "p0 advertised its keys for another round descriptor"));
    CHECK(lab.convicts(partner));
  }
}

TEST_CASE("a second descriptor of an attempt for the same partner is refused and both are kept") {
  Lab lab(5);
  lab.coordinator.open(kRound);
  REQUIRE(lab.drive({kVictim}, [&] { return lab.has(kRound, kVictim, "keys"); }));
  RoundDescriptor other = lab.context(kRound).descriptor;
  const Bytes honest = lab.coordinator.invitation(kRound);
  lab.coordinator.abandon(kRound);
  REQUIRE(lab.drive({kVictim}, [&] { return !lab.victim().agent().attempt(); }));
  other.run_id = "another-run";
  lab.victim().link.invite_with = invitation_of(lab, other, honest);
  REQUIRE(lab.drive({kVictim}, [&] { return lab.refused(kVictim, ErrorCode::equivocation); }));
  CHECK(lab.convicts(kVictim));
  CHECK_FALSE(lab.victim().agent().attempt());
}
