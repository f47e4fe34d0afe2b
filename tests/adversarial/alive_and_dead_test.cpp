// The same holders are asked twice: once with the victim among the survivors, once without it.
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr PartnerIndex kHolders[] = {0, 2, 3, 4};  // the last one colludes

struct Attack {
  TestFederation federation{5};
  RoundDescriptor descriptor = test_descriptor(federation, 40, 20, 32);
  RoundHarness harness{federation, descriptor, 3};
  Words secret;
  std::vector<ErrorCode> refusals;
  Bytes first_set;
  Bytes second_set;

  Bytes sign(std::string_view label, Bytes payload) const {
    return sign_blob(label, federation.roster()->federation_id, TestFederation::coordinator_key(), kCoordinatorSigner,
                     std::move(payload));
  }

  std::optional<Words> run() {
    auto& round = harness.round();
    SeededRandom random(8);
    auto updates = random_updates(descriptor, random);
    secret = updates.at(kVictim);
    for (PartnerIndex u = 0; u < 5; ++u) {
      REQUIRE(harness.deliver(Phase::advertise_keys, u, harness.client(u).advertise_keys()).ok());
    }
    REQUIRE(harness.close().ok());
    for (PartnerIndex u = 0; u < 5; ++u) {
      REQUIRE(harness.deliver(Phase::share_keys, u, *harness.client(u).share_keys(*round.key_set(), random)).ok());
    }
    REQUIRE(harness.close().ok());
    for (PartnerIndex u = 0; u < 5; ++u) {
      const Bytes header = *harness.client(u).masked_update(**round.share_package(u), updates.at(u));
      REQUIRE(harness.deliver(Phase::masked_update, u, header).ok());
      REQUIRE(harness.deliver_upload(u, updates.at(u)).ok());
    }
    REQUIRE(harness.close().ok());

    first_set = *round.survivor_set();
    auto without_victim = read<SurvivorSet>(first_set);
    without_victim.headers.erase(without_victim.headers.begin() + kVictim);
    second_set = sign(label::kSurvivorSet, encode(without_victim));
    Loot loot(round.context());
    std::optional<Digest> signed_before;
    for (const Bytes* set : {&first_set, &second_set}) {
      std::vector<Bytes> statements;
      for (const PartnerIndex u : kHolders) {
        const auto statement = harness.client(u).certify(*set, signed_before);
        if (!statement.ok()) {
          refusals.push_back(statement.error().code);
          continue;
        }
        statements.push_back(**statement);
      }
      if (statements.size() < 4) return std::nullopt;
      const auto& seen = *harness.client(0).survivors();
      const Bytes certificate =
          sign(label::kCertificate, encode(Certificate{round.context().rctx, seen.u3, statements}));
      for (const PartnerIndex u : kHolders) {
        const auto shares = harness.client(u).unmask(certificate);
        if (shares.ok()) loot.add(u, *shares, seen.survivors);
      }
      signed_before = seen.u3;
    }
    return loot.strip(read<KeySet>(*round.key_set()), {0, 1, 2, 3, 4}, updates.at(kVictim));
  }
};

}  // namespace

TEST_CASE("a partner that is declared alive and dead is opened only by holders that answer twice") {
  {
    const Weakened without{Defence::one_answer, Defence::one_sum_for_each_model};
    Attack attack;
    const auto found = attack.run();
    CHECK((found == attack.secret));
  }
  Attack attack;
  SUBCASE("with every check") {
    CHECK_FALSE(attack.run());
    CHECK(attack.refusals == std::vector<ErrorCode>(4, ErrorCode::equivocation));
  }
  SUBCASE("a second set in one attempt is an equivocation") {
    const Weakened without{Defence::one_sum_for_each_model};
    CHECK_FALSE(attack.run());
    CHECK(attack.refusals == std::vector<ErrorCode>(4, ErrorCode::equivocation));
  }
  SUBCASE("nobody signs a second set on one model") {
    const Weakened without{Defence::one_answer};
    CHECK_FALSE(attack.run());
    CHECK(attack.refusals == std::vector<ErrorCode>(4, ErrorCode::refused_by_policy));
  }
  // Whoever has both sets has the coordinator's two signatures.
  const Roster& roster = *attack.federation.roster();
  CHECK(attack.first_set != attack.second_set);
  CHECK(open_blob(label::kSurvivorSet, roster, kCoordinatorSigner, attack.first_set).ok());
  CHECK(open_blob(label::kSurvivorSet, roster, kCoordinatorSigner, attack.second_set).ok());
}
