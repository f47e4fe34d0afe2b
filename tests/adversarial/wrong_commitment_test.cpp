// A dealer commits to another seed than the one it deals.
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

TEST_CASE("a dealer whose shares contradict its commitment is named, and nothing is published") {
  StepwiseRound round(5);
  round.advertise(round.everybody());
  round.close();
  round.share({0, 1, 3, 4});
  const Bytes lie = round.changed_shares(2, [](ShareKeys&, ShareKeysHeader& header) { header.commitment[0] ^= 1; });
  round.accept(Phase::share_keys, 2, lie);
  round.close();

  // The liar's own program does not know of the lie: it announces and uploads by hand.
  round.mask({0, 1, 3, 4});
  round.masked[2] = round.plain.at(2);
  MerkleBuilder tree;
  tree.update(wire_bytes(round.masked[2]));
  const auto header = *decode<ShareKeysHeader>(decode<SignedBlob>(decode<ShareKeys>(lie)->header)->payload);
  round.accept(Phase::masked_update, 2,
               round.sign(label::kMaskedUpdate, 2,
                          encode(MaskedUpdateHeader{header.rctx,
                                                    header.l1,
                                                    round.harness.client(0).headers()->u2,
                                                    2,
                                                    round.descriptor.dimension,
                                                    tree.finish(),
                                                    {}})));
  round.upload(round.everybody());
  round.close();
  round.certify({0, 1, 3, 4});
  round.close();
  round.unmask({0, 1, 3});
  const auto unmasking = round.round().unmask();
  REQUIRE_FALSE(unmasking.ok());
  CHECK(unmasking.error().code == ErrorCode::bad_share);
  CHECK(unmasking.error().message.find("p2 dealt") != std::string::npos);
  CHECK_FALSE(round.round().aggregate());
}
