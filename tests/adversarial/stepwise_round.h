// One attempt over the real round code of both sides, a phase at a time: for attacks that need neither agents nor
// disks.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/adversarial/weakened.h"
#include "tests/support/round_harness.h"

namespace bauta::testing {

struct StepwiseRound {
  using Who = std::vector<PartnerIndex>;

  explicit StepwiseRound(std::size_t partners, std::uint64_t seed = 3)
      : StepwiseRound(partners, seed, [](RoundDescriptor&) {}) {}
  template <class Change>
  StepwiseRound(std::size_t partners, std::uint64_t seed, const Change& change)
      : federation(partners), descriptor(test_descriptor(federation, 40, 20, 32)), harness([&]() -> RoundHarness {
          change(descriptor);
          return {federation, descriptor, seed};
        }()) {
    SeededRandom random(seed + 1);
    plain = random_updates(descriptor, random);
  }

  coordinator::Round& round() { return harness.round(); }
  Who everybody() const { return descriptor.cohort; }
  Who everybody_but(const std::set<PartnerIndex>& others) const {
    Who who;
    for (const PartnerIndex u : descriptor.cohort) {
      if (!others.contains(u)) who.push_back(u);
    }
    return who;
  }
  void close() { REQUIRE(harness.close().ok()); }

  void advertise(const Who& who) {
    for (const PartnerIndex u : who) accept(coordinator::Phase::advertise_keys, u, harness.client(u).advertise_keys());
  }
  Bytes shares_of(PartnerIndex u) {
    const auto message = harness.client(u).share_keys(*round().key_set(), harness.random());
    REQUIRE(message.ok());
    return *message;
  }
  void share(const Who& who) {
    for (const PartnerIndex u : who) accept(coordinator::Phase::share_keys, u, shares_of(u));
  }
  /// Masks and announces.
  void mask(const Who& who) {
    for (const PartnerIndex u : who) {
      masked[u] = plain.at(u);
      const auto header = harness.client(u).masked_update(**round().share_package(u), masked[u]);
      REQUIRE_MESSAGE(header.ok(), (header.ok() ? "" : header.error().message));
      accept(coordinator::Phase::masked_update, u, *header);
    }
  }
  void upload(const Who& who) {
    for (const PartnerIndex u : who) REQUIRE(harness.deliver_upload(u, masked.at(u)).ok());
  }
  void certify(const Who& who) {
    for (const PartnerIndex u : who) {
      const auto statement = harness.client(u).certify(*round().survivor_set(), std::nullopt);
      REQUIRE((statement.ok() && *statement));
      accept(coordinator::Phase::certify_survivors, u, **statement);
    }
  }
  Bytes unmask_message(PartnerIndex u) {
    const auto message = harness.client(u).unmask(*round().certificate());
    REQUIRE(message.ok());
    return *message;
  }
  void unmask(const Who& who) {
    for (const PartnerIndex u : who) accept(coordinator::Phase::unmask, u, unmask_message(u));
  }
  /// Up to the signed U2; up to the certificate.
  void until_shared() {
    advertise(everybody());
    close();
    share(everybody());
    close();
  }
  void until_certified(const Who& uploading) {
    mask(uploading);
    upload(uploading);
    close();
    certify(uploading);
    close();
  }
  /// Without the masks; the coordinator has t shares.
  std::vector<std::uint64_t> opened_sum() {
    const auto unmasking = round().unmask();
    REQUIRE(unmasking.ok());
    return sum_of(masked, unmasking->masks.terms());
  }
  std::vector<std::uint64_t> plain_sum() { return sum_of(plain, {}); }

  Bytes sign(std::string_view label, PartnerIndex partner, Bytes payload) const {
    return sign_blob(label, federation.roster()->federation_id, TestFederation::partner_key(partner), partner,
                     std::move(payload));
  }
  Bytes sign_as_coordinator(std::string_view label, Bytes payload) const {
    return sign_blob(label, federation.roster()->federation_id, TestFederation::coordinator_key(), kCoordinatorSigner,
                     std::move(payload));
  }
  /// The message of partner u in phase 2, changed by `change(ShareKeys&, ShareKeysHeader&)` and signed again.
  template <class Change>
  Bytes changed_shares(PartnerIndex u, const Change& change) {
    auto keys = *decode<ShareKeys>(shares_of(u));
    auto header = *decode<ShareKeysHeader>(decode<SignedBlob>(keys.header)->payload);
    change(keys, header);
    keys.header = sign(label::kShareKeys, u, encode(header));
    return encode(keys);
  }
  /// A colluder's secret key, 'e' or 'm', from its disk.
  SecretBytes<32> secret_key_of(PartnerIndex u, char which) const {
    const ByteView both = harness.outbox(u).at(std::string(client::item::kSecretKeys));
    return SecretBytes<32>(std::span<const std::uint8_t, 32>(both.subspan(which == 'e' ? 0 : 32, 32)));
  }
  Status deliver(coordinator::Phase phase, PartnerIndex from, ByteView message) {
    return harness.deliver(phase, from, message);
  }
  void accept(coordinator::Phase phase, PartnerIndex from, ByteView message) {
    const Status status = deliver(phase, from, message);
    REQUIRE_MESSAGE(status.ok(), (status.ok() ? "" : status.error().message));
  }
  ErrorCode refusal(coordinator::Phase phase, PartnerIndex from, ByteView message) {
    const Status status = deliver(phase, from, message);
    REQUIRE_FALSE(status.ok());
    return status.error().code;
  }

  TestFederation federation;
  RoundDescriptor descriptor;
  RoundHarness harness;
  std::map<PartnerIndex, std::vector<std::uint64_t>> plain;
  std::map<PartnerIndex, std::vector<std::uint64_t>> masked;

 private:
  std::vector<std::uint64_t> sum_of(const std::map<PartnerIndex, std::vector<std::uint64_t>>& vectors,
                                    const std::vector<MaskTerm>& terms) {
    const LaneLayout layout = round().context().layout();
    std::vector<std::uint64_t> sum(layout.word_count());
    for (const PartnerIndex u : round().survivors()) add_packed(sum, vectors.at(u), layout.lane_bits);
    apply_masks(sum, layout.lane_bits, terms);
    return sum;
  }
};

}  // namespace bauta::testing
