// The certificate of the round before is handed to both halves of a split.
#include "tests/adversarial/split_survivors.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kBefore{1, 1};
constexpr RoundId kRound{2, 1};

std::optional<Words> attack(Lab& lab) {
  lab.coordinator.open(kBefore);
  REQUIRE(lab.finish_round(kBefore, lab.everybody()));
  const Bytes certificate = *lab.coordinator.at(kBefore).round->certificate();
  lab.coordinator.open(kRound);
  const Split split{{0, kVictim}, {2, 3}, {4}};
  return split_survivors(lab, kRound, split, [&](bool, const auto&, const auto&) { return certificate; });
}

}  // namespace

TEST_CASE(
    "the certificate of an older round opens no update unless neither its round nor its survivors are looked at") {
  {
    const Weakened without{Defence::certificate_round, Defence::certificate_survivors};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  const auto stopped_by = [](const std::set<Defence>& left_out, ErrorCode code) {
    const Weakened without(left_out);
    Lab lab(5);
    CHECK_FALSE(attack(lab));
    for (const PartnerIndex partner : {0U, 1U, 2U, 3U}) {
      CHECK(lab.refused(partner, code));
      CHECK_FALSE(lab.has(kRound, partner, "unmask"));
    }
  };
  SUBCASE("with every check") { stopped_by({}, ErrorCode::wrong_context); }
  SUBCASE("its round is looked at") { stopped_by({Defence::certificate_survivors}, ErrorCode::wrong_context); }
  SUBCASE("its survivors are looked at") { stopped_by({Defence::certificate_round}, ErrorCode::equivocation); }
}
