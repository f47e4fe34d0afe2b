// What a file of evidence proves, and that nobody honest can be convicted by one.
#include <doctest/doctest.h>

#include "client/round/false_answer.h"
#include "common/evidence/coordinator_lies.h"
#include "common/evidence/partner_lies.h"
#include "common/model/parameters.h"
#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

/// A finished honest round of five partners, of whom partner 4 vanished during its upload.
struct FinishedRound {
  TestFederation federation{5};
  RoundDescriptor descriptor = test_descriptor(federation, 40, 20, 32);
  RoundHarness harness{federation, descriptor, 3};
  EvidenceFile honest;

  FinishedRound() {
    SeededRandom random(4);
    Schedule schedule;
    schedule.leaves[4] = LeavesAfter::update_header;
    const Outcome outcome = harness.run(random_updates(descriptor, random), schedule);
    REQUIRE(outcome.finished);
    const coordinator::Round& round = harness.round();
    const auto package = decode<SharePackage>(**round.share_package(0));
    const auto aggregate =
        harness.round().finish(TestFederation::coordinator_key(), vector_root(wire_bytes(outcome.unmasked)), Digest{5},
                               round.unmask()->secrets);
    honest = {std::string(evidence_kind::kFalseAnswer),
              Bytes(federation.text().begin(), federation.text().end()),
              {{"descriptor", harness.descriptor_blob()},
               {"key_set", *round.key_set()},
               {"header_set", package->header_set},
               {"survivor_set", *round.survivor_set()},
               {"certificate", *round.certificate()},
               {"aggregate", aggregate.bytes}}};
  }

  Result<std::string> judge(const EvidenceFile& file) const {
    return verify_evidence(kinds(), federation.roster(), file);
  }
  static const std::vector<EvidenceKind>& kinds() {
    static const std::vector<EvidenceKind> kKinds = [] {
      std::vector<EvidenceKind> all(evidence_kinds().begin(), evidence_kinds().end());
      all.push_back({evidence_kind::kFalseAnswer, client::verify_false_answer});
      return all;
    }();
    return kKinds;
  }
  Bytes sign_as_coordinator(std::string_view label, Bytes payload) const {
    return sign_blob(label, federation.roster()->federation_id, TestFederation::coordinator_key(), kCoordinatorSigner,
                     std::move(payload));
  }
  Bytes sign_as(PartnerIndex partner, std::string_view label, Bytes payload) const {
    return sign_blob(label, federation.roster()->federation_id, TestFederation::partner_key(partner), partner,
                     std::move(payload));
  }
  template <class Message>
  Message message(const Bytes& blob) const {
    return *decode<Message>(decode<SignedBlob>(blob)->payload);
  }

  /// The honest answers with one changed and signed again by the coordinator itself.
  template <class Message, class Change>
  EvidenceFile with(std::string_view item, std::string_view label, const Change& change) const {
    EvidenceFile file = honest;
    Bytes& blob = file.items.at(std::string(item));
    auto changed = message<Message>(blob);
    change(changed);
    blob = sign_as_coordinator(label, encode(changed));
    return file;
  }
  /// The convicting sentence.
  std::string convicted(const EvidenceFile& file) const {
    const auto judged = judge(file);
    REQUIRE_MESSAGE(judged.ok(), judged.error().message);
    // It travels: what was written is what is read.
    REQUIRE(*judge(*decode<EvidenceFile>(encode(file))) == *judged);
    return *judged;
  }
  /// Why it proves nothing.
  std::string acquitted(const EvidenceFile& file) const {
    const auto judged = judge(file);
    REQUIRE_FALSE_MESSAGE(judged.ok(), *judged);
    return judged.error().message;
  }
};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

EvidenceFile two(const FinishedRound& round, std::string_view kind, Bytes first, Bytes second) {
  return {
      std::string(kind),
      round.honest.roster,
      {{"descriptor", round.harness.descriptor_blob()}, {"first", std::move(first)}, {"second", std::move(second)}}};
}

/// Partner 0's phase-5 message with its package for the leaf of `dealer`.
EvidenceFile share_file(const FinishedRound& round, PartnerIndex dealer, const Bytes& unmask) {
  auto package = *decode<SharePackage>(**const_cast<FinishedRound&>(round).harness.round().share_package(0));
  std::erase_if(package.leaves, [&](const DeliveredLeaf& leaf) { return leaf.dealer != dealer; });
  package.header_set.clear();
  EvidenceFile file{std::string(evidence_kind::kWrongShare), round.honest.roster, {}};
  for (const char* item : {"descriptor", "header_set", "survivor_set"}) file.items[item] = round.honest.items.at(item);
  file.items["unmask"] = unmask;
  file.items["leaf"] = encode(package);
  return file;
}

/// Shares that `dealer` dealt to the first t holders, of its seed or its mask key, under a header of its own.
EvidenceFile dealing_file(FinishedRound& round, PartnerIndex dealer, bool seed) {
  EvidenceFile file{std::string(evidence_kind::kFalseDealing), round.honest.roster, {}};
  for (const char* item : {"descriptor", "key_set"}) file.items[item] = round.honest.items.at(item);
  const auto headers = round.message<HeaderSet>(round.honest.items.at("header_set"));
  file.items["header"] = headers.headers[dealer];
  SharePackage leaves;
  for (PartnerIndex holder = 0; holder < round.descriptor.thresholds.shamir; ++holder) {
    const auto package = *decode<SharePackage>(**round.harness.round().share_package(holder));
    leaves.leaves.push_back(package.leaves[dealer]);
    const client::HeldShares& held = round.harness.client(holder).shares()->shares.at(dealer);
    const auto share = seed ? held.b.reveal() : held.m.reveal();
    file.items["share/" + std::to_string(holder)] = Bytes(share.begin(), share.end());
  }
  file.items["leaves"] = encode(leaves);
  return file;
}

}  // namespace

TEST_CASE("an honest round convicts nobody, whatever is left out") {
  const FinishedRound round;
  CHECK(holds(round.acquitted(round.honest), "honest"));
  for (const auto& [name, content] : round.honest.items) {
    const std::string left_out = name;
    CAPTURE(left_out);
    EvidenceFile file = round.honest;
    file.items.erase(name);
    round.acquitted(file);
  }
  for (const EvidenceKind& kind : FinishedRound::kinds()) {
    EvidenceFile file = round.honest;
    file.kind = kind.name;
    round.acquitted(file);
    file.items.clear();
    round.acquitted(file);
  }
  EvidenceFile unknown = round.honest;
  unknown.kind = "grudge";
  CHECK(holds(round.acquitted(unknown), "grudge"));
}

TEST_CASE("each lie in a signed answer convicts the coordinator by itself") {
  const FinishedRound round;
  const auto keys = [&](const auto& change) {
    return round.convicted(round.with<KeySet>("key_set", label::kKeySet, change));
  };
  CHECK(holds(keys([&](KeySet& set) {
                auto blob = *decode<SignedBlob>(set.messages[1]);
                auto swapped = *decode<AdvertiseKeys>(blob.payload);
                swapped.m_pk = swapped.nonce;
                blob.payload = encode(swapped);
                set.messages[1] = encode(blob);
              }),
              "does not verify"));
  CHECK(holds(keys([](KeySet& set) { set.messages.resize(2); }), "2 partners, 4 are needed"));
  CHECK(holds(keys([](KeySet& set) { std::swap(set.messages[0], set.messages[1]); }), "roster order"));
  CHECK(holds(keys([](KeySet& set) { set.messages[1] = Bytes{1}; }), "no honest one"));
  CHECK(holds(keys([&](KeySet& set) {
                auto copy = round.message<AdvertiseKeys>(set.messages[0]);
                copy.partner = 1;
                set.messages[1] = round.sign_as(1, label::kAdvertiseKeys, encode(copy));
              }),
              "stands twice"));
  CHECK(holds(keys([&](KeySet& set) {
                auto other = round.message<AdvertiseKeys>(set.messages[2]);
                other.rctx[0] ^= 1;
                set.messages[2] = round.sign_as(2, label::kAdvertiseKeys, encode(other));
              }),
              "p2 advertised its keys for another round descriptor"));

  const auto headers = [&](const auto& change) {
    return round.convicted(round.with<HeaderSet>("header_set", label::kHeaderSet, change));
  };
  CHECK(holds(headers([](HeaderSet& set) { set.l1[0] ^= 1; }), "another U1"));
  CHECK(holds(headers([](HeaderSet& set) { set.headers.resize(2); }), "2 partners, 4 are needed"));
  CHECK(holds(headers([&](HeaderSet& set) {
                auto header = round.message<ShareKeysHeader>(set.headers[3]);
                header.l1[0] ^= 1;
                set.headers[3] = round.sign_as(3, label::kShareKeys, encode(header));
              }),
              "p3 saw another U1"));

  const auto survivors = [&](const auto& change) {
    return round.convicted(round.with<SurvivorSet>("survivor_set", label::kSurvivorSet, change));
  };
  CHECK(holds(survivors([](SurvivorSet& set) { set.u2_hash[0] ^= 1; }), "another U2"));
  CHECK(holds(survivors([](SurvivorSet& set) { set.headers.resize(2); }), "2 partners, 4 are needed"));

  const auto certificate = [&](const auto& change) {
    return round.convicted(round.with<Certificate>("certificate", label::kCertificate, change));
  };
  CHECK(holds(certificate([](Certificate& c) { c.u3_hash[0] ^= 1; }), "another U3"));
  CHECK(holds(certificate([](Certificate& c) { c.statements.pop_back(); }), "3 signatures, 4 are needed"));
  CHECK(holds(certificate([&](Certificate& c) {
                c.statements[1] = round.sign_as(1, label::kCertify, encode(SurvivorStatement{c.rctx, Digest{1}}));
              }),
              "p1 signed another U3"));

  const auto aggregate = [&](const auto& change) {
    return round.convicted(round.with<Aggregate>("aggregate", label::kAggregate, change));
  };
  CHECK(holds(aggregate([](Aggregate& a) { a.secrets[0].secret[3] ^= 1; }), "secret of p0"));
  CHECK(holds(aggregate([](Aggregate& a) { a.secrets[4].secret[3] ^= 1; }), "secret of p4"));
  CHECK(holds(aggregate([](Aggregate& a) { a.secrets.pop_back(); }), "one secret for each"));
  CHECK(holds(aggregate([](Aggregate& a) { a.certificate.clear(); }), "no honest one"));
}

TEST_CASE("what the coordinator did not sign, or signed for another attempt, proves nothing") {
  const FinishedRound round;
  EvidenceFile file = round.with<KeySet>("key_set", label::kKeySet, [](KeySet& set) { set.messages.resize(2); });
  const Bytes lie = file.items["key_set"];
  auto blob = *decode<SignedBlob>(lie);
  blob.signature = decode<SignedBlob>(round.honest.items.at("key_set"))->signature;
  file.items["key_set"] = encode(blob);
  round.acquitted(file);
  // Under another label.
  file.items["key_set"] = round.sign_as_coordinator(label::kHeaderSet, blob.payload);
  round.acquitted(file);
  // By a partner.
  file.items["key_set"] = round.sign_as(0, label::kKeySet, blob.payload);
  round.acquitted(file);
  // Of another round, and so a replay that nobody signed.
  RoundDescriptor next = round.descriptor;
  next.round_no = 2;
  file.items["key_set"] = lie;
  file.items["descriptor"] = sign_descriptor(round.federation, next);
  CHECK(holds(round.acquitted(file), "another attempt"));
  // In another federation, or under a roster of the accuser's making, these keys have signed nothing.
  const TestFederation larger(6);
  CHECK_FALSE(verify_evidence(FinishedRound::kinds(), larger.roster(), file).ok());
}

TEST_CASE("two descriptors, cohorts or answers convict, the same said twice does not") {
  FinishedRound round;
  const Bytes first = round.harness.descriptor_blob();
  const auto descriptors = [&](const RoundDescriptor& other) {
    return two(round, evidence_kind::kTwoDescriptors, first, sign_descriptor(round.federation, other));
  };
  RoundDescriptor other = round.descriptor;
  CHECK(holds(round.acquitted(descriptors(other)), "same"));
  other.model_hash[0] ^= 1;
  CHECK(round.convicted(descriptors(other)) ==
        "the coordinator signed two different descriptors for round 1, attempt 1");
  other.round_no = 2;
  round.acquitted(descriptors(other));
  other = round.descriptor;
  other.attempt = 2;
  round.acquitted(descriptors(other));
  other.cohort.pop_back();
  CHECK(holds(round.convicted(descriptors(other)), "two different cohorts for round 1"));

  const Bytes& keys = round.honest.items.at("key_set");
  const auto set = round.message<KeySet>(keys);
  const auto answers = [&](const KeySet& changed) {
    return two(round, evidence_kind::kTwoAnswers, keys, round.sign_as_coordinator(label::kKeySet, encode(changed)));
  };
  round.acquitted(answers(set));
  auto fewer = set;
  fewer.messages.pop_back();
  CHECK(holds(round.convicted(answers(fewer)), "two different key sets for round 1, attempt 1"));
  fewer.rctx[0] ^= 1;
  round.acquitted(answers(fewer));
  round.acquitted(two(round, evidence_kind::kTwoAnswers, keys, round.honest.items.at("header_set")));
  // Any T signatures make a certificate of the same U3.
  const Bytes& certificate = round.honest.items.at("certificate");
  auto statements = round.message<Certificate>(certificate);
  statements.statements.pop_back();
  round.acquitted(two(round, evidence_kind::kTwoAnswers, certificate,
                      round.sign_as_coordinator(label::kCertificate, encode(statements))));
}

TEST_CASE("a descriptor with a shrunken threshold, or other than its plan prescribes, convicts") {
  const FinishedRound round;
  const auto file = [&](const RoundDescriptor& descriptor, std::string_view plan) {
    return EvidenceFile{
        std::string(evidence_kind::kFalseDescriptor),
        round.honest.roster,
        {{"descriptor", sign_descriptor(round.federation, descriptor)}, {"plan", Bytes(plan.begin(), plan.end())}}};
  };
  RoundDescriptor weak = round.descriptor;
  weak.thresholds.shamir = 1;
  CHECK(holds(round.convicted(file(weak, "")), "cannot be"));

  const std::string plan = "name = \"test\"\n[model]\ntable_rows = 256\ntoken_width = 8\nwidth = 8\n";
  const auto parameters = ParameterLayout::create(parse_plan(plan)->model)->size();
  RoundDescriptor planned =
      descriptor_for(*round.federation.roster(), *parse_plan(plan), plan_hash(plan), parameters, {0, 1, 2, 3, 4});
  planned.round_no = planned.attempt = 1;
  planned.run_id = "run";
  CHECK(holds(round.acquitted(file(planned, plan)), "prescribes"));
  CHECK(holds(round.acquitted(file(planned, plan + " ")), "not the one"));
  planned.clip = 2;
  CHECK(holds(round.convicted(file(planned, plan)), "not what the plan"));
}

TEST_CASE("two messages of one partner for one phase convict it, and only where both are its own") {
  FinishedRound round;
  const auto own = round.message<KeySet>(round.honest.items.at("key_set")).messages[2];
  auto keys = round.message<AdvertiseKeys>(own);
  round.acquitted(two(round, evidence_kind::kTwoMessages, own, round.sign_as(2, label::kAdvertiseKeys, encode(keys))));
  keys.nonce[0] ^= 1;
  CHECK(holds(round.convicted(
                  two(round, evidence_kind::kTwoMessages, own, round.sign_as(2, label::kAdvertiseKeys, encode(keys)))),
              "the partner p2 signed two different advertise-keys messages for round 1, attempt 1"));
  round.acquitted(two(round, evidence_kind::kTwoMessages, own, round.sign_as(3, label::kAdvertiseKeys, encode(keys))));
  keys.rctx[0] ^= 1;
  round.acquitted(two(round, evidence_kind::kTwoMessages, own, round.sign_as(2, label::kAdvertiseKeys, encode(keys))));
}

TEST_CASE("a revealed share that was never dealt convicts its holder, and no coordinator can make one up") {
  FinishedRound round;
  const Bytes honest = *round.harness.client(0).unmask(*round.harness.round().certificate());
  for (const PartnerIndex dealer : {1U, 4U}) {
    CAPTURE(dealer);
    CHECK(holds(round.acquitted(share_file(round, dealer, honest)), "is the one that its dealer signed"));
    auto shares = round.message<UnmaskShares>(honest);
    shares.shares[dealer].share[7] ^= 1;
    const Bytes lie = round.sign_as(0, label::kUnmask, encode(shares));
    CHECK(holds(round.convicted(share_file(round, dealer, lie)), "the partner p0 revealed a share of p"));
    // Not of the leaf in question.
    round.acquitted(share_file(round, 2, lie));
  }
  // Coordinator and dealer 1 together put another header, with other leaves, under the holder's honest share.
  EvidenceFile framed = share_file(round, 1, honest);
  auto package = *decode<SharePackage>(framed.items.at("leaf"));
  auto leaf = *decode<ShareLeaf>(package.leaves[0].leaf);
  leaf.hash_b[0] ^= 1;
  package.leaves[0] = {1, encode(leaf), {}};
  framed.items["leaf"] = encode(package);
  round.acquitted(framed);
  auto set = round.message<HeaderSet>(framed.items.at("header_set"));
  auto header = round.message<ShareKeysHeader>(set.headers[1]);
  header.neighbours = {0};
  header.leaf_root = merkle_root(std::vector{merkle_leaf(package.leaves[0].leaf)});
  set.headers[1] = round.sign_as(1, label::kShareKeys, encode(header));
  framed.items["header_set"] = round.sign_as_coordinator(label::kHeaderSet, encode(set));
  CHECK(holds(round.acquitted(framed), "not those that the holder has seen"));
  // The same with a survivor set to fit: the holder has signed another U3.
  auto survivors = round.message<SurvivorSet>(framed.items.at("survivor_set"));
  survivors.u2_hash = u2_hash(set.rctx, set.l1, set.headers);
  framed.items["survivor_set"] = round.sign_as_coordinator(label::kSurvivorSet, encode(survivors));
  CHECK(holds(round.acquitted(framed), "not those that the holder has seen"));
}

TEST_CASE("shares that contradict the dealer's commitment convict the dealer, with t of them and no fewer") {
  FinishedRound round;
  for (const bool seed : {true, false}) {
    CAPTURE(seed);
    CHECK(holds(round.acquitted(dealing_file(round, 2, seed)), "committed to"));
  }
  // The dealer commits to another seed than it deals, and signs that.
  EvidenceFile lie = dealing_file(round, 2, true);
  auto header = round.message<ShareKeysHeader>(lie.items.at("header"));
  header.commitment[0] ^= 1;
  lie.items["header"] = round.sign_as(2, label::kShareKeys, encode(header));
  CHECK(holds(round.convicted(lie), "the partner p2 dealt shares of its self-mask seed"));

  // Fewer shares, a share of somebody's making, a holder twice: what an accuser could choose freely proves nothing.
  for (const auto& change : std::vector<std::function<void(EvidenceFile&)>>{
           [](EvidenceFile& file) {
             auto leaves = *decode<SharePackage>(file.items["leaves"]);
             leaves.leaves.pop_back();
             file.items["leaves"] = encode(leaves);
           },
           [](EvidenceFile& file) { file.items["share/1"][9] ^= 1; },
           [](EvidenceFile& file) { file.items.erase("share/1"); },
           [](EvidenceFile& file) {
             auto leaves = *decode<SharePackage>(file.items["leaves"]);
             leaves.leaves[1] = leaves.leaves[0];
             file.items["leaves"] = encode(leaves);
           },
           [&](EvidenceFile& file) { file.items["header"] = round.sign_as(3, label::kShareKeys, encode(header)); }}) {
    EvidenceFile changed = lie;
    change(changed);
    round.acquitted(changed);
    changed = dealing_file(round, 2, true);
    change(changed);
    round.acquitted(changed);
  }
}

TEST_CASE("a file that was altered or cut anywhere convicts nobody of anything else") {
  FinishedRound round;
  const EvidenceFile lie =
      round.with<Aggregate>("aggregate", label::kAggregate, [](Aggregate& a) { a.secrets[0].secret[3] ^= 1; });
  const std::string sentence = round.convicted(lie);
  SeededRandom random(9);
  const auto judged = [&](const Bytes& bytes) -> std::string {
    const auto file = decode<EvidenceFile>(bytes);
    if (!file.ok()) return "";
    const auto roster = parse_roster(as_text(file->roster));
    if (!roster.ok() || roster->hash != round.federation.roster()->hash) return "";
    const auto text = round.judge(*file);
    return text.ok() ? *text : "";
  };
  for (const EvidenceFile& file : {lie, round.honest, dealing_file(round, 2, true)}) {
    const bool guilty = round.judge(file).ok();
    const Bytes whole = encode(file);
    const auto check = [&](const Bytes& bytes) {
      const std::string text = judged(bytes);
      if (!text.empty()) CHECK((guilty && text == sentence));
    };
    for (int i = 0; i < 150; ++i) {
      Bytes bytes = whole;
      bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
      check(bytes);
      bytes = whole;
      bytes.resize(random.below(bytes.size()));
      check(bytes);
    }
  }
}
