// Two sets of survivors in one attempt, each for one half of the partners, each certified by its half.
#include "tests/adversarial/split_survivors.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};

std::optional<Words> attack(Lab& lab) {
  lab.coordinator.open(kRound);
  const Split split{{0, kVictim}, {2, 3}, {4}};
  return split_survivors(lab, kRound, split, [&](bool alive, const auto& with, const auto& without) {
    return certificate_of(lab, lab.context(kRound).rctx, alive ? with : without);
  });
}

}  // namespace

TEST_CASE("split sets of survivors open an update only where fewer than T signatures are enough") {
  {
    const Weakened without{Defence::certificate_threshold};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : {0U, 1U, 2U, 3U}) {
    CHECK(lab.refused(partner, ErrorCode::threshold_lost));
    CHECK_FALSE(lab.has(kRound, partner, "unmask"));
    CHECK(lab.convicts(partner));
  }
}
