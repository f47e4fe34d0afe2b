// What a malicious partner may try, and what the coordinator and the other partners answer.
#include <doctest/doctest.h>

#include <utility>

#include "common/crypto/aead.h"
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

TEST_CASE("other bytes under a key that is taken are a conflict, the same bytes are a repeat") {
  Started round;
  REQUIRE(round.harness.deliver(Phase::advertise_keys, 0, round.harness.client(0).advertise_keys()).ok());
  REQUIRE(round.harness.deliver(Phase::advertise_keys, 0, round.harness.client(0).advertise_keys()).ok());
  RoundHarness second(round.federation, round.descriptor, 77);
  CHECK(round.refusal(Phase::advertise_keys, 0, second.client(0).advertise_keys()) == ErrorCode::conflict);
  CHECK(round.harness.round().counts().u1 == 1);
}

TEST_CASE("a key that another partner advertised cannot be taken") {
  Started round;
  REQUIRE(round.harness.deliver(Phase::advertise_keys, 0, round.harness.client(0).advertise_keys()).ok());
  auto keys = *decode<AdvertiseKeys>(decode<SignedBlob>(round.harness.client(0).advertise_keys())->payload);
  keys.partner = 1;
  CHECK(round.refusal(Phase::advertise_keys, 1, round.sign(label::kAdvertiseKeys, 1, encode(keys))) ==
        ErrorCode::conflict);
  SeededRandom random(1);
  keys.e_pk = keys.m_pk = make_x25519_pair(random).public_key;
  CHECK(round.refusal(Phase::advertise_keys, 1, round.sign(label::kAdvertiseKeys, 1, encode(keys))) ==
        ErrorCode::malformed);
}

TEST_CASE("a key of small order, which no partner could use, is refused before it is in anybody's key set") {
  Started round;
  auto keys = *decode<AdvertiseKeys>(decode<SignedBlob>(round.harness.client(1).advertise_keys())->payload);
  const auto code = [&] {
    return round.refusal(Phase::advertise_keys, 1, round.sign(label::kAdvertiseKeys, 1, encode(keys)));
  };
  const PublicKey good = std::exchange(keys.e_pk, PublicKey{});
  CHECK(code() == ErrorCode::malformed);
  keys.e_pk = good;
  keys.m_pk = PublicKey{1};
  CHECK(code() == ErrorCode::malformed);
  REQUIRE(round.harness.deliver(Phase::advertise_keys, 1, round.harness.client(1).advertise_keys()).ok());
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

TEST_CASE("a leaf that does not open becomes a complaint, accuser and accused sit out the next attempt") {
  Started round;
  round.advertise_all();
  round.share_all_but({2});
  // Partner 2 signs a leaf for partner 0 that is sealed garbage.
  const Bytes spoilt = with_header(round, 2, [](ShareKeys& keys, ShareKeysHeader& header) {
    auto leaf = *decode<ShareLeaf>(keys.leaves[0]);
    leaf.sealed[5] ^= 1;
    keys.leaves[0] = encode(leaf);
    std::vector<Digest> hashes;
    for (const auto& bytes : keys.leaves) hashes.push_back(merkle_leaf(bytes));
    header.leaf_root = merkle_root(hashes);
  });
  REQUIRE(round.harness.deliver(Phase::share_keys, 2, spoilt).ok());
  REQUIRE(round.harness.close().ok());
  round.upload_all_but(2);
  CHECK(round.harness.client(0).shares()->complaints == std::vector<PartnerIndex>{2});
  CHECK(round.harness.client(1).shares()->complaints.empty());
  CHECK(round.harness.round().suspects() == std::set<PartnerIndex>{0, 2});
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

TEST_CASE("a vector other than the signed one never reaches the sum") {
  Started round;
  round.advertise_all();
  round.share_all_but({});
  REQUIRE(round.harness.close().ok());
  auto vector = round.words();
  const auto header = round.harness.client(0).masked_update(**round.harness.round().share_package(0), vector);
  CHECK(round.harness.deliver_upload(0, vector).error().code == ErrorCode::wrong_phase);
  REQUIRE(round.harness.deliver(Phase::masked_update, 0, *header).ok());
  auto other = vector;
  other[0] ^= 1;
  CHECK(round.harness.deliver_upload(0, other).error().code == ErrorCode::bad_share);
  CHECK(round.harness.round().survivors().empty());
  REQUIRE(round.harness.deliver_upload(0, vector).ok());
  CHECK(round.harness.round().survivors() == std::set<PartnerIndex>{0});
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
  CHECK(round.refusal(Phase::unmask, 0, round.sign(label::kUnmask, 0, encode(shares))) == ErrorCode::bad_share);
  REQUIRE(round.harness.deliver(Phase::unmask, 0, honest).ok());
  for (const PartnerIndex u : {1U, 3U}) {
    REQUIRE(
        round.harness.deliver(Phase::unmask, u, *round.harness.client(u).unmask(*round.harness.round().certificate()))
            .ok());
  }
  const auto unmasking = round.harness.round().unmask();
  REQUIRE_FALSE(unmasking.ok());
  CHECK(unmasking.error().code == ErrorCode::bad_share);
  CHECK(unmasking.error().message.find("p2") != std::string::npos);
}

TEST_CASE("a certified round cannot be abandoned and stays open until t holders are back") {
  Started round;
  SeededRandom random(4);
  const auto updates = random_updates(round.descriptor, random);
  Schedule schedule;
  for (PartnerIndex u = 0; u < 5; ++u) schedule.leaves[u] = u < 2 ? LeavesAfter::never : LeavesAfter::certify;
  const Outcome outcome = round.harness.run(updates, schedule);
  CHECK_FALSE(outcome.finished);
  CHECK(outcome.shares_messages == 2);
  CHECK(round.harness.round().abandon("the operator asked").error().code == ErrorCode::wrong_phase);
  CHECK(round.harness.round().close_phase(TestFederation::coordinator_key()).error().code == ErrorCode::busy);
  round.harness.reopen_coordinator();
  const auto late = round.harness.client(3).unmask(*round.harness.round().certificate());
  REQUIRE(late.ok());
  REQUIRE(round.harness.deliver(Phase::unmask, 3, *late).ok());
  CHECK(round.harness.round().ready_to_unmask());
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
