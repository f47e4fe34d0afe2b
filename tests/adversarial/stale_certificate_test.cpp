// A good certificate for one set of survivors is used again for another set of the same attempt.
#include "tests/adversarial/split_survivors.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};
const std::set<PartnerIndex> kSeeVictimDead = {4, 5, 6};

// Nine partners, two of them colluders: T = 6 signatures, t = 5 shares. With the colluders' help the four who see the
// victim alive make a certificate, and the three others a full set of shares.
std::optional<Words> attack(Lab& lab) {
  lab.coordinator.open(kRound);
  const Split split{{0, kVictim, 2, 3}, kSeeVictimDead, {7, 8}};
  return split_survivors(lab, kRound, split, [&](bool, const auto& with, const auto&) {
    return certificate_of(lab, lab.context(kRound).rctx, with);
  });
}

}  // namespace

TEST_CASE("a certificate opens no other set of survivors than the one it was signed for") {
  {
    const Weakened without{Defence::certificate_survivors};
    Lab lab(9);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(9);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : kSeeVictimDead) {
    CHECK(lab.refused(partner, ErrorCode::equivocation));
    CHECK_FALSE(lab.has(kRound, partner, "unmask"));
    CHECK(lab.convicts(partner));
  }
}
