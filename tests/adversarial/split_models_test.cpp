// One descriptor, two models: whoever does not have the model yet gets one that cannot be trained, so that the sum is
// the victim's update alone (known as the model inconsistency attack).
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr RoundId kBefore{1, 1};
constexpr RoundId kRound{2, 1};
constexpr PartnerIndex kColluder = 4;
const std::vector<PartnerIndex> kFooled = {0, 2, 3};

std::optional<Words> attack(Lab& lab) {
  // Three partners never get the first round's sum, and so not its model.
  lab.coordinator.open(kBefore);
  const auto& first = *lab.coordinator.at(kBefore).round;
  REQUIRE(lab.drive(lab.everybody(), [&] { return first.ready_to_unmask() || first.phase() == Phase::finished; }));
  REQUIRE(lab.finish_round(kBefore, {kVictim, kColluder}));
  lab.pretend_void(kBefore);
  REQUIRE(lab.drive(kFooled, [&] {
    return std::all_of(kFooled.begin(), kFooled.end(),
                       [&](PartnerIndex partner) { return !lab.host(partner).agent().attempt(); });
  }));

  lab.coordinator.open(kRound);
  ModelState dead = lab.coordinator.model;
  dead.parameters[0] = kDeadModel;
  for (const PartnerIndex partner : kFooled) {
    lab.host(partner).link.lie = [&](std::string_view what, const RoundId&) -> std::optional<Bytes> {
      if (what != "model") return std::nullopt;
      return encode_model(dead, lab.coordinator.layout(), lab.coordinator.hash_of_plan(), kBefore.round_no);
    };
  }
  const bool summed =
      lab.drive(lab.everybody(), [&] { return lab.coordinator.at(kRound).round->phase() == Phase::finished; });
  for (const PartnerIndex partner : kFooled) lab.host(partner).link.lie = nullptr;
  if (!summed) return std::nullopt;
  return difference(lab.sum(kRound), lab.plain(kColluder, kRound), lab.context(kRound));
}

}  // namespace

TEST_CASE("a dead model for everybody else leaves the victim alone in the sum only where models are not compared") {
  {
    const Weakened without{Defence::model_hash};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : kFooled) {
    CHECK(lab.refused(partner, ErrorCode::wrong_context));
    CHECK(lab.names(partner, "not the model that the round descriptor names"));
    CHECK_FALSE(lab.has(kRound, partner, "keys"));
  }
}
