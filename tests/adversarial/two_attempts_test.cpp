// An attempt is certified and opened, but its partners are told that it is void; the next attempt loses the victim.
#include "tests/adversarial/second_sum.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kFirst{1, 1};
constexpr RoundId kSecond{1, 2};
const std::vector<PartnerIndex> kOthers = {0, 2, 3, 4};

std::optional<Words> attack(Lab& lab) {
  const ModelState base = lab.coordinator.model;
  lab.coordinator.open(kFirst);
  const auto first = sum_of(lab, kFirst, lab.everybody());
  REQUIRE(first);
  lab.pretend_void(kFirst);
  REQUIRE(lab.drive(lab.everybody(), [&] {
    return std::none_of(kOthers.begin(), kOthers.end(),
                        [&](PartnerIndex partner) { return lab.host(partner).agent().attempt().has_value(); });
  }));
  lab.coordinator.model = base;
  lab.coordinator.open(kSecond);
  const auto second = sum_of(lab, kSecond, kOthers);
  if (!second) return std::nullopt;
  return difference(*first, *second, lab.context(kSecond));
}

}  // namespace

TEST_CASE("two attempts of a round are differenced only where who signed a first set takes part in a second") {
  {
    const Weakened without{Defence::one_sum_for_each_model};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kFirst)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : kOthers) {
    CHECK_FALSE(lab.has(kSecond, partner, "statement"));
  }
  for (const PartnerIndex partner : {0U, 2U, 3U}) CHECK(lab.refused(partner, ErrorCode::refused_by_policy));
}
