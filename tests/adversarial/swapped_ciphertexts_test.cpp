// Sealed shares are delivered to the wrong holders, so that honest dealers look like liars.
#include "tests/adversarial/lab.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr RoundId kRound{1, 1};

using Change = std::function<void(SharePackage&)>;

// Whether the victim takes the changed package.
bool attack(Lab& lab, const Change& change) {
  lab.coordinator.open(kRound);
  coordinator::Round& round = *lab.coordinator.at(kRound).round;
  lab.victim().link.lie = [&](std::string_view what, const RoundId&) -> std::optional<Bytes> {
    if (what != "share_package" || round.phase() < coordinator::Phase::masked_update) return std::nullopt;
    auto package = *decode<SharePackage>(**round.share_package(kVictim));
    change(package);
    return encode(package);
  };
  const bool announced = lab.drive(lab.everybody(), [&] { return lab.has(kRound, kVictim, "header"); });
  lab.victim().link.lie = nullptr;
  return announced;
}

void swap_two(SharePackage& package) { std::swap(package.leaves[2].leaf, package.leaves[3].leaf); }

}  // namespace

TEST_CASE("swapped ciphertexts are laid at the coordinator's door, and not at that of two honest dealers") {
  {
    const Weakened without{Defence::leaf_proof};
    Lab lab(5);
    REQUIRE(attack(lab, swap_two));
    CHECK(lab.names(kVictim, "complaint dealer=p2"));
    CHECK(lab.names(kVictim, "complaint dealer=p3"));
  }
  const Change changes[] = {
      swap_two,
      [](SharePackage& package) { package.leaves[2].leaf.back() ^= 1; },
      [](SharePackage& package) { std::swap(package.leaves[2].proof, package.leaves[3].proof); },
      [](SharePackage& package) { package.leaves[3].dealer = 2; },
  };
  for (const Change& change : changes) {
    Lab lab(5);
    CHECK_FALSE(attack(lab, change));
    CHECK(lab.refused(kVictim, ErrorCode::bad_share));
    CHECK(lab.names(kVictim, "the coordinator delivered a leaf that p"));
    CHECK_FALSE(lab.names(kVictim, "complaint"));
  }
}

TEST_CASE("somebody else's leaves, or none from one dealer, are refused") {
  {
    Lab lab(5);
    CHECK_FALSE(attack(lab, [&](SharePackage& package) {
      package.leaves = decode<SharePackage>(**lab.coordinator.at(kRound).round->share_package(0))->leaves;
    }));
    CHECK(lab.refused(kVictim, ErrorCode::bad_share));
  }
  Lab lab(5);
  CHECK_FALSE(attack(lab, [](SharePackage& package) { package.leaves.pop_back(); }));
  CHECK(lab.refused(kVictim, ErrorCode::malformed));
}
