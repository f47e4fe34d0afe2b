// A certified sum is kept from the partners, and a later round begins again on the same model without the victim.
#include "tests/adversarial/second_sum.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kWithheld{1, 1};
constexpr RoundId kAgain{2, 1};
const std::vector<PartnerIndex> kOthers = {0, 2, 3, 4};

std::optional<Words> attack(Lab& lab) {
  for (const PartnerIndex partner : lab.everybody()) lab.host(partner).trains_alike = true;
  const ModelState base = lab.coordinator.model;
  lab.coordinator.open(kWithheld);
  const auto first = sum_of(lab, kWithheld, lab.everybody());
  REQUIRE(first);
  lab.pretend_void(kWithheld);
  lab.coordinator.model = base;
  lab.coordinator.open(kAgain);
  const auto second = sum_of(lab, kAgain, kOthers);
  if (!second) return std::nullopt;
  return difference(*first, *second, lab.context(kAgain));
}

}  // namespace

TEST_CASE("a withheld sum and a second one on the same model open an update only where nobody remembers the first") {
  {
    const Weakened without{Defence::one_sum_for_each_model};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kWithheld)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : kOthers) {
    CHECK(lab.refused(partner, ErrorCode::refused_by_policy));
    CHECK_FALSE(lab.has(kAgain, partner, "keys"));
  }
}
