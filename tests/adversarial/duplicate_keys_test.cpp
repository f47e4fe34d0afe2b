// Two partners with the same keys, where the one that is copied has nobody to look after it but the others.
#include "tests/adversarial/mirrored_dealer.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr RoundId kRound{1, 1};

}  // namespace

TEST_CASE("a key that stands twice ends the attempt at every partner, whoever is copied") {
  {
    const Weakened without{Defence::distinct_keys, Defence::named_dealer};
    Lab lab(5);
    const auto found = mirror_the_victim(lab, kRound);
    CHECK((found == lab.secret(kRound)));
  }
  const Weakened without{Defence::named_dealer};
  Lab lab(5);
  lab.lacks[kVictim] = {Defence::distinct_keys};
  CHECK_FALSE(mirror_the_victim(lab, kRound));
  for (const PartnerIndex other : {0U, 2U, 3U}) {
    CHECK(lab.refused(other, ErrorCode::conflict));
    CHECK_FALSE(lab.has(kRound, other, "shares"));
    CHECK(lab.convicts(other));
  }
}

TEST_CASE("an honest coordinator takes no key that another partner has advertised") {
  Lab lab(5);
  lab.coordinator.open(kRound);
  REQUIRE(lab.drive({kVictim}, [&] { return lab.has(kRound, kVictim, "keys"); }));
  auto keys = read<AdvertiseKeys>(lab.message(kRound, kVictim, "keys"));
  keys.partner = 4;
  const auto& round = *lab.coordinator.at(kRound).round;
  const auto refusal = [&] {
    const Bytes message = Lab::sign_as(lab.coordinator.federation, 4, label::kAdvertiseKeys, encode(keys));
    return round.receive(Phase::advertise_keys, 4, message).error().code;
  };
  CHECK(refusal() == ErrorCode::conflict);
  SeededRandom random(1);
  keys.e_pk = keys.m_pk = make_x25519_pair(random).public_key;
  CHECK(refusal() == ErrorCode::malformed);
}
