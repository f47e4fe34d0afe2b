// The coordinator gives the victim its own keys instead of everybody else's, and plays all of them.
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};

std::optional<Words> attack(Lab& lab) {
  lab.coordinator.open(kRound);
  return PuppetRound(lab, lab.context(kRound), kVictim).play(kRound);
}

}  // namespace

TEST_CASE("substituted keys open an update only to a coordinator whose set is not checked against the pinned roster") {
  {
    const Weakened without{Defence::signature};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  CHECK(lab.refused(kVictim, ErrorCode::bad_signature));
  CHECK_FALSE(lab.has(kRound, kVictim, "shares"));
  CHECK(lab.convicts(kVictim));
}
