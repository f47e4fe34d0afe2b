// What a malicious partner may try, and what the coordinator and the other partners answer.
#include <doctest/doctest.h>

#include <utility>

#include "common/crypto/aead.h"
#include "common/evidence/evidence_kind.h"
#include "common/masking/pairwise_masks.h"
#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

struct Started {
  TestFederation federation{5};
  RoundDescriptor descriptor = test_descriptor(federation, 40, 20, 32);
  RoundHarness harness{federation, descriptor, 3};

  Digest rctx() { return harness.round().context().rctx; }
  Bytes sign(std::string_view label, PartnerIndex partner, Bytes payload) {
    return sign_blob(label, federation.roster()->federation_id, TestFederation::partner_key(partner), partner,
                     std::move(payload));
  }
  ErrorCode refusal(Phase phase, PartnerIndex from, ByteView message) {
    const Status status = harness.deliver(phase, from, message);
    REQUIRE_FALSE(status.ok());
    return status.error().code;
  }
  void advertise_all() {
    for (PartnerIndex u = 0; u < 5; ++u) {
      REQUIRE(harness.deliver(Phase::advertise_keys, u, harness.client(u).advertise_keys()).ok());
    }
    REQUIRE(harness.close().ok());
  }
  Bytes share_message(PartnerIndex u) {
    return *harness.client(u).share_keys(*harness.round().key_set(), harness.random());
  }
  void share_all_but(std::set<PartnerIndex> others) {
    for (PartnerIndex u = 0; u < 5; ++u) {
      if (!others.contains(u)) REQUIRE(harness.deliver(Phase::share_keys, u, share_message(u)).ok());
    }
  }
  std::vector<std::uint64_t> words() {
    return std::vector<std::uint64_t>(harness.round().context().layout().word_count());
  }
  void upload_all_but(PartnerIndex other) {
    for (PartnerIndex u = 0; u < 5; ++u) {
      if (u == other) continue;
      auto vector = words();
      const auto header = harness.client(u).masked_update(**harness.round().share_package(u), vector);
      REQUIRE(header.ok());
      REQUIRE(harness.deliver(Phase::masked_update, u, *header).ok());
      REQUIRE(harness.deliver_upload(u, vector).ok());
    }
  }
};

// Decodes, changes and signs again a share header, so that only the change is wrong.
template <class Change>
Bytes with_header(Started& round, PartnerIndex u, const Change& change) {
  auto keys = *decode<ShareKeys>(round.share_message(u));
  auto header = *decode<ShareKeysHeader>(decode<SignedBlob>(keys.header)->payload);
  change(keys, header);
  keys.header = round.sign(label::kShareKeys, u, encode(header));
  return encode(keys);
}

}  // namespace

TEST_CASE("a message sent under another partner's certificate is refused") {
  Started round;
  CHECK(round.refusal(Phase::advertise_keys, 1, round.harness.client(0).advertise_keys()) == ErrorCode::bad_signature);
}

TEST_CASE("a message of another round is refused as a replay") {
  Started round;
  RoundDescriptor next = round.descriptor;
  next.round_no = 2;
  RoundHarness later(round.federation, next, 8);
  const Status status = later.deliver(Phase::advertise_keys, 0, round.harness.client(0).advertise_keys());
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::wrong_context);
}

TEST_CASE("messages of a phase that has not begun, or is over, are told so") {
  Started round;
  CHECK(round.refusal(Phase::share_keys, 0, Bytes{1, 2, 3}) == ErrorCode::wrong_phase);
  CHECK(round.refusal(Phase::unmask, 0, Bytes{1, 2, 3}) == ErrorCode::wrong_phase);
  for (PartnerIndex u = 0; u < 4; ++u) {
    REQUIRE(round.harness.deliver(Phase::advertise_keys, u, round.harness.client(u).advertise_keys()).ok());
  }
  REQUIRE(round.harness.close().ok());
  CHECK(round.refusal(Phase::advertise_keys, 4, round.harness.client(4).advertise_keys()) == ErrorCode::late);
  CHECK(round.harness.deliver(Phase::advertise_keys, 3, round.harness.client(3).advertise_keys()).ok());
  CHECK(round.refusal(Phase::share_keys, 4, Bytes{1}) == ErrorCode::not_in_cohort);
}

TEST_CASE("a share header that lies about round, holders, leaves or root is refused") {
  Started round;
  round.advertise_all();
  const auto code = [&](const auto& change) {
    return round.refusal(Phase::share_keys, 2, with_header(round, 2, change));
  };
  CHECK(code([](ShareKeys&, ShareKeysHeader& h) { h.l1[0] ^= 1; }) == ErrorCode::wrong_context);
  CHECK(code([](ShareKeys&, ShareKeysHeader& h) { h.rctx[0] ^= 1; }) == ErrorCode::wrong_context);
  CHECK(code([](ShareKeys&, ShareKeysHeader& h) { h.partner = 3; }) == ErrorCode::malformed);
  CHECK(code([](ShareKeys&, ShareKeysHeader& h) { h.neighbours.pop_back(); }) == ErrorCode::malformed);
  CHECK(code([](ShareKeys&, ShareKeysHeader& h) { h.leaf_root[0] ^= 1; }) == ErrorCode::bad_share);
  CHECK(code([](ShareKeys& k, ShareKeysHeader&) { k.leaves.pop_back(); }) == ErrorCode::malformed);
  CHECK(code([](ShareKeys& k, ShareKeysHeader&) { std::swap(k.leaves[0], k.leaves[1]); }) == ErrorCode::malformed);
  CHECK(code([](ShareKeys& k, ShareKeysHeader&) { k.leaves[0].back() ^= 1; }) == ErrorCode::bad_share);
}

TEST_CASE("an attempt whose accused dealer might never be opened is void before anybody signs") {
  Started round;
  round.advertise_all();
  round.share_all_but({2});
  // Partner 2 spoils the leaves of two of the four others: two holders are left, three are needed.
  const Bytes spoilt = with_header(round, 2, [](ShareKeys& keys, ShareKeysHeader& header) {
    std::vector<Digest> hashes;
    for (std::size_t i = 0; i < keys.leaves.size(); ++i) {
      auto leaf = *decode<ShareLeaf>(keys.leaves[i]);
      if (i < 2) leaf.sealed[5] ^= 1;
      keys.leaves[i] = encode(leaf);
      hashes.push_back(merkle_leaf(keys.leaves[i]));
    }
    header.leaf_root = merkle_root(hashes);
  });
  REQUIRE(round.harness.deliver(Phase::share_keys, 2, spoilt).ok());
  REQUIRE(round.harness.close().ok());
  round.upload_all_but(2);
  REQUIRE(round.harness.close().ok());
  CHECK(round.harness.round().phase() == Phase::voided);
  CHECK(round.harness.round().void_reason().find("p2") != std::string::npos);
  CHECK(round.harness.round().suspects() == std::set<PartnerIndex>{0, 1, 2});
}

TEST_CASE("a wrong share names its sender, and a dealer whose shares contradict its commitment is named") {
  Started round;
  round.advertise_all();
  round.share_all_but({2});
  // Partner 2 commits to another seed than the one it deals.
  const Bytes lie = with_header(round, 2, [](ShareKeys&, ShareKeysHeader& header) { header.commitment[0] ^= 1; });
  REQUIRE(round.harness.deliver(Phase::share_keys, 2, lie).ok());
  REQUIRE(round.harness.close().ok());

  // Partner 2's own client does not know of the lie; it vanishes, but its upload is complete.
  const auto upload = [&](PartnerIndex u, const Bytes& header, const std::vector<std::uint64_t>& vector) {
    REQUIRE(round.harness.deliver(Phase::masked_update, u, header).ok());
    REQUIRE(round.harness.deliver_upload(u, vector).ok());
  };
  for (const PartnerIndex u : {0U, 1U, 3U, 4U}) {
    auto vector = round.words();
    const auto header = round.harness.client(u).masked_update(**round.harness.round().share_package(u), vector);
    REQUIRE(header.ok());
    upload(u, *header, vector);
  }
  const auto vector = round.words();
  MerkleBuilder tree;
  tree.update(wire_bytes(vector));
  const Digest l1 = decode<ShareKeysHeader>(decode<SignedBlob>(decode<ShareKeys>(lie)->header)->payload)->l1;
  const MaskedUpdateHeader header{
      round.rctx(), l1, round.harness.client(0).headers()->u2, 2, round.descriptor.dimension, tree.finish(), {}};
  upload(2, round.sign(label::kMaskedUpdate, 2, encode(header)), vector);
  REQUIRE(round.harness.close().ok());
  for (const PartnerIndex u : {0U, 1U, 3U, 4U}) {
    const auto statement = round.harness.client(u).certify(*round.harness.round().survivor_set(), std::nullopt);
    REQUIRE(round.harness.deliver(Phase::certify_survivors, u, **statement).ok());
  }
  REQUIRE(round.harness.close().ok());

  const Bytes honest = *round.harness.client(0).unmask(*round.harness.round().certificate());
  auto shares = *decode<UnmaskShares>(decode<SignedBlob>(honest)->payload);
  shares.shares[1].share[7] ^= 1;
  const Bytes wrong_share = round.sign(label::kUnmask, 0, encode(shares));
  CHECK(round.refusal(Phase::unmask, 0, wrong_share) == ErrorCode::bad_share);
  const auto against_holder = round.harness.round().evidence_against(Phase::unmask, 0, wrong_share);
  REQUIRE(against_holder);
  CHECK(against_holder->kind == "wrong-share");
  CHECK_FALSE(round.harness.round().evidence_against(Phase::unmask, 0, honest));
  auto stranger = shares;
  stranger.shares.push_back({9, {}});
  std::swap(stranger.shares[1].share, stranger.shares.back().share);
  CHECK(round.harness.round().evidence_against(Phase::unmask, 0, round.sign(label::kUnmask, 0, encode(stranger))));
  stranger.shares.erase(stranger.shares.begin(), stranger.shares.end() - 1);
  CHECK_FALSE(
      round.harness.round().evidence_against(Phase::unmask, 0, round.sign(label::kUnmask, 0, encode(stranger))));
  REQUIRE(round.harness.deliver(Phase::unmask, 0, honest).ok());
  for (const PartnerIndex u : {1U, 3U}) {
    REQUIRE(
        round.harness.deliver(Phase::unmask, u, *round.harness.client(u).unmask(*round.harness.round().certificate()))
            .ok());
  }
  // Another one from the same holder, after an honest one.
  const auto twice = round.harness.round().evidence_against(Phase::unmask, 0, wrong_share);
  REQUIRE(twice);
  CHECK(twice->kind == "two-messages");
  const auto against_dealer = round.harness.round().evidence_of_false_dealing();
  REQUIRE(against_dealer);
  CHECK(verify_evidence(evidence_kinds(), round.federation.roster(), *against_dealer)->find("partner p2") !=
        std::string::npos);
  const auto unmasking = round.harness.round().unmask();
  REQUIRE_FALSE(unmasking.ok());
  CHECK(unmasking.error().code == ErrorCode::bad_share);
  CHECK(unmasking.error().message.find("p2") != std::string::npos);
}

TEST_CASE("with some but too few signatures on U3 the attempt stays open, with none it is void") {
  Started round;
  SeededRandom random(4);
  const auto updates = random_updates(round.descriptor, random);
  Schedule some;
  for (PartnerIndex u = 0; u < 5; ++u) some.leaves[u] = u < 2 ? LeavesAfter::certify : LeavesAfter::upload;
  CHECK(round.harness.run(updates, some).void_reason == "not certified");
  CHECK(round.harness.round().phase() == Phase::certify_survivors);

  RoundHarness nobody(round.federation, round.descriptor, 12);
  Schedule none;
  for (PartnerIndex u = 0; u < 5; ++u) none.leaves[u] = LeavesAfter::upload;
  nobody.run(updates, none);
  CHECK(nobody.round().phase() == Phase::voided);
}
