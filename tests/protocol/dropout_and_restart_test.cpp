// Somebody vanishes, or everybody is killed and comes back, in every phase.
#include <doctest/doctest.h>

#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr LeavesAfter kMoments[] = {LeavesAfter::nothing,       LeavesAfter::advertise_keys, LeavesAfter::share_keys,
                                    LeavesAfter::update_header, LeavesAfter::upload,         LeavesAfter::certify};

struct Case {
  TestFederation federation{7};  // f = 1, T = 5, t = 4: two may vanish
  RoundDescriptor descriptor = test_descriptor(federation, 100, 12, 16);
  SeededRandom random{11};
  std::map<PartnerIndex, std::vector<std::uint64_t>> updates = random_updates(descriptor, random);

  Outcome run(const Schedule& schedule) {
    RoundHarness harness(federation, descriptor, 5);
    return harness.run(updates, schedule);
  }
};

}  // namespace

TEST_CASE("two partners vanish in any two phases and the sum of the others is exact") {
  Case test;
  for (const LeavesAfter first : kMoments) {
    for (const LeavesAfter second : kMoments) {
      CAPTURE(static_cast<int>(first));
      CAPTURE(static_cast<int>(second));
      const Outcome outcome = test.run({{{1, first}, {5, second}}, 3, 0});
      REQUIRE(outcome.finished);
      CHECK(outcome.unmasked == outcome.expected);
      const std::size_t uploaded = (first >= LeavesAfter::upload ? 1U : 0U) + (second >= LeavesAfter::upload ? 1U : 0U);
      CHECK(outcome.survivors.size() == 5 + uploaded);
    }
  }
}

TEST_CASE("a third one that vanishes before its upload makes the attempt void") {
  Case test;
  for (const LeavesAfter moment : kMoments) {
    if (moment >= LeavesAfter::upload) continue;
    CAPTURE(static_cast<int>(moment));
    const Outcome outcome = test.run({{{0, moment}, {3, moment}, {6, moment}}, 3, 0});
    CHECK_FALSE(outcome.finished);
    CHECK(outcome.shares_messages == 0);
  }
}

TEST_CASE("both sides are killed before every step of every phase and still agree on the exact sum") {
  Case test;
  for (const LeavesAfter moment : kMoments) {
    CAPTURE(static_cast<int>(moment));
    const Outcome outcome = test.run({{{2, moment}}, 9, 100});
    REQUIRE(outcome.finished);
    CHECK(outcome.unmasked == outcome.expected);
  }
}

TEST_CASE("the order of arrival changes neither the survivors nor the sum") {
  Case test;
  const Outcome reference = test.run({{{4, LeavesAfter::share_keys}}, 1, 0});
  REQUIRE(reference.finished);
  for (std::uint64_t order = 2; order < 30; ++order) {
    const Outcome outcome = test.run({{{4, LeavesAfter::share_keys}}, order, 0});
    REQUIRE(outcome.finished);
    CHECK(outcome.survivors == reference.survivors);
    CHECK(outcome.unmasked == reference.unmasked);
  }
}

TEST_CASE("a client killed before it could save anything makes fresh keys, one that saved sends the same bytes") {
  Case test;
  RoundHarness harness(test.federation, test.descriptor, 5);
  const Bytes first = harness.client(0).advertise_keys();
  harness.reopen_client(0);
  CHECK(harness.client(0).advertise_keys() == first);

  auto context = open_descriptor(test.federation.roster(), harness.descriptor_blob());
  const auto forgot = client::ClientRound::open(test.federation.membership(0), *context, {}, {}, test.random);
  CHECK((*forgot)->advertise_keys() != first);
}

TEST_CASE("every message of a client is the same after a restart, and its vector is masked once") {
  Case test;
  RoundHarness harness(test.federation, test.descriptor, 5);
  std::map<PartnerIndex, Bytes> sent;
  const auto all = [&](const auto& act) {
    for (PartnerIndex u = 0; u < 7; ++u) act(u);
  };
  all([&](PartnerIndex u) {
    REQUIRE(harness.deliver(Phase::advertise_keys, u, harness.client(u).advertise_keys()).ok());
  });
  REQUIRE(harness.close().ok());
  all([&](PartnerIndex u) {
    const Bytes message = *harness.client(u).share_keys(*harness.round().key_set(), harness.random());
    harness.save(u);
    harness.reopen_client(u);
    CHECK(*harness.client(u).share_keys(*harness.round().key_set(), harness.random()) == message);
    REQUIRE(harness.deliver(Phase::share_keys, u, message).ok());
  });
  REQUIRE(harness.close().ok());
  all([&](PartnerIndex u) {
    const Bytes package = **harness.round().share_package(u);
    auto words = test.updates.at(u);
    const Bytes header = *harness.client(u).masked_update(package, words);
    CHECK(words != test.updates.at(u));
    harness.save(u);
    harness.reopen_client(u);
    CHECK(harness.client(u).has_masked());
    auto untouched = test.updates.at(u);
    CHECK(*harness.client(u).masked_update(package, untouched) == header);
    CHECK(untouched == test.updates.at(u));
    REQUIRE(harness.deliver(Phase::masked_update, u, header).ok());
    REQUIRE(harness.deliver_upload(u, words).ok());
  });
  REQUIRE(harness.close().ok());
  all([&](PartnerIndex u) {
    const Bytes statement = **harness.client(u).certify(*harness.round().survivor_set(), std::nullopt);
    harness.save(u);
    harness.reopen_client(u);
    CHECK(**harness.client(u).certify(*harness.round().survivor_set(), std::nullopt) == statement);
    REQUIRE(harness.deliver(Phase::certify_survivors, u, statement).ok());
  });
  REQUIRE(harness.close().ok());
  all([&](PartnerIndex u) {
    const Bytes shares = *harness.client(u).unmask(*harness.round().certificate());
    harness.save(u);
    harness.reopen_client(u);
    CHECK(*harness.client(u).unmask(*harness.round().certificate()) == shares);
  });
}
