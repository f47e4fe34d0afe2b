// The audit of an aggregate: what a doctored sum, upload or answer is found by, and what a third party can check of it.
#include <doctest/doctest.h>

#include <cmath>

#include "client/round/finished_round.h"
#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::client::Audit;

namespace {

constexpr std::size_t kChunks = 3;
constexpr std::size_t kWords = kMerkleChunk / 8;

RoundDescriptor three_chunks(const TestFederation& federation, std::uint32_t bits = 20, std::uint32_t lane = 32) {
  return test_descriptor(federation, (2 * kWords + 1000) * (64 / lane) - kEvaluationLanes - 1, bits, lane);
}

RoundDescriptor sparse(const TestFederation& federation) {
  RoundDescriptor descriptor = test_descriptor(federation, 30, 20, 32);
  const auto n = static_cast<std::uint32_t>(descriptor.cohort.size());
  descriptor.f_max = 1;
  descriptor.thresholds = thresholds_for(n, 1, 3);
  const auto graph = find_sparse_graph(n, 1, descriptor.thresholds.n_min, .1);
  REQUIRE(graph.ok());
  descriptor.graph = {GraphKind::sparse, graph->degree};
  descriptor.thresholds.shamir = graph->shamir;
  return descriptor;
}

// A round up to the sum, in which some partners drop out in the middle of their upload. `alter` changes the sum before
// the coordinator signs it.
struct Finished {
  TestFederation federation;
  RoundDescriptor descriptor;
  std::unique_ptr<RoundHarness> harness;
  std::vector<std::uint64_t> sum;
  Bytes aggregate;
  std::set<PartnerIndex> survivors;
  std::optional<Audit> audit;

  using Alter = std::function<void(std::vector<std::uint64_t>&)>;

  /// Six partners, of whom one drops out; three chunks.
  explicit Finished(const Alter& alter = {})
      : Finished(
            6, [](const auto& f) { return three_chunks(f); }, {1}, alter) {}
  Finished(std::size_t partners, const std::function<RoundDescriptor(const TestFederation&)>& describe,
           const std::set<PartnerIndex>& dropouts, const Alter& alter = {})
      : federation(partners), descriptor(describe(federation)) {
    harness = std::make_unique<RoundHarness>(federation, descriptor, 5);
    Schedule schedule;
    for (const PartnerIndex dropout : dropouts) schedule.leaves[dropout] = LeavesAfter::update_header;
    Outcome outcome = harness->run(random_updates(descriptor, harness->random()), schedule);
    REQUIRE(outcome.finished);
    REQUIRE(outcome.unmasked == outcome.expected);
    survivors = outcome.survivors;
    sum = std::move(outcome.unmasked);
    if (alter) alter(sum);
    aggregate = harness->round()
                    .finish(TestFederation::coordinator_key(), vector_root(wire_bytes(sum)), Digest{5},
                            harness->round().unmask()->secrets)
                    .bytes;
    const auto accepted = client().accept_aggregate(aggregate, sum);
    REQUIRE(accepted.ok());
    auto created = client().audit(*accepted);
    REQUIRE(created.ok());
    audit.emplace(*std::move(created));
  }

  client::ClientRound& client() const { return harness->client(0); }
  Bytes record() const { return encode(client().record(aggregate)); }

  /// The honest answer, of at most `most` survivors.
  AuditAnswer answer(std::uint64_t chunk, std::optional<PartnerIndex> after, std::size_t most = 100) const {
    AuditAnswer answer{client().context().rctx, client().survivors()->u3, chunk, after, {}};
    for (const PartnerIndex survivor : survivors) {
      if ((after && survivor <= *after) || answer.uploads.size() == most) continue;
      const auto& words = harness->upload(survivor);
      MerkleBuilder tree;
      tree.update(wire_bytes(words));
      tree.finish();
      UploadedChunk upload{survivor, {}, MerkleTree(tree.leaf_hashes()).proof(chunk)};
      append(upload.bytes, wire_bytes(client::chunk_of(words, chunk)));
      answer.uploads.push_back(std::move(upload));
    }
    return answer;
  }
  Bytes sign(const AuditAnswer& answer) const {
    return sign_blob(label::kAudit, federation.roster()->federation_id, TestFederation::coordinator_key(),
                     kCoordinatorSigner, encode(answer));
  }
  /// The whole audit of a chunk against honest answers.
  Status look_at(std::uint64_t chunk, std::size_t most = 100) {
    audit->begin(chunk);
    while (!audit->complete()) {
      BAUTA_RETURN_IF_ERROR(audit->take(sign(answer(chunk, audit->after(), most))));
    }
    return audit->compare(client::chunk_of(sum, chunk));
  }
  /// What a changed answer to chunk 1 is refused as.
  Error refusal(const std::function<void(AuditAnswer&)>& change) {
    AuditAnswer changed = answer(1, std::nullopt);
    change(changed);
    audit->begin(1);
    const Status taken = audit->take(sign(changed));
    REQUIRE_FALSE(taken.ok());
    return taken.error();
  }
  /// What somebody else makes of the evidence of the audit that just failed.
  Status verdict() const {
    REQUIRE(audit->convicts());
    return client::check_audit_evidence(federation.roster(), aggregate, encode(audit->evidence(record(), sum)));
  }
};

}  // namespace

TEST_CASE("every chunk of an honest sum passes the audit, in pages of any size and lanes of any width") {
  for (const auto& [bits, lane] : {std::pair(20U, 32U), std::pair(12U, 16U), std::pair(8U, 12U), std::pair(4U, 8U)}) {
    const std::uint32_t width = lane;
    CAPTURE(width);
    Finished round(6, [bits = bits, lane = lane](const auto& f) { return three_chunks(f, bits, lane); }, {1});
    REQUIRE(client::chunk_count(round.client().context().layout()) == kChunks);
    CHECK(round.survivors.size() == 5);
    for (std::uint64_t chunk = 0; chunk < kChunks; ++chunk) {
      for (const std::size_t most : {1U, 2U, 100U}) {
        const Status looked = round.look_at(chunk, most);
        CHECK_MESSAGE(looked.ok(), (looked.ok() ? "" : looked.error().message));
      }
      // Honest answers convict nobody.
      CHECK(round.verdict().ok());
    }
  }
}

TEST_CASE("the audit knows who masks with whom in a sparse graph") {
  Finished honest(40, sparse, {3, 17, 25, 39});
  CHECK(honest.survivors.size() == 36);
  CHECK(honest.look_at(0, 10).ok());
  CHECK(honest.verdict().ok());
  Finished lying(40, sparse, {3, 17, 25, 39}, [](std::vector<std::uint64_t>& sum) { sum[0] += 1; });
  CHECK(lying.look_at(0).error().code == ErrorCode::audit_sum);
  CHECK(lying.verdict().error().code == ErrorCode::audit_sum);
}

TEST_CASE("an altered chunk is audit_proof and names whose upload it is") {
  Finished round;
  const auto check = [&](const std::function<void(AuditAnswer&)>& change) {
    const Error refused = round.refusal(change);
    CHECK(refused.code == ErrorCode::audit_proof);
    CHECK(refused.message.find("upload of p3") != std::string::npos);
    CHECK(round.verdict().error().code == ErrorCode::audit_proof);
  };
  check([](AuditAnswer& answer) { answer.uploads[2].bytes[100] ^= 1; });
  check([](AuditAnswer& answer) { answer.uploads[2].bytes.pop_back(); });
  check([](AuditAnswer& answer) { answer.uploads[2].bytes.clear(); });
  check([](AuditAnswer& answer) { answer.uploads[2].proof[0][5] ^= 1; });
  check([](AuditAnswer& answer) { answer.uploads[2].proof.pop_back(); });
  check([](AuditAnswer& answer) { answer.uploads[2].proof.emplace_back(); });
  // Another chunk of the same upload, with its true proof.
  check([&](AuditAnswer& answer) { answer.uploads[2] = round.answer(0, std::nullopt).uploads[2]; });
  // The chunk of another partner.
  check([](AuditAnswer& answer) { answer.uploads[2].bytes = answer.uploads[1].bytes; });
}

TEST_CASE("a survivor whose chunk is passed over is named, and so is whoever does not belong there") {
  Finished round;
  const auto check = [&](const std::function<void(AuditAnswer&)>& change, const std::string& words) {
    const Error refused = round.refusal(change);
    CHECK(refused.code == ErrorCode::audit_answer);
    CHECK_MESSAGE(refused.message.find(words) != std::string::npos, refused.message);
    CHECK(round.verdict().error().code == ErrorCode::audit_answer);
  };
  check([](AuditAnswer& answer) { answer.uploads.erase(answer.uploads.begin() + 2); }, "passes over the chunk of p3");
  check([](AuditAnswer& answer) { answer.uploads.erase(answer.uploads.begin()); }, "passes over the chunk of p0");
  check([](AuditAnswer& answer) { answer.uploads.clear(); }, "no chunk in it");
  check([](AuditAnswer& answer) { answer.uploads[0].partner = 1, answer.uploads.resize(1); }, "chunk of p0");
  check(
      [](AuditAnswer& answer) {
        answer.uploads.push_back(answer.uploads.back());
        answer.uploads.back().partner = 7;
      },
      "more chunks than there are survivors");
}

TEST_CASE("an answer to another question, or one that the coordinator has not signed, is refused but convicts nobody") {
  Finished round;
  const auto check = [&](const Bytes& answer) {
    round.audit->begin(1);
    CHECK(round.audit->take(answer).error().code == ErrorCode::audit_answer);
    CHECK_FALSE(round.audit->convicts());
  };
  AuditAnswer other_round = round.answer(1, std::nullopt);
  other_round.rctx[0] ^= 1;
  check(round.sign(other_round));
  AuditAnswer other_survivors = round.answer(1, std::nullopt);
  other_survivors.u3_hash[0] ^= 1;
  check(round.sign(other_survivors));
  check(round.sign(round.answer(2, std::nullopt)));
  check(round.sign(round.answer(1, 0)));
  check(Bytes(100, 7));
  check({});
  const Bytes payload = encode(round.answer(1, std::nullopt));
  const auto& id = round.federation.roster()->federation_id;
  check(sign_blob(label::kAudit, id, TestFederation::partner_key(2), 2, payload));
  check(sign_blob(label::kAudit, id, TestFederation::partner_key(2), kCoordinatorSigner, payload));
  check(sign_blob(label::kAggregate, id, TestFederation::coordinator_key(), kCoordinatorSigner, payload));
}

TEST_CASE("a doctored slice of the sum is audit_sum in its chunk and unseen in the others, and anybody can check it") {
  Finished round([](std::vector<std::uint64_t>& sum) { sum[kWords + 17] ^= 1; });
  CHECK(round.look_at(0).ok());
  CHECK(round.look_at(2).ok());
  const Status found = round.look_at(1, 2);
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == ErrorCode::audit_sum);
  CHECK(found.error().message.find("chunk 1") != std::string::npos);
  CHECK(found.error().message.find("word 8209") != std::string::npos);
  CHECK(round.verdict().error().code == ErrorCode::audit_sum);
}

TEST_CASE("evidence of an audit that was made up, cut or mixed convicts nobody") {
  Finished lying([](std::vector<std::uint64_t>& sum) { sum[kWords + 17] += 1; });
  REQUIRE_FALSE(lying.look_at(1, 2).ok());
  const AuditEvidence true_evidence = lying.audit->evidence(lying.record(), lying.sum);
  const auto verdict = [&](const std::function<void(AuditEvidence&)>& change, const Bytes& aggregate) {
    AuditEvidence changed = true_evidence;
    change(changed);
    return client::check_audit_evidence(lying.federation.roster(), aggregate, encode(changed));
  };
  const auto same = [](AuditEvidence&) {};
  CHECK(verdict(same, lying.aggregate).error().code == ErrorCode::audit_sum);
  const auto convicts = [](const Status& status) {
    return !status.ok() &&
           (status.error().code == ErrorCode::audit_sum || status.error().code == ErrorCode::audit_proof ||
            status.error().code == ErrorCode::audit_answer);
  };
  // An answer left out, twice, in another order, or of an honest chunk.
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.answers.pop_back(); }, lying.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.answers.erase(e.answers.begin()); }, lying.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { std::swap(e.answers[0], e.answers[1]); }, lying.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.answers.push_back(e.answers[0]); }, lying.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.chunk = 0; }, lying.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.chunk = 1'000'000; }, lying.aggregate)));
  // A slice that was never signed.
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.slice[8] ^= 1; }, lying.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.slice_proof.clear(); }, lying.aggregate)));
  // An answer that somebody else signed.
  CHECK_FALSE(convicts(verdict(
      [&](AuditEvidence& e) {
        AuditAnswer forged = lying.answer(1, std::nullopt);
        forged.uploads[0].bytes[0] ^= 1;
        e.answers = {sign_blob(label::kAudit, lying.federation.roster()->federation_id, TestFederation::partner_key(0),
                               kCoordinatorSigner, encode(forged))};
      },
      lying.aggregate)));
  // Held against another aggregate, or with a record of another round.
  Finished honest;
  CHECK_FALSE(convicts(verdict(same, honest.aggregate)));
  CHECK_FALSE(convicts(verdict([&](AuditEvidence& e) { e.record = honest.record(); }, honest.aggregate)));
  CHECK_FALSE(convicts(verdict([](AuditEvidence& e) { e.record.resize(e.record.size() / 2); }, lying.aggregate)));
  Bytes truncated = encode(true_evidence);
  truncated.resize(truncated.size() / 2);
  CHECK_FALSE(convicts(client::check_audit_evidence(lying.federation.roster(), lying.aggregate, truncated)));
}

TEST_CASE("a record opens to what the round's own members accepted, and an altered one does not open") {
  Finished round;
  const Bytes record = round.record();
  const auto opened = client::open_record(round.federation.roster(), record);
  REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().message));
  CHECK(opened->context.rctx == round.client().context().rctx);
  CHECK(opened->u3.u3 == round.client().survivors()->u3);
  CHECK(opened->u3.survivors == round.survivors);
  CHECK(opened->u2.headers.size() == 6);
  SeededRandom random(3);
  for (int i = 0; i < 60; ++i) {
    Bytes altered = record;
    altered[random.below(altered.size())] ^= 1;
    CHECK_FALSE(client::open_record(round.federation.roster(), altered).ok());
  }
}

TEST_CASE("chunks are drawn without repeats, each as often as any other, and escape as the formula says") {
  SeededRandom random(11);
  std::vector<int> drawn(10, 0);
  constexpr int kDraws = 20'000;
  int escaped = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto chunks = client::draw_chunks(10, 2, random);
    REQUIRE(chunks.size() == 2);
    REQUIRE(chunks[0] < chunks[1]);
    REQUIRE(chunks[1] < 10);
    for (const auto chunk : chunks) ++drawn[chunk];
    // Three of ten are altered.
    escaped += chunks[0] > 2 ? 1 : 0;
  }
  // Five standard deviations.
  for (const int count : drawn) CHECK(std::abs(count - kDraws / 5) < 5 * std::sqrt(kDraws * 0.2 * 0.8));
  const double chance = client::chance_of_escape(10, 3, 2);
  CHECK(chance == doctest::Approx(21.0 / 45));
  CHECK(std::abs(escaped - kDraws * chance) < 5 * std::sqrt(kDraws * chance * (1 - chance)));
  CHECK(client::draw_chunks(3, 100, random) == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(client::draw_chunks(1, 1, random) == std::vector<std::uint64_t>{0});
  CHECK(client::draw_chunks(5, 0, random).empty());
  CHECK(client::chance_of_escape(10, 0, 10) == 1);
  CHECK(client::chance_of_escape(10, 1, 10) == 0);
  CHECK(client::chance_of_escape(100, 1, 25) == doctest::Approx(0.75));
}

TEST_CASE("the same seed and aggregate draw the same chunks, and either alone decides nothing") {
  const Bytes seed(32, 1);
  const Bytes other_seed(32, 2);
  const Bytes aggregate(100, 3);
  const Bytes other_aggregate(100, 4);
  const auto drawn = client::draw_chunks(100'000, 20, seed, aggregate);
  CHECK(drawn.size() == 20);
  CHECK(drawn == client::draw_chunks(100'000, 20, seed, aggregate));
  CHECK(drawn != client::draw_chunks(100'000, 20, other_seed, aggregate));
  CHECK(drawn != client::draw_chunks(100'000, 20, seed, other_aggregate));
}
