// What a malicious coordinator may try, and what an honest client answers.
#include <doctest/doctest.h>

#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

Bytes sign_as_coordinator(std::string_view label, const TestFederation& federation, Bytes payload) {
  return sign_blob(label, federation.roster()->federation_id, TestFederation::coordinator_key(), kCoordinatorSigner,
                   std::move(payload));
}

// Five partners after phase 1, everybody in.
struct AfterAdvertising {
  TestFederation federation{5};
  RoundDescriptor descriptor = test_descriptor(federation, 40, 20, 32);
  RoundHarness harness{federation, descriptor, 3};

  AfterAdvertising() {
    for (PartnerIndex u = 0; u < 5; ++u) {
      REQUIRE(harness.deliver(Phase::advertise_keys, u, harness.client(u).advertise_keys()).ok());
    }
    REQUIRE(harness.close().ok());
  }
  KeySet key_set() const {
    const auto blob = decode<SignedBlob>(*const_cast<AfterAdvertising*>(this)->harness.round().key_set());
    return *decode<KeySet>(blob->payload);
  }
  ErrorCode answer_to(KeySet set) {
    const auto answer =
        harness.client(0).share_keys(sign_as_coordinator(label::kKeySet, federation, encode(set)), harness.random());
    REQUIRE_FALSE(answer.ok());
    return answer.error().code;
  }
};

// The same after phase 2.
struct AfterSharing : AfterAdvertising {
  AfterSharing() {
    for (PartnerIndex u = 0; u < 5; ++u) {
      const auto message = harness.client(u).share_keys(*harness.round().key_set(), harness.random());
      REQUIRE(message.ok());
      REQUIRE(harness.deliver(Phase::share_keys, u, *message).ok());
    }
    REQUIRE(harness.close().ok());
  }
  SharePackage package(PartnerIndex u) { return *decode<SharePackage>(**harness.round().share_package(u)); }
  HeaderSet header_set(PartnerIndex u) {
    return *decode<HeaderSet>(decode<SignedBlob>(package(u).header_set)->payload);
  }
  std::vector<std::uint64_t> words() {
    return std::vector<std::uint64_t>(harness.round().context().layout().word_count());
  }
  ErrorCode answer_to(const SharePackage& changed) {
    auto vector = words();
    const auto answer = harness.client(0).masked_update(encode(changed), vector);
    REQUIRE_FALSE(answer.ok());
    return answer.error().code;
  }
};

// The same after phase 3; partner 4 never uploads.
struct AfterUploads : AfterSharing {
  AfterUploads() {
    for (PartnerIndex u = 0; u < 4; ++u) {
      auto vector = words();
      const auto header = harness.client(u).masked_update(**harness.round().share_package(u), vector);
      REQUIRE(header.ok());
      REQUIRE(harness.deliver(Phase::masked_update, u, *header).ok());
      REQUIRE(harness.deliver_upload(u, vector).ok());
    }
    REQUIRE(harness.close().ok());
  }
  SurvivorSet survivor_set() {
    return *decode<SurvivorSet>(decode<SignedBlob>(*harness.round().survivor_set())->payload);
  }
  ErrorCode answer_to(SurvivorSet changed) {
    const auto answer =
        harness.client(0).certify(sign_as_coordinator(label::kSurvivorSet, federation, encode(changed)), std::nullopt);
    REQUIRE_FALSE(answer.ok());
    return answer.error().code;
  }
};

}  // namespace

TEST_CASE("a partner that the coordinator invents is not in the roster") {
  AfterAdvertising round;
  KeySet set = round.key_set();
  SeededRandom random(5);
  const AdvertiseKeys keys{round.harness.round().context().rctx,
                           7,
                           make_x25519_pair(random).public_key,
                           make_x25519_pair(random).public_key,
                           {}};
  set.messages.push_back(sign_blob(label::kAdvertiseKeys, round.federation.roster()->federation_id,
                                   TestFederation::partner_key(7), 7, encode(keys)));
  CHECK(round.answer_to(set) == ErrorCode::not_in_cohort);
}

TEST_CASE("a key set that leaves us out, repeats a partner, is reordered or is too small is refused") {
  AfterAdvertising round;
  KeySet without_us = round.key_set();
  without_us.messages.erase(without_us.messages.begin());
  CHECK(round.answer_to(without_us) == ErrorCode::not_in_cohort);

  KeySet twice = round.key_set();
  twice.messages.insert(twice.messages.begin() + 1, twice.messages[1]);
  CHECK(round.answer_to(twice) == ErrorCode::malformed);

  KeySet reordered = round.key_set();
  std::swap(reordered.messages[1], reordered.messages[2]);
  CHECK(round.answer_to(reordered) == ErrorCode::malformed);

  KeySet small = round.key_set();
  small.messages.resize(3);
  CHECK(round.answer_to(small) == ErrorCode::threshold_lost);
}

TEST_CASE("who has the model from the coordinator shares nothing until more than f_max partners vouch for it") {
  const TestFederation federation(5);
  const RoundDescriptor descriptor = test_descriptor(federation, 40, 20, 32);
  const auto answer = [&](PartnerIndex vouching) {
    RoundHarness harness(federation, descriptor, 3);
    std::vector<std::unique_ptr<client::ClientRound>> clients;
    for (PartnerIndex u = 0; u < 5; ++u) {
      auto opened = client::ClientRound::open(federation.membership(u),
                                              *open_descriptor(federation.roster(), harness.descriptor_blob()),
                                              {2, u >= 5 - vouching}, {}, harness.random());
      REQUIRE(opened.ok());
      clients.push_back(*std::move(opened));
      REQUIRE(harness.deliver(Phase::advertise_keys, u, clients.back()->advertise_keys()).ok());
    }
    REQUIRE(harness.close().ok());
    // Partner 4 vouches itself and needs nobody's word.
    CHECK(clients[4]->share_keys(*harness.round().key_set(), harness.random()).ok());
    return clients[0]->share_keys(*harness.round().key_set(), harness.random());
  };
  CHECK(answer(1).error().code == ErrorCode::refused_by_policy);
  CHECK(answer(2).ok());
}

TEST_CASE("a key set that only the network signed is refused") {
  AfterAdvertising round;
  const Bytes forged = sign_blob(label::kKeySet, round.federation.roster()->federation_id,
                                 TestFederation::partner_key(1), kCoordinatorSigner, encode(round.key_set()));
  CHECK(round.harness.client(0).share_keys(forged, round.harness.random()).error().code == ErrorCode::bad_signature);
  const Bytes other_label = sign_as_coordinator(label::kHeaderSet, round.federation, encode(round.key_set()));
  CHECK(round.harness.client(0).share_keys(other_label, round.harness.random()).error().code ==
        ErrorCode::bad_signature);
}

TEST_CASE("two different key sets for one attempt are an equivocation, also over a restart") {
  AfterAdvertising round;
  REQUIRE(round.harness.client(0).share_keys(*round.harness.round().key_set(), round.harness.random()).ok());
  round.harness.save(0);
  KeySet smaller = round.key_set();
  smaller.messages.pop_back();
  const Bytes second = sign_as_coordinator(label::kKeySet, round.federation, encode(smaller));
  CHECK(round.harness.client(0).share_keys(second, round.harness.random()).error().code == ErrorCode::equivocation);
  round.harness.reopen_client(0);
  CHECK(round.harness.client(0).share_keys(second, round.harness.random()).error().code == ErrorCode::equivocation);
}

TEST_CASE("a header set below n_min is refused although the coordinator signed it") {
  AfterSharing round;
  HeaderSet set = round.header_set(0);
  SharePackage package = round.package(0);
  set.headers.resize(3);
  package.leaves.resize(3);
  package.header_set = sign_as_coordinator(label::kHeaderSet, round.federation, encode(set));
  CHECK(round.answer_to(package) == ErrorCode::threshold_lost);
}

TEST_CASE("a survivor set that hides us, or is too small, is not signed") {
  AfterUploads round;
  SurvivorSet small = round.survivor_set();
  small.headers.resize(3);
  CHECK(round.answer_to(small) == ErrorCode::threshold_lost);

  // Partner 4 dropped out: it signs nothing, but once there is a certificate it still helps to unmask.
  auto vector = round.words();
  REQUIRE(round.harness.client(4).masked_update(**round.harness.round().share_package(4), vector).ok());
  const auto nothing = round.harness.client(4).certify(*round.harness.round().survivor_set(), std::nullopt);
  REQUIRE(nothing.ok());
  CHECK_FALSE(nothing->has_value());
}

TEST_CASE("a second U3 for one attempt is an equivocation") {
  AfterUploads round;
  REQUIRE(round.harness.client(0).certify(*round.harness.round().survivor_set(), std::nullopt).ok());
  SurvivorSet other = round.survivor_set();
  const Bytes second = sign_as_coordinator(label::kSurvivorSet, round.federation, encode(other));
  CHECK(round.harness.client(0).certify(second, std::nullopt).error().code == ErrorCode::equivocation);
}

TEST_CASE("no share leaves without T valid signatures on the U3 that we saw") {
  AfterUploads round;
  std::vector<Bytes> statements;
  for (PartnerIndex u = 0; u < 4; ++u) {
    statements.push_back(**round.harness.client(u).certify(*round.harness.round().survivor_set(), std::nullopt));
  }
  const Digest u3 = round.harness.client(0).survivors()->u3;
  const Digest rctx = round.harness.round().context().rctx;
  const auto answer = [&](std::vector<Bytes> list, const Digest& hash) {
    const Bytes certificate =
        sign_as_coordinator(label::kCertificate, round.federation, encode(Certificate{rctx, hash, std::move(list)}));
    const auto shares = round.harness.client(0).unmask(certificate);
    REQUIRE_FALSE(shares.ok());
    return shares.error().code;
  };
  CHECK(answer({statements[0], statements[1], statements[2]}, u3) == ErrorCode::threshold_lost);
  CHECK(answer({statements[0], statements[1], statements[2], statements[2]}, u3) == ErrorCode::threshold_lost);
  CHECK(answer(statements, Digest{1}) == ErrorCode::equivocation);
  // A dropout's signature does not count.
  auto with_dropout = statements;
  with_dropout[3] = sign_blob(label::kCertify, round.federation.roster()->federation_id, TestFederation::partner_key(4),
                              4, encode(SurvivorStatement{rctx, u3}));
  CHECK(answer(with_dropout, u3) == ErrorCode::not_in_cohort);
  auto forged = statements;
  forged[3].back() ^= 1;
  CHECK(answer(forged, u3) == ErrorCode::bad_signature);
}

TEST_CASE(
    "nobody is declared alive and dead: one share a dealer leaves, whatever is asked and however often we restart") {
  AfterUploads round;
  for (PartnerIndex u = 0; u < 4; ++u) {
    const auto statement = round.harness.client(u).certify(*round.harness.round().survivor_set(), std::nullopt);
    REQUIRE(round.harness.deliver(Phase::certify_survivors, u, **statement).ok());
    round.harness.save(u);
  }
  REQUIRE(round.harness.close().ok());
  const Bytes first = *round.harness.client(0).unmask(*round.harness.round().certificate());
  round.harness.save(0);
  const auto shares = *decode<UnmaskShares>(decode<SignedBlob>(first)->payload);
  CHECK(shares.shares.size() == 5);
  for (const auto& revealed : shares.shares) {
    const auto& held = round.harness.client(0).shares()->shares.at(revealed.dealer);
    const auto& right = revealed.dealer == 4 ? held.m : held.b;
    CHECK(std::equal(revealed.share.begin(), revealed.share.end(), right.reveal().begin()));
  }
  round.harness.reopen_client(0);
  SurvivorSet other = round.survivor_set();
  CHECK(round.harness.client(0)
            .certify(sign_as_coordinator(label::kSurvivorSet, round.federation, encode(other)), std::nullopt)
            .error()
            .code == ErrorCode::equivocation);
  CHECK(*round.harness.client(0).unmask(*round.harness.round().certificate()) == first);
}

TEST_CASE("an aggregate with another sum, certificate or secret, or without one, is refused") {
  AfterUploads round;
  for (PartnerIndex u = 0; u < 4; ++u) {
    const auto statement = round.harness.client(u).certify(*round.harness.round().survivor_set(), std::nullopt);
    REQUIRE(round.harness.deliver(Phase::certify_survivors, u, **statement).ok());
  }
  REQUIRE(round.harness.close().ok());
  for (PartnerIndex u = 0; u < 3; ++u) {
    REQUIRE(
        round.harness.deliver(Phase::unmask, u, *round.harness.client(u).unmask(*round.harness.round().certificate()))
            .ok());
  }
  REQUIRE(round.harness.round().ready_to_unmask());
  const auto unmasking = round.harness.round().unmask();
  REQUIRE(unmasking.ok());
  std::vector<std::uint64_t> sum = round.words();
  const Digest sum_root = vector_root(wire_bytes(sum));
  const auto answer = [&](const Digest& hash, std::vector<RevealedSecret> secrets) {
    const auto event =
        round.harness.round().finish(TestFederation::coordinator_key(), hash, Digest{5}, std::move(secrets));
    return round.harness.client(0).accept_aggregate(event.bytes, sum);
  };
  CHECK(answer(sum_root, unmasking->secrets).ok());
  CHECK(answer(Digest{3}, unmasking->secrets).error().code == ErrorCode::bad_share);
  auto missing = unmasking->secrets;
  missing.pop_back();
  CHECK(answer(sum_root, missing).error().code == ErrorCode::bad_share);
  auto wrong = unmasking->secrets;
  wrong[4].secret[3] ^= 1;
  CHECK(answer(sum_root, wrong).error().code == ErrorCode::bad_share);
  wrong = unmasking->secrets;
  wrong[0].secret[3] ^= 1;
  CHECK(answer(sum_root, wrong).error().code == ErrorCode::bad_share);

  // Client 3 has seen no certificate before, client 0 the right one: neither takes another, or none.
  const auto event =
      round.harness.round().finish(TestFederation::coordinator_key(), sum_root, Digest{5}, unmasking->secrets);
  const auto aggregate = *decode<Aggregate>(decode<SignedBlob>(event.bytes)->payload);
  const auto answer_with = [&](PartnerIndex u, Bytes certificate) {
    auto changed = aggregate;
    changed.certificate = std::move(certificate);
    return round.harness.client(u).accept_aggregate(
        sign_as_coordinator(label::kAggregate, round.federation, encode(changed)), sum);
  };
  auto statements = *decode<Certificate>(decode<SignedBlob>(aggregate.certificate)->payload);
  statements.statements.pop_back();
  const Bytes too_few = sign_as_coordinator(label::kCertificate, round.federation, encode(statements));
  for (const PartnerIndex u : {PartnerIndex{0}, PartnerIndex{3}}) {
    CAPTURE(u);
    CHECK(answer_with(u, aggregate.certificate).ok());
    CHECK_FALSE(answer_with(u, {}).ok());
    CHECK(answer_with(u, too_few).error().code == ErrorCode::threshold_lost);
  }
}
