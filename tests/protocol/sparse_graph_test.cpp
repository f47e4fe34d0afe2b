// Rounds in which each partner draws its own neighbours (docs/protocol.md §6).
#include <doctest/doctest.h>

#include <algorithm>

#include "common/masking/mask_graph.h"
#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr std::uint32_t kPartners = 40;

RoundDescriptor sparse_descriptor(const TestFederation& federation) {
  RoundDescriptor descriptor = test_descriptor(federation, 30, 20, 32);
  descriptor.f_max = 1;
  descriptor.thresholds = thresholds_for(kPartners, 1, 3);
  const auto sparse = find_sparse_graph(kPartners, 1, descriptor.thresholds.n_min, .1);
  REQUIRE(sparse.ok());
  descriptor.graph = {GraphKind::sparse, sparse->degree};
  descriptor.thresholds.shamir = sparse->shamir;
  return descriptor;
}

struct SparseRound {
  TestFederation federation{kPartners};
  RoundDescriptor descriptor = sparse_descriptor(federation);
  RoundHarness harness{federation, descriptor, 11};

  void advertise() {
    for (const PartnerIndex u : descriptor.cohort) {
      REQUIRE(harness.deliver(Phase::advertise_keys, u, harness.client(u).advertise_keys()).ok());
    }
    REQUIRE(harness.close().ok());
  }
  Bytes shares_of(PartnerIndex u) {
    const auto message = harness.client(u).share_keys(*harness.round().key_set(), harness.random());
    REQUIRE(message.ok());
    return *message;
  }
  // The dealer's own message with other neighbours in its header, signed by it.
  Bytes with_neighbours(PartnerIndex u, std::vector<PartnerIndex> neighbours) {
    ShareKeys message = *decode<ShareKeys>(shares_of(u));
    ShareKeysHeader header = *decode<ShareKeysHeader>(decode<SignedBlob>(message.header)->payload);
    header.neighbours = std::move(neighbours);
    message.header = sign_blob(label::kShareKeys, federation.roster()->federation_id, TestFederation::partner_key(u), u,
                               encode(header));
    return encode(message);
  }
};

std::vector<PartnerIndex> first_but(PartnerIndex self, std::size_t count) {
  std::vector<PartnerIndex> list;
  for (PartnerIndex u = 0; list.size() < count; ++u) {
    if (u != self) list.push_back(u);
  }
  return list;
}

}  // namespace

TEST_CASE("a sparse round gives the exact sum of the survivors, with dropouts in every phase and crashes") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const TestFederation federation(kPartners);
    const RoundDescriptor descriptor = sparse_descriptor(federation);
    CHECK(descriptor.graph.degree < kPartners / 2);
    RoundHarness harness(federation, descriptor, seed);
    Schedule schedule;
    schedule.order_seed = seed;
    schedule.crash_percent = 5;
    schedule.leaves = {{3, LeavesAfter::nothing},     {7, LeavesAfter::advertise_keys},
                       {12, LeavesAfter::share_keys}, {20, LeavesAfter::update_header},
                       {31, LeavesAfter::upload},     {33, LeavesAfter::certify}};
    const auto updates = random_updates(descriptor, random);
    const Outcome outcome = harness.run(updates, schedule);
    CAPTURE(outcome.void_reason);
    REQUIRE(outcome.finished);
    CHECK(outcome.survivors.size() == kPartners - 4);
    CHECK(outcome.unmasked == outcome.expected);
  }
}

TEST_CASE("shares go to the drawn neighbours alone, and masks run along either's draw") {
  SparseRound round;
  round.advertise();
  std::map<PartnerIndex, ShareKeysHeader> headers;
  for (const PartnerIndex u : round.descriptor.cohort) {
    const Bytes message = round.shares_of(u);
    const auto keys = decode<ShareKeys>(message);
    headers[u] = *decode<ShareKeysHeader>(decode<SignedBlob>(keys->header)->payload);
    CHECK(keys->leaves.size() == round.descriptor.graph.degree);
    CHECK(std::count(headers[u].neighbours.begin(), headers[u].neighbours.end(), u) == 0);
    REQUIRE(round.harness.deliver(Phase::share_keys, u, message).ok());
  }
  REQUIRE(round.harness.close().ok());
  const MaskGraph graph(headers);
  for (const PartnerIndex u : round.descriptor.cohort) {
    const auto package = decode<SharePackage>(**round.harness.round().share_package(u));
    REQUIRE(package.ok());
    CHECK(package->leaves.size() == graph.dealers_to(u).size());
    for (const auto& leaf : package->leaves) {
      const auto& drawn = headers[leaf.dealer].neighbours;
      CHECK(std::binary_search(drawn.begin(), drawn.end(), u));
    }
    for (const PartnerIndex other : graph.masks_with(u)) {
      const auto& back = graph.masks_with(other);
      CHECK(std::binary_search(back.begin(), back.end(), u));
    }
  }
}

TEST_CASE("a dealer with too few, too many or impossible neighbours is refused") {
  SparseRound round;
  round.advertise();
  const std::size_t degree = round.descriptor.graph.degree;
  std::vector<PartnerIndex> with_itself = first_but(0, degree - 1);
  with_itself.insert(with_itself.begin(), 0);
  std::vector<PartnerIndex> with_stranger = first_but(0, degree - 1);
  with_stranger.push_back(kPartners);
  for (const auto& neighbours : {first_but(0, degree - 1), first_but(0, degree + 1), with_itself, with_stranger}) {
    const Status answer = round.harness.deliver(Phase::share_keys, 0, round.with_neighbours(0, neighbours));
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("a descriptor whose sparse graph is too thin for its colluders is refused") {
  const TestFederation federation(kPartners);
  const RoundDescriptor honest = sparse_descriptor(federation);
  REQUIRE(open_descriptor(federation.roster(), sign_descriptor(federation, honest)).ok());
  const auto refused = [&](auto change) {
    RoundDescriptor changed = honest;
    change(changed);
    return !open_descriptor(federation.roster(), sign_descriptor(federation, changed)).ok();
  };
  CHECK(refused([](RoundDescriptor& d) { d.graph.degree = 3; }));
  CHECK(refused([](RoundDescriptor& d) { d.thresholds.shamir = 1; }));
  CHECK(refused([](RoundDescriptor& d) { d.thresholds.shamir = d.graph.degree + 1; }));
  CHECK(refused([](RoundDescriptor& d) { d.graph.kind = GraphKind::complete; }));
  CHECK(refused([](RoundDescriptor& d) { d.thresholds.certify -= 1; }));
}
