// Uploads that come twice, with another announcement, or when the survivors stand already.
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

TEST_CASE("a duplicate upload counts once, whatever it holds, and a second announcement is a conflict") {
  StepwiseRound round(5);
  round.until_shared();
  round.mask(round.everybody());
  round.upload({2});
  round.upload({2});
  auto other = round.masked.at(2);
  other[0] ^= 1;
  MerkleBuilder tree;
  tree.update(wire_bytes(other));
  // It is whole already: what comes now is not even looked at.
  const auto repeated = round.round().receive_upload(2, tree.finish());
  REQUIRE(repeated.ok());
  CHECK_FALSE(*repeated);
  // Asked once more, its own program repeats the first header.
  const Bytes first = *round.harness.client(2).masked_update(**round.round().share_package(2), {});
  auto header = *decode<MaskedUpdateHeader>(decode<SignedBlob>(first)->payload);
  header.vector_root[0] ^= 1;
  CHECK(round.refusal(Phase::masked_update, 2, round.sign(label::kMaskedUpdate, 2, encode(header))) ==
        ErrorCode::conflict);
  round.upload({0, 1, 3, 4});
  round.close();
  round.certify({0, 1, 2, 3});
  round.close();
  round.unmask({0, 1, 2});
  CHECK(round.opened_sum() == round.plain_sum());
}

TEST_CASE("an upload that comes when the survivors are signed stays out, and its partner is unmasked as a dropout") {
  StepwiseRound round(5);
  round.until_shared();
  round.mask(round.everybody());
  round.upload({0, 1, 2, 3});
  round.close();
  CHECK(round.harness.deliver_upload(4, round.masked.at(4)).error().code == ErrorCode::late);
  CHECK(round.refusal(
            Phase::certify_survivors, 4,
            round.sign(label::kCertify, 4, encode(SurvivorStatement{round.round().context().rctx, Digest{}}))) ==
        ErrorCode::not_in_cohort);
  round.certify({0, 1, 2, 3});
  round.close();
  round.unmask({0, 1, 2});
  CHECK(round.opened_sum() == round.plain_sum());
  CHECK(round.round().survivors() == std::set<PartnerIndex>{0, 1, 2, 3});
}
