// A finished round is offered once more under its own, signed descriptor, and loses the victim.
#include "tests/adversarial/second_sum.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr RoundId kRound{1, 1};
const std::vector<PartnerIndex> kOthers = {0, 2, 3, 4};

std::optional<Words> attack(Lab& lab) {
  const ModelState base = lab.coordinator.model;
  lab.coordinator.open(kRound);
  const Bytes descriptor = lab.context(kRound).descriptor_blob;
  const Bytes invitation = lab.coordinator.invitation(kRound);
  REQUIRE(lab.finish_round(kRound, lab.everybody()));
  const Words first = lab.sum(kRound);

  auto replayed = coordinator::Round::open(lab.coordinator.federation.roster(), {coordinator::RoundEvent::Kind::opened,
                                                                                 Phase::advertise_keys, 0, descriptor});
  REQUIRE(replayed.ok());
  auto& attempt = lab.coordinator.attempts[kRound];
  attempt = {};
  attempt.round = *std::move(replayed);
  attempt.base = base;
  lab.coordinator.messages.clear();
  for (const PartnerIndex partner : kOthers) {
    lab.host(partner).link.lie = [&](std::string_view what, const RoundId&) -> std::optional<Bytes> {
      if (what != "invitation" || attempt.round->phase() != Phase::advertise_keys) return std::nullopt;
      return invitation;
    };
  }
  const auto second = sum_of(lab, kRound, kOthers);
  for (const PartnerIndex partner : kOthers) lab.host(partner).link.lie = nullptr;
  if (!second) return std::nullopt;
  return difference(first, *second, lab.context(kRound));
}

}  // namespace

TEST_CASE("a replayed descriptor opens an update only where neither the attempt nor the model is remembered") {
  {
    const Weakened without{Defence::newest_attempt, Defence::one_sum_for_each_model};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  const auto stopped_by = [](const std::set<Defence>& left_out, ErrorCode code) {
    const Weakened without(left_out);
    Lab lab(5);
    CHECK_FALSE(attack(lab));
    for (const PartnerIndex partner : kOthers) {
      CHECK(lab.refused(partner, code));
      CHECK_FALSE(lab.has(kRound, partner, "keys"));
    }
  };
  SUBCASE("with every check") { stopped_by({}, ErrorCode::wrong_context); }
  SUBCASE("the attempt is remembered") { stopped_by({Defence::one_sum_for_each_model}, ErrorCode::wrong_context); }
  SUBCASE("the model is remembered") { stopped_by({Defence::newest_attempt}, ErrorCode::refused_by_policy); }
}
