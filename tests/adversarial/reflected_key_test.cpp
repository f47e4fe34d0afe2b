// The victim is shown a set in which another partner has the victim's own keys.
#include "tests/adversarial/mirrored_dealer.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};

}  // namespace

TEST_CASE("who wears the victim's own keys opens its update only where keys may repeat and shares name no dealer") {
  {
    const Weakened without{Defence::distinct_keys, Defence::named_dealer};
    Lab lab(5);
    const auto found = mirror_the_victim(lab, kRound);
    CHECK((found == lab.secret(kRound)));
  }
  SUBCASE("the victim finds its own keys under another name") {
    const Weakened without{Defence::named_dealer};
    Lab lab(5);
    for (const PartnerIndex other : {0U, 2U, 3U}) lab.lacks[other] = {Defence::distinct_keys};
    CHECK_FALSE(mirror_the_victim(lab, kRound));
    CHECK(lab.refused(kVictim, ErrorCode::conflict));
    CHECK(lab.names(kVictim, "a key of p4 stands twice"));
    CHECK_FALSE(lab.has(kRound, kVictim, "shares"));
    CHECK(lab.convicts(kVictim));
  }
  SUBCASE("shares sealed by the victim do not open under another dealer's name") {
    const Weakened without{Defence::distinct_keys};
    Lab lab(5);
    CHECK_FALSE(mirror_the_victim(lab, kRound));
    for (const PartnerIndex holder : {0U, 1U, 2U, 3U}) {
      CHECK(lab.names(holder, "complaint dealer=p4"));
      CHECK_FALSE(lab.has(kRound, holder, "unmask"));
    }
  }
}
