// The victim is invited alone with two colluders, into a cohort that the plan allows.
#include "tests/adversarial/second_sum.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};
const std::vector<PartnerIndex> kCohort = {kVictim, 3, 4};

std::optional<Words> attack(Lab& lab) {
  lab.victim().policy.min_participants = 5;
  lab.victim().reopen();
  lab.coordinator.open_with([&] {
    RoundDescriptor descriptor =
        descriptor_for(*lab.coordinator.federation.roster(), lab.coordinator.plan(), lab.coordinator.hash_of_plan(),
                       lab.coordinator.layout().size(), kCohort);
    descriptor.run_id = lab.coordinator.run_id;
    descriptor.round_no = kRound.round_no;
    descriptor.attempt = kRound.attempt;
    descriptor.model_hash = lab.coordinator.current_hash();
    return descriptor;
  }());
  const auto sum = sum_of(lab, kRound, kCohort);
  if (!sum) return std::nullopt;
  const auto& context = lab.context(kRound);
  return difference(difference(*sum, lab.plain(3, kRound), context), lab.plain(4, kRound), context);
}

}  // namespace

TEST_CASE("a cohort of colluders around one partner opens its update only where its own minimum does not count") {
  {
    const Weakened without{Defence::min_participants};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  CHECK(lab.refused(kVictim, ErrorCode::refused_by_policy));
  CHECK(lab.names(kVictim, "min_participants requires at least 5"));
  CHECK_FALSE(lab.has(kRound, kVictim, "keys"));
}
