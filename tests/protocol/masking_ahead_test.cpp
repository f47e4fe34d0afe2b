// Masks summed over U1 before U2 and the update are known.
#include <doctest/doctest.h>

#include "tests/support/round_harness.h"

namespace bauta {
namespace {

using coordinator::Phase;
using testing::LeavesAfter;
using testing::RoundHarness;
using testing::SeededRandom;
using testing::TestFederation;

constexpr std::uint32_t kPartners = 6;
constexpr PartnerIndex kGone = 4;  ///< in U1, not in U2

/// A round in which U2 is known.
class RoundInPhase3 {
 public:
  explicit RoundInPhase3(std::size_t parameters)
      : federation_(kPartners),
        descriptor_(testing::test_descriptor(federation_, parameters, 20, 32)),
        harness_(federation_, descriptor_, 3) {
    for (const PartnerIndex u : descriptor_.cohort) {
      REQUIRE(harness_.deliver(Phase::advertise_keys, u, harness_.client(u).advertise_keys()).ok());
    }
    REQUIRE(harness_.close().ok());
    for (const PartnerIndex u : descriptor_.cohort) {
      const auto shares = harness_.client(u).share_keys(*harness_.round().key_set(), harness_.random());
      REQUIRE(shares.ok());
      harness_.save(u);
      if (u != kGone) REQUIRE(harness_.deliver(Phase::share_keys, u, *shares).ok());
    }
    REQUIRE(harness_.close().ok());
    SeededRandom random(7);
    plain_ = testing::random_words(harness_.round().context().layout(), 20, random);
  }

  RoundHarness& harness() { return harness_; }
  client::ClientRound& client() { return harness_.client(0); }
  Bytes package() { return *harness_.round().share_package(0).value(); }
  const std::vector<std::uint64_t>& plain() const { return plain_; }
  client::UpdateSource update() const {
    return [this](std::size_t first, std::span<std::uint64_t> words) -> Status {
      std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(first), words.size(), words.begin());
      return {};
    };
  }

 private:
  TestFederation federation_;
  RoundDescriptor descriptor_;
  RoundHarness harness_;
  std::vector<std::uint64_t> plain_;
};

std::vector<std::uint64_t> copy_of(client::MaskSum& masks) { return {masks.words().begin(), masks.words().end()}; }

}  // namespace

TEST_CASE("the sum holds the masks with everybody of U1 and is made again the same after a crash") {
  RoundInPhase3 round(50'000);
  client::MaskSum masks = round.client().masking().value().compute().value();
  CHECK(masks.partners() == std::set<PartnerIndex>{1, 2, 3, 4, 5});
  const auto before = copy_of(masks);
  round.harness().reopen_client(0);
  client::MaskSum again = round.client().masking().value().compute().value();
  CHECK(copy_of(again) == before);
}

TEST_CASE(
    "what was summed ahead gives the very upload that masking at the end gives, without those that left before U2") {
  for (const std::size_t parameters : {10UL, 50'000UL}) {
    RoundInPhase3 ahead(parameters);
    client::MaskSum masks = ahead.client().masking().value().compute().value();
    const auto header = ahead.client().masked_update(ahead.package(), masks, ahead.update());
    REQUIRE(header.ok());
    const auto words = copy_of(masks);
    MerkleBuilder tree;
    tree.update(wire_bytes(words));
    REQUIRE(ahead.harness().deliver(Phase::masked_update, 0, *header).ok());
    CHECK(ahead.harness().round().receive_upload(0, tree.finish()).ok());

    ahead.harness().reopen_client(0);  // nothing of phase 3 was saved
    std::vector<std::uint64_t> at_once = ahead.plain();
    REQUIRE(ahead.client().masked_update(ahead.package(), at_once).ok());
    CHECK(at_once == words);
    CHECK(at_once != ahead.plain());
  }
}

TEST_CASE("an update that cannot be read leaves the phase open") {
  RoundInPhase3 round(50'000);
  client::MaskSum masks = round.client().masking().value().compute().value();
  int reads = 0;
  const auto failed =
      round.client().masked_update(round.package(), masks, [&](std::size_t, std::span<std::uint64_t>) -> Status {
        if (++reads < 2) return {};
        return Error{ErrorCode::io, "unreadable"};
      });
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == ErrorCode::io);
  CHECK_FALSE(round.client().has_masked());
  client::MaskSum anew = round.client().masking().value().compute().value();
  CHECK(round.client().masked_update(round.package(), anew, round.update()).ok());
  CHECK(round.client().has_masked());
  client::MaskSum bare = round.client().masking().value().compute().value();
  const auto again = round.client().masked_update(round.package(), bare, round.update());
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == ErrorCode::wrong_phase);
}

TEST_CASE("there is no sum before U1 is known") {
  const TestFederation federation(3);
  const RoundDescriptor descriptor = testing::test_descriptor(federation, 10, 20, 32);
  RoundHarness harness(federation, descriptor, 1);
  const auto masking = harness.client(0).masking();
  REQUIRE_FALSE(masking.ok());
  CHECK(masking.error().code == ErrorCode::wrong_phase);
}

}  // namespace bauta
