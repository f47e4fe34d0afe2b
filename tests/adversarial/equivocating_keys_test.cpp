// A partner signs two different phase-1 messages: alone, or for a coordinator that shows each half of the others one.
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr PartnerIndex kTwoFaced = 4;

Bytes second_keys(StepwiseRound& round) {
  auto keys = *decode<AdvertiseKeys>(decode<SignedBlob>(round.harness.client(kTwoFaced).advertise_keys())->payload);
  SeededRandom random(99);
  keys.m_pk = make_x25519_pair(random).public_key;
  return round.sign(label::kAdvertiseKeys, kTwoFaced, encode(keys));
}

}  // namespace

TEST_CASE("an honest coordinator takes one phase-1 message of a partner and refuses the other") {
  StepwiseRound round(5);
  round.advertise({kTwoFaced});
  round.advertise({kTwoFaced});
  CHECK(round.refusal(Phase::advertise_keys, kTwoFaced, second_keys(round)) == ErrorCode::conflict);
  CHECK(round.round().counts().u1 == 1);
}

TEST_CASE("partners that were shown different keys of one partner find it before anything of an update leaves") {
  StepwiseRound round(5);
  round.advertise(round.everybody());
  round.close();
  const Bytes one_set = *round.round().key_set();
  auto other = *decode<KeySet>(decode<SignedBlob>(one_set)->payload);
  other.messages[kTwoFaced] = second_keys(round);
  const Bytes other_set = round.sign_as_coordinator(label::kKeySet, encode(other));

  HeaderSet headers;
  std::vector<ShareKeys> dealt;
  for (PartnerIndex u = 0; u < 5; ++u) {
    const bool sees_other = u == 2 || u == 3;
    const auto message = round.harness.client(u).share_keys(sees_other ? other_set : one_set, round.harness.random());
    REQUIRE(message.ok());
    dealt.push_back(*decode<ShareKeys>(*message));
    headers.headers.push_back(dealt.back().header);
  }
  for (const PartnerIndex u : {0U, 1U, 2U, 3U}) {
    const bool sees_other = u == 2 || u == 3;
    headers.rctx = round.round().context().rctx;
    headers.l1 = decode<ShareKeysHeader>(decode<SignedBlob>(dealt[u].header)->payload)->l1;
    SharePackage package;
    package.header_set = round.sign_as_coordinator(label::kHeaderSet, encode(headers));
    for (PartnerIndex dealer = 0; dealer < 5; ++dealer) {
      std::vector<Digest> hashes;
      for (const Bytes& leaf : dealt[dealer].leaves) hashes.push_back(merkle_leaf(leaf));
      package.leaves.push_back({dealer, dealt[dealer].leaves[u], MerkleTree(hashes).proof(u)});
    }
    auto words = round.plain.at(u);
    const auto answer = round.harness.client(u).masked_update(encode(package), words);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == ErrorCode::equivocation);
    CHECK(answer.error().message.find(sees_other ? "p0 saw another U1" : "p2 saw another U1") != std::string::npos);
    CHECK(words == round.plain.at(u));  // not even masked
  }
  // The two messages, both signed by it, convict the partner.
  const Roster& roster = *round.federation.roster();
  const Bytes first = decode<KeySet>(decode<SignedBlob>(one_set)->payload)->messages[kTwoFaced];
  CHECK(first != other.messages[kTwoFaced]);
  CHECK(open_blob(label::kAdvertiseKeys, roster, kTwoFaced, first).ok());
  CHECK(open_blob(label::kAdvertiseKeys, roster, kTwoFaced, other.messages[kTwoFaced]).ok());
}
