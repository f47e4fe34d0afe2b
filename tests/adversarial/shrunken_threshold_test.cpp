// The coordinator signs a descriptor by which a single share is the secret; one colluder is enough then.
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};
constexpr PartnerIndex kColluder = 4;

std::optional<Words> attack(Lab& lab) {
  const std::set<Defence> own = {Defence::thresholds};
  lab.lacks[kColluder] = own;
  {
    lab.coordinator.open(kRound);
    RoundDescriptor descriptor = lab.context(kRound).descriptor;
    descriptor.thresholds.shamir = 1;
    const Weakened own_machine(own);
    lab.coordinator.open_with(descriptor);
  }
  if (!lab.drive(lab.everybody(), [&] { return lab.all_have(kRound, {kVictim, kColluder}, "vector"); })) {
    return std::nullopt;
  }
  const Weakened own_machine(own);
  Loot loot(lab.context(kRound));
  loot.add(kColluder, *lab.round_of(kColluder, kRound)->shares());
  return loot.strip(read<KeySet>(*lab.coordinator.at(kRound).round->key_set()), lab.everybody(),
                    lab.uploaded(kRound, kVictim));
}

}  // namespace

TEST_CASE("a shrunken threshold lets one colluder open an update only where partners do not compute it themselves") {
  {
    const Weakened without{Defence::thresholds};
    Lab lab(5);
    const auto found = attack(lab);
    CHECK((found == lab.secret(kRound)));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab));
  for (const PartnerIndex partner : {0U, 1U, 2U, 3U}) {
    CHECK(lab.refused(partner, ErrorCode::malformed));
    CHECK(lab.names(partner, "thresholds are not what its cohort and f_max require"));
    CHECK_FALSE(lab.has(kRound, partner, "keys"));
  }
}

TEST_CASE("a descriptor with anything else out of bounds is not opened") {
  const TestFederation federation(7);
  const auto code_of = [&](const auto& change) {
    RoundDescriptor descriptor = test_descriptor(federation, 10, 20, 32);
    change(descriptor);
    const auto opened = open_descriptor(federation.roster(), sign_descriptor(federation, descriptor));
    return opened.ok() ? std::optional<ErrorCode>() : opened.error().code;
  };
  CHECK(code_of([](RoundDescriptor&) {}) == std::nullopt);
  CHECK(code_of([](RoundDescriptor& d) { d.thresholds.shamir -= 1; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.thresholds.certify -= 1; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.thresholds.n_min = 2; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.thresholds.n_min = 8; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.f_max = 0; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.f_max = 7; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.cohort = {0, 1}; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.cohort[1] = d.cohort[0]; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.cohort.back() = 7; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.federation_id = Digest{1}; }) == ErrorCode::wrong_context);
  CHECK(code_of([](RoundDescriptor& d) { d.dimension = 4; }) == ErrorCode::out_of_range);
  CHECK(code_of([](RoundDescriptor& d) { d.dimension = ~std::uint64_t{0}; }) == ErrorCode::out_of_range);
  CHECK(code_of([](RoundDescriptor& d) { d.bits = 31; }) == ErrorCode::invalid_argument);
  CHECK(code_of([](RoundDescriptor& d) { d.lane = 13; }).has_value());
  CHECK(code_of([](RoundDescriptor& d) { d.clip = -1; }) == ErrorCode::malformed);
  CHECK(code_of([](RoundDescriptor& d) { d.suite = 2; }) == ErrorCode::malformed);
  // What no database can count is no round.
  CHECK(code_of([](RoundDescriptor& d) { d.round_no = ~std::uint64_t{0}; }) == ErrorCode::malformed);
}
