// A partner accuses honest dealers.
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr PartnerIndex kAccuser = 3;

Bytes accusing(StepwiseRound& round, std::vector<PartnerIndex> accused) {
  round.masked[kAccuser] = round.plain.at(kAccuser);
  const auto honest =
      round.harness.client(kAccuser).masked_update(**round.round().share_package(kAccuser), round.masked[kAccuser]);
  auto header = *decode<MaskedUpdateHeader>(decode<SignedBlob>(*honest)->payload);
  header.complaints = std::move(accused);
  return round.sign(label::kMaskedUpdate, kAccuser, encode(header));
}

}  // namespace

TEST_CASE("a complaint without cause ends nothing: the sum is exact, and the accuser sits out with the accused") {
  StepwiseRound round(5);
  round.until_shared();
  round.mask({0, 1, 2, 4});
  round.accept(Phase::masked_update, kAccuser, accusing(round, {0, 2}));
  round.upload(round.everybody());
  round.close();
  REQUIRE(round.round().phase() == Phase::certify_survivors);
  CHECK(round.round().suspects() == std::set<PartnerIndex>{0, 2, kAccuser});
  round.certify({0, 1, 2, 4});
  round.close();
  round.unmask({0, 1, 2});
  CHECK(round.opened_sum() == round.plain_sum());
}

TEST_CASE("a complaint against oneself or somebody who dealt nothing is refused") {
  StepwiseRound round(5);
  round.advertise(round.everybody());
  round.close();
  round.share({0, 1, 2, 3});
  round.close();
  CHECK(round.refusal(Phase::masked_update, kAccuser, accusing(round, {kAccuser})) == ErrorCode::malformed);
  CHECK(round.refusal(Phase::masked_update, kAccuser, accusing(round, {4})) == ErrorCode::malformed);
  CHECK(round.refusal(Phase::masked_update, kAccuser, accusing(round, {77})) == ErrorCode::malformed);
}

TEST_CASE("a leaf that its dealer spoilt is complained of by its holder alone") {
  StepwiseRound round(5);
  round.advertise(round.everybody());
  round.close();
  round.share({0, 1, 3, 4});
  const auto spoil = [&](std::size_t leaves) {
    return round.changed_shares(2, [&](ShareKeys& keys, ShareKeysHeader& header) {
      std::vector<Digest> hashes;
      for (std::size_t i = 0; i < keys.leaves.size(); ++i) {
        auto leaf = *decode<ShareLeaf>(keys.leaves[i]);
        if (i < leaves) leaf.sealed[5] ^= 1;
        keys.leaves[i] = encode(leaf);
        hashes.push_back(merkle_leaf(keys.leaves[i]));
      }
      header.leaf_root = merkle_root(hashes);
    });
  };
  SUBCASE("of one: the attempt goes on") {
    round.accept(Phase::share_keys, 2, spoil(1));
    round.close();
    round.mask({0, 1, 3, 4});
    CHECK(round.harness.client(0).shares()->complaints == std::vector<PartnerIndex>{2});
    CHECK(round.harness.client(1).shares()->complaints.empty());
    CHECK(round.round().suspects() == std::set<PartnerIndex>{0, 2});
  }
  SUBCASE("of so many that too few could open it: the attempt is void before anybody signs") {
    round.accept(Phase::share_keys, 2, spoil(2));
    round.close();
    round.mask({0, 1, 3, 4});
    round.upload({0, 1, 3, 4});
    round.close();
    CHECK(round.round().phase() == Phase::voided);
    CHECK(round.round().void_reason().find("p2") != std::string::npos);
    CHECK(round.round().suspects() == std::set<PartnerIndex>{0, 1, 2});
  }
}
