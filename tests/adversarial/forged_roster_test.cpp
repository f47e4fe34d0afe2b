// The coordinator comes with a roster of its own, in which it is everybody but the victim.
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};

std::optional<Words> attack(Lab& lab) {
  {
    lab.coordinator.open(kRound);
    RoundDescriptor descriptor = lab.context(kRound).descriptor;
    descriptor.roster_hash = Digest{5};
    const Weakened own_machine{Defence::roster_hash};
    lab.coordinator.open_with(descriptor);
  }
  return PuppetRound(lab, lab.context(kRound), kVictim).play(kRound);
}

}  // namespace

TEST_CASE(
    "a forged roster opens an update only to a coordinator that a partner believes instead of its pinned roster") {
  {
    const Weakened without{Defence::roster_hash, Defence::signature};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  SUBCASE("with every check") {
    Lab lab(5);
    CHECK_FALSE(attack(lab));
    CHECK(lab.refused(kVictim, ErrorCode::wrong_context));
    CHECK(lab.names(kVictim, "another roster than the one pinned here"));
    CHECK_FALSE(lab.has(kRound, kVictim, "keys"));
  }
  SUBCASE("the descriptor names another roster") {
    const Weakened without{Defence::signature};
    Lab lab(5);
    CHECK_FALSE(attack(lab));
    CHECK_FALSE(lab.has(kRound, kVictim, "keys"));
  }
  SUBCASE("its members' signatures do not verify under the pinned keys") {
    const Weakened without{Defence::roster_hash};
    Lab lab(5);
    CHECK_FALSE(attack(lab));
    CHECK(lab.refused(kVictim, ErrorCode::bad_signature));
    CHECK_FALSE(lab.has(kRound, kVictim, "shares"));
  }
}
