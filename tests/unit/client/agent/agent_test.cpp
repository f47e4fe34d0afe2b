#include "client/agent/agent.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "client/agent/evidence.h"
#include "client/agent/latches.h"
#include "client/round/finished_round.h"
#include "tests/support/file_size_limit.h"
#include "tests/unit/client/agent/agent_host.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

namespace {

constexpr const char* kPlan = R"(name = "agent test"
[model]
table_rows = 2048
token_width = 16
width = 8
history = 10
[update]
clip = 10.0
range = 0.1240234375
bits = 8
lane = 16
[round]
rounds = 5
min_participants = 3
)";

struct Federation {
  explicit Federation(std::size_t partners) : coordinator(partners, kPlan) {
    for (std::size_t i = 0; i < partners; ++i) {
      hosts.push_back(std::make_unique<AgentHost>(coordinator, static_cast<PartnerIndex>(i)));
    }
  }

  void step(std::size_t host) {
    const auto progress = hosts[host]->agent().step();
    REQUIRE_MESSAGE(progress.ok(), (progress.ok() ? "" : progress.error().message));
  }
  /// Everybody in turn until `done`, or false after so many turns.
  bool drive(const std::function<bool()>& done, const std::vector<std::size_t>& who, int turns = 400) {
    for (int turn = 0; turn < turns; ++turn) {
      if (done()) return true;
      for (const std::size_t host : who) step(host);
    }
    return done();
  }
  std::vector<std::size_t> everybody() const {
    std::vector<std::size_t> who(hosts.size());
    for (std::size_t i = 0; i < who.size(); ++i) who[i] = i;
    return who;
  }
  bool finish_round(const RoundId& id, const std::vector<std::size_t>& who) {
    return drive(
        [&] {
          if (coordinator.at(id).round->phase() != coordinator::Phase::finished) return false;
          for (const std::size_t host : who) {
            if (hosts[host]->model_hash() != coordinator.current_hash() || hosts[host]->agent().attempt()) return false;
          }
          return true;
        },
        who);
  }
  /// Every coordinate of the unmasked sum against what the survivors' trainers wanted to add.
  void check_sum(const RoundId& id) {
    const auto& attempt = coordinator.at(id);
    const LaneLayout lanes = attempt.round->context().layout();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < attempt.round->context().parameters(); ++i) {
      std::int64_t expected = 0;
      for (const PartnerIndex survivor : attempt.round->survivors()) expected += steps_of(survivor, id.round_no, i);
      wrong += lane_at(attempt.sum, lanes, i) != expected ? 1 : 0;
    }
    CHECK(wrong == 0);
    const auto contradictions = coordinator.contradictions();
    CHECK_MESSAGE(contradictions.empty(), (contradictions.empty() ? "" : contradictions.front()));
  }

  ScriptedCoordinator coordinator;
  std::vector<std::unique_ptr<AgentHost>> hosts;
};

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("three agents train two rounds and hold the coordinator's model, and nothing of the rounds remains on disk") {
  Federation federation(3);
  for (std::uint64_t round_no = 1; round_no <= 2; ++round_no) {
    federation.coordinator.open({round_no, 1});
    REQUIRE(federation.finish_round({round_no, 1}, federation.everybody()));
    federation.check_sum({round_no, 1});
  }
  CHECK(*federation.coordinator.metrics.auc == doctest::Approx(0.75).epsilon(0.01));
  for (const auto& host : federation.hosts) {
    CHECK(host->trainings == 2);
    CHECK(host->store().rounds_under_way()->empty());
    CHECK(files_in(host->directory() / "outbox") == 0);
    CHECK(files_in(host->directory() / "updates") == 0);
    for (const char* event : {"connected", "invited", "training finished", "upload started", "upload finished",
                              "survivors signed", "shares revealed", "model applied"}) {
      CAPTURE(event);
      CHECK(host->count(event) >= 1);
    }
  }
}

TEST_CASE("an agent torn down after any one step goes on with the same bytes and the sum is exact") {
  // The steps that the whole round takes without a crash.
  int steps = 0;
  {
    Federation federation(3);
    federation.coordinator.open({1, 1});
    while (federation.hosts[0]->model_hash() != federation.coordinator.current_hash() ||
           federation.hosts[0]->agent().attempt() || steps < 5) {
      for (std::size_t host = 0; host < 3; ++host) federation.step(host);
      REQUIRE(++steps < 100);
    }
  }
  REQUIRE(steps > 12);
  for (int crash = 1; crash <= steps; ++crash) {
    CAPTURE(crash);
    Federation federation(3);
    federation.coordinator.open({1, 1});
    for (int i = 0; i < crash; ++i) {
      for (std::size_t host = 0; host < 3; ++host) federation.step(host);
    }
    federation.hosts[0]->reopen();
    REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
    federation.check_sum({1, 1});
    CHECK(federation.hosts[0]->trainings == 1);
  }
}

TEST_CASE("agents torn down again and again, after every five steps, still finish round after round") {
  Federation federation(3);
  for (auto& host : federation.hosts) host->link.upload_piece = 40'000;
  for (std::uint64_t round_no = 1; round_no <= 2; ++round_no) {
    const RoundId id{round_no, 1};
    federation.coordinator.open(id);
    bool finished = false;
    for (int turn = 0; turn < 200 && !finished; ++turn) {
      for (std::size_t host = 0; host < 3; ++host) {
        // The first one reaches the coordinator again. Sent again, header and sum fetched again, audited and applied:
        // that needs four in a row.
        for (int i = 0; i < 5; ++i) federation.step(host);
        federation.hosts[host]->reopen();
      }
      finished = federation.coordinator.at(id).round->phase() == coordinator::Phase::finished &&
                 federation.hosts[0]->model_hash() == federation.coordinator.current_hash() &&
                 federation.hosts[1]->model_hash() == federation.coordinator.current_hash() &&
                 federation.hosts[2]->model_hash() == federation.coordinator.current_hash();
    }
    REQUIRE(finished);
    federation.check_sum(id);
  }
}

TEST_CASE("a call that fails, or whose answer is lost, at any point costs neither the round nor a byte") {
  int calls = 0;
  {
    Federation federation(3);
    federation.coordinator.open({1, 1});
    REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
    calls = federation.hosts[1]->link.calls;
  }
  REQUIRE(calls > 12);
  for (int at = 1; at <= calls; ++at) {
    for (const bool after : {false, true}) {
      for (const bool crash : {false, true}) {
        CAPTURE(at);
        CAPTURE(after);
        CAPTURE(crash);
        Federation federation(3);
        federation.coordinator.open({1, 1});
        AgentHost& host = *federation.hosts[1];
        host.link.fault = {at, after, ErrorCode::unreachable};
        REQUIRE(federation.drive([&] { return host.link.calls >= at; }, federation.everybody()));
        if (crash) host.reopen();
        REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
        federation.check_sum({1, 1});
        CHECK(host.trainings == 1);
      }
    }
  }
}

TEST_CASE("once the coordinator has the shares no secret of the round is on disk, and a restart still ends it") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  const RoundId id{1, 1};
  federation.coordinator.open(id);
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::unmask; }, federation.everybody()));
  const auto secret_items = [&] {
    auto items = *host.store().load(id.round_no, id.attempt);
    std::erase_if(items, [](const auto& entry) { return !entry.first.starts_with(item::kSecretPrefix); });
    return items;
  };
  const auto on_disk = [&](const Bytes& secret) {
    for (const char* name : {"client.db", "client.db-wal"}) {
      const Bytes file = *read_file(host.directory() / name, std::uint64_t{1} << 30);
      if (std::search(file.begin(), file.end(), secret.begin(), secret.end()) != file.end()) return true;
    }
    return false;
  };
  const auto secrets = secret_items();
  REQUIRE(secrets.size() == 2);
  for (const auto& [key, secret] : secrets) REQUIRE(on_disk(secret));
  federation.step(0);
  REQUIRE(host.agent().stage() == Stage::aggregate);
  CHECK(secret_items().empty());
  for (const auto& [key, secret] : secrets) CHECK_FALSE(on_disk(secret));
  host.reopen();
  REQUIRE(federation.finish_round(id, federation.everybody()));
  federation.check_sum(id);
}

TEST_CASE("who has announced its update waits while it is refused as a partner, also over a restart") {
  for (const ErrorCode code :
       {ErrorCode::unauthenticated, ErrorCode::forbidden, ErrorCode::revoked, ErrorCode::wrong_context}) {
    CAPTURE(to_string(code));
    Federation federation(3);
    AgentHost& host = *federation.hosts[0];
    const RoundId id{1, 1};
    federation.coordinator.open(id);
    const Stage stages[] = {Stage::update_header, Stage::survivors, Stage::statement,
                            Stage::certificate,   Stage::unmask,    Stage::aggregate};
    for (const Stage stage : stages) {
      CAPTURE(to_string(stage));
      REQUIRE(federation.drive([&] { return host.agent().stage() == stage; }, federation.everybody()));
      const auto refused = [&] { host.link.fault = {host.link.calls + 1, false, code}; };
      refused();
      federation.step(0);
      CHECK(host.agent().attempt() == id);
      host.reopen();
      refused();
      federation.step(0);
      CHECK(host.agent().attempt() == id);
    }
    REQUIRE(federation.finish_round(id, federation.everybody()));
    federation.check_sum(id);
  }
}

TEST_CASE("who is refused as a partner before it has announced its update gives the attempt up") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::key_set; }, {0}));
  host.link.fault = {host.link.calls + 1, false, ErrorCode::revoked};
  federation.step(0);
  CHECK_FALSE(host.agent().attempt());
  host.reopen();
  host.link.fault = {host.link.calls + 1, false, ErrorCode::revoked};
  CHECK(host.agent().step().error().code == ErrorCode::revoked);
}

TEST_CASE("an upload that breaks again and again goes on where it stopped") {
  Federation federation(3);
  federation.hosts[2]->link.upload_piece = 9'999;
  federation.coordinator.open({1, 1});
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
  federation.check_sum({1, 1});
  CHECK(federation.hosts[2]->count("upload started") > 5);
  CHECK(federation.hosts[2]->count("upload finished") == 1);
}

TEST_CASE("a partner that vanishes during its upload is left out, comes back late and still helps to unmask") {
  Federation federation(5);
  const RoundId id{1, 1};
  federation.coordinator.open(id);
  federation.hosts[4]->link.upload_piece = 1000;
  REQUIRE(
      federation.drive([&] { return federation.hosts[4]->agent().stage() == Stage::upload; }, federation.everybody()));
  federation.step(4);
  federation.hosts[4]->close();
  const std::vector<std::size_t> others = {0, 1, 2, 3};
  REQUIRE(federation.drive([&] { return federation.coordinator.at(id).round->counts().u3 == 4; }, others));
  federation.coordinator.close_phase(id);
  REQUIRE(federation.coordinator.at(id).round->phase() == coordinator::Phase::certify_survivors);
  federation.hosts[4]->link.upload_piece = 0;
  federation.hosts[4]->reopen();
  // Two of the survivors are gone after signing: the third share is the late one's.
  REQUIRE(federation.drive([&] { return federation.coordinator.at(id).round->certificate().has_value(); }, others));
  AgentHost& late = *federation.hosts[4];
  REQUIRE(federation.drive([&] { return late.agent().stage() == Stage::certificate; }, {4}));
  late.link.fault = {late.link.calls + 1, false, ErrorCode::forbidden};
  federation.step(4);
  CHECK(late.agent().attempt() == id);
  const std::vector<std::size_t> rest = {2, 3, 4};
  REQUIRE(federation.finish_round(id, rest));
  federation.check_sum(id);
  CHECK(federation.coordinator.at(id).round->survivors() == std::set<PartnerIndex>{0, 1, 2, 3});
  CHECK(federation.hosts[4]->count("survivors signed") == 0);
  CHECK(federation.hosts[4]->count("shares revealed") == 1);
}

TEST_CASE("a void attempt is erased and the next attempt of the round reuses the training but no key") {
  Federation federation(3);
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return federation.hosts[0]->agent().stage() == Stage::share_package; }, {0, 1}) ==
          false);
  REQUIRE(federation.drive([&] { return federation.hosts[0]->agent().stage() == Stage::share_package; },
                           federation.everybody()));
  federation.coordinator.abandon({1, 1});
  REQUIRE(federation.drive([&] { return !federation.hosts[0]->agent().attempt(); }, {0}));
  CHECK(federation.hosts[0]->store().rounds_under_way()->empty());
  CHECK(files_in(federation.hosts[0]->directory() / "updates") == 0);
  CHECK(federation.hosts[0]->count("attempt over") == 1);
  federation.coordinator.open({1, 2});
  REQUIRE(federation.finish_round({1, 2}, federation.everybody()));
  federation.check_sum({1, 2});
  CHECK(federation.hosts[0]->trainings == 1);
  const auto& messages = federation.coordinator.messages;
  const auto& first = *messages.at({RoundId{1, 1}, 0, "keys"}).begin();
  const auto& second = *messages.at({RoundId{1, 2}, 0, "keys"}).begin();
  CHECK(first != second);
}

TEST_CASE("who has signed a U3 on a model signs no other on it until its operator releases it") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::certificate; }, federation.everybody()));
  // The coordinator forgets the round and starts another on the same model.
  federation.coordinator.attempts.erase(RoundId{1, 1});
  federation.coordinator.open({2, 1});
  REQUIRE(federation.drive([&] { return host.count("refused") >= 2; }, federation.everybody()));
  CHECK(host.count("refused_by_policy") >= 1);
  CHECK_FALSE(host.agent().attempt());
  CHECK_FALSE(federation.coordinator.messages.contains({RoundId{2, 1}, 0, "statement"}));

  SUBCASE("a restart does not help") { host.reopen(); }
  SUBCASE("nor does waiting") {}
  federation.coordinator.open({3, 1});
  REQUIRE(federation.drive([&] { return host.count("refused_by_policy") >= 2; }, federation.everybody()));
  CHECK_FALSE(federation.coordinator.messages.contains({RoundId{3, 1}, 0, "statement"}));

  for (auto& each : federation.hosts) {
    REQUIRE(each->store()
                .release_latch(signed_survivors_key(federation.coordinator.current_hash()), "release", "test",
                               each->clock().wall())
                .ok());
  }
  federation.coordinator.open({4, 1});
  REQUIRE(federation.finish_round({4, 1}, federation.everybody()));
  federation.check_sum({4, 1});
  CHECK_FALSE(signed_survivors(host.store(), *host.model_hash())->has_value());
}

TEST_CASE("nobody takes part in a second sum on a model, not even when the first was applied") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  const ModelState initial = federation.coordinator.model;
  federation.coordinator.open({1, 1});
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
  const ModelState after_first = federation.coordinator.model;
  federation.coordinator.open({2, 1});
  REQUIRE(federation.finish_round({2, 1}, federation.everybody()));

  RoundId again{2, 2};
  SUBCASE("another attempt of the round, on the initial model") { federation.coordinator.model = initial; }
  SUBCASE("a later round on the initial model") {
    again = {3, 1};
    federation.coordinator.model = initial;
  }
  SUBCASE("a later round on a later model, after a pretended round in between") {
    again = {4, 1};
    federation.coordinator.model = after_first;
  }
  const Digest spent = federation.coordinator.current_hash();
  federation.coordinator.open(again);
  REQUIRE(federation.drive([&] { return host.count("refused_by_policy") == 1; }, federation.everybody()));
  CHECK_FALSE(host.agent().attempt());
  CHECK_FALSE(federation.coordinator.messages.contains({again, 0, "keys"}));

  for (auto& each : federation.hosts) {
    REQUIRE(each->store().release_latch(signed_survivors_key(spent), "release", "test", each->clock().wall()).ok());
  }
  if (spent != model_hash(initial, federation.coordinator.hash_of_plan())) return;
  federation.coordinator.open({5, 1});
  REQUIRE(federation.finish_round({5, 1}, federation.everybody()));
  federation.check_sum({5, 1});
}

TEST_CASE("a second descriptor for an accepted attempt is refused and both are kept as evidence") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::key_set; }, {0}));
  const Bytes first = federation.coordinator.at({1, 1}).round->context().descriptor_blob;
  RoundDescriptor other = federation.coordinator.at({1, 1}).round->context().descriptor;
  federation.coordinator.abandon({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::invitation; }, {0}));
  other.model_hash = Digest{5};
  const Bytes second = sign_descriptor(federation.coordinator.federation, other);
  const std::string plan(kPlan);
  for (int repeat = 0; repeat < 2; ++repeat) {
    host.link.invite_with = encode(Invitation{second, Bytes(plan.begin(), plan.end())});
    federation.step(0);
    CHECK(host.agent().stage() == Stage::invitation);
  }
  const auto evidence = host.evidence();
  REQUIRE(evidence.size() == 1);
  CHECK(evidence.front().kind == "two-descriptors");
  CHECK(evidence.front().items.at("first") == first);
  CHECK(evidence.front().items.at("second") == second);
  CHECK(host.count("equivocation") == 2);
}

TEST_CASE("a set with a forged message, which the coordinator has signed, ends the attempt and is kept as evidence") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.swaps_a_key = true;
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.count("attempt over") == 1; }, federation.everybody()));
  CHECK(host.count("bad_signature") == 2);  // refused, and so over
  const auto evidence = host.evidence();
  REQUIRE(evidence.size() == 1);
  CHECK(evidence.front().kind == "false-answer");
  CHECK(evidence.front().items.at("descriptor") == federation.coordinator.at({1, 1}).round->context().descriptor_blob);
}

TEST_CASE("a refused invitation is not signed and not asked for again") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  host.policy.allowed_plans.clear();
  host.reopen();
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.count("refused") == 1; }, {0}));
  for (int i = 0; i < 5; ++i) federation.step(0);
  CHECK(host.count("refused") == 1);
  CHECK(federation.coordinator.messages.empty());
  // Allowed by now: the attempt is still to be had.
  host.policy.allowed_plans = {federation.coordinator.hash_of_plan()};
  host.reopen();
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
}

TEST_CASE("a newcomer fetches the model that the descriptor names and refuses any other") {
  Federation federation(4);
  federation.coordinator.open({1, 1});
  // Partner 3 is away: the phase ends without it.
  REQUIRE(federation.drive([&] { return federation.coordinator.at({1, 1}).round->counts().u1 == 3; }, {0, 1, 2}));
  federation.coordinator.close_phase({1, 1});
  REQUIRE(federation.finish_round({1, 1}, {0, 1, 2}));
  federation.coordinator.open({2, 1});
  SUBCASE("the true one") {
    REQUIRE(federation.finish_round({2, 1}, federation.everybody()));
    federation.check_sum({2, 1});
    CHECK(federation.hosts[3]->count("model fetched") == 1);
  }
  SUBCASE("another one") {
    const ModelState honest = federation.coordinator.model;
    RoundDescriptor descriptor = federation.coordinator.at({2, 1}).round->context().descriptor;
    descriptor.attempt = 2;
    descriptor.model_hash[0] ^= 1;
    federation.coordinator.open_with(descriptor);
    REQUIRE(federation.drive([&] { return federation.hosts[3]->count("refused") == 1; }, {3}));
    CHECK_FALSE(federation.hosts[3]->agent().attempt());
    CHECK_FALSE(federation.hosts[3]->model_hash().has_value());
  }
}

TEST_CASE("a coordinator that announces another model than its aggregate leads to is not followed in that run") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  const Digest before = federation.coordinator.current_hash();
  federation.coordinator.lies_about_next_model = true;
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.count("attempt over") == 1; }, federation.everybody()));
  CHECK(host.model_hash() == before);
  CHECK(host.count("model applied") == 0);
  REQUIRE(host.evidence().size() == 1);
  CHECK(host.evidence().front().kind == "wrong-model");
  federation.coordinator.open({2, 1});
  REQUIRE(federation.drive([&] { return host.count("refused_by_policy") == 1; }, {0}));
  CHECK_FALSE(federation.coordinator.messages.contains({RoundId{2, 1}, 0, "keys"}));
}

namespace {

/// Drives a round whose audit must fail at everybody, and checks that nobody has applied its sum.
void check_audit_failure(Federation& federation, const std::string& check) {
  const Digest before = federation.coordinator.current_hash();
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive(
      [&] {
        return std::all_of(federation.hosts.begin(), federation.hosts.end(),
                           [](const auto& host) { return host->count("attempt over") == 1; });
      },
      federation.everybody()));
  for (const auto& host : federation.hosts) {
    CHECK(host->count("audit failed") == 1);
    CHECK(std::any_of(host->lines.begin(), host->lines.end(),
                      [&](const std::string& line) { return line.find("check=" + check) != std::string::npos; }));
    CHECK(host->count("model applied") == 0);
    CHECK(host->model_hash() == before);
  }
}

}  // namespace

TEST_CASE("a doctored sum is found by the default audit, kept as evidence, and its run is not followed") {
  Federation federation(3);
  // One lane in every chunk is moved by one step; what the coordinator computes from it is consistent.
  federation.coordinator.doctors_sum = [](std::vector<std::uint64_t>& sum) {
    for (std::size_t i = 0; i < sum.size(); i += kMerkleChunk / 8) sum[i] ^= 1;
  };
  check_audit_failure(federation, "audit_sum");
  AgentHost& host = *federation.hosts[0];
  const auto evidence = host.evidence();
  REQUIRE(evidence.size() == 1);
  CHECK(evidence[0].kind == "audit");
  // Anybody with the roster comes to the same.
  const auto verdict =
      verify_evidence(client_evidence_kinds(), federation.coordinator.federation.roster(), evidence[0]);
  REQUIRE(verdict.ok());
  CHECK(verdict->find("for round 1, attempt 1 that fails its audit, audit_sum") != std::string::npos);
  federation.coordinator.open({2, 1});
  REQUIRE(federation.drive([&] { return host.count("refused_by_policy") == 1; }, {0}));
  CHECK_FALSE(federation.coordinator.messages.contains({RoundId{2, 1}, 0, "keys"}));
}

TEST_CASE("a chunk that its sender did not sign is found by the default audit") {
  Federation federation(3);
  federation.coordinator.doctors_chunk = [](UploadedChunk& upload) { upload.bytes[0] ^= upload.partner == 2 ? 1 : 0; };
  check_audit_failure(federation, "audit_proof");
  const auto evidence = federation.hosts[1]->evidence();
  REQUIRE(evidence.size() == 1);
  CHECK(verify_evidence(client_evidence_kinds(), federation.coordinator.federation.roster(), evidence[0])
            ->find("audit_proof") != std::string::npos);
}

TEST_CASE("where the audit is refused the sum is not applied, and a trouble that passes is waited out") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  const Digest before = federation.coordinator.current_hash();
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::audit; }, federation.everybody()));
  host.link.audit_refusal = ErrorCode::busy;
  for (int i = 0; i < 20; ++i) federation.step(0);
  CHECK(host.agent().stage() == Stage::audit);
  CHECK(host.model_hash() == before);
  host.link.audit_refusal.reset();
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
  for (const ErrorCode code : {ErrorCode::not_found, ErrorCode::late, ErrorCode::invalid_argument}) {
    CAPTURE(to_string(code));
    Federation refusing(3);
    AgentHost& refused = *refusing.hosts[0];
    refused.link.audit_refusal = code;
    refusing.coordinator.open({1, 1});
    REQUIRE(refusing.drive([&] { return refused.count("attempt over") == 1; }, refusing.everybody()));
    CHECK(refused.count("audit_refused") == 1);
    CHECK(refused.count("model applied") == 0);
    CHECK(refused.model_hash() == before);
    CHECK(refused.evidence().empty());
    // What may have been forgotten meanwhile accuses nobody; a refusal ends the trust in the run.
    const bool forgotten = code == ErrorCode::not_found || code == ErrorCode::late;
    const auto distrusted = is_distrusted(refused.store(), refusing.coordinator.run_id);
    CHECK(distrusted.value() == !forgotten);
  }
}

TEST_CASE("an audit of many chunks in many answers goes through, and a crash in its middle begins it anew") {
  Federation federation(3);
  federation.coordinator.audit_page = 1;
  AgentHost& host = *federation.hosts[0];
  host.audit_chunks = 1'000;
  host.reopen();
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::audit; }, federation.everybody()));
  federation.step(0);
  host.reopen();
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
  federation.check_sum({1, 1});
}

TEST_CASE("with the audit switched off a sum is applied unseen") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  host.audit_chunks = 0;
  host.reopen();
  federation.coordinator.doctors_chunk = [](UploadedChunk& upload) { upload.bytes[0] ^= 1; };
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.count("model applied") == 1; }, federation.everybody()));
  CHECK(federation.drive([&] { return federation.hosts[1]->count("audit failed") == 1; }, {1}));
}

TEST_CASE("the records of the last two rounds are kept, and they open") {
  Federation federation(3);
  for (std::uint64_t round_no = 1; round_no <= 3; ++round_no) {
    federation.coordinator.open({round_no, 1});
    REQUIRE(federation.finish_round({round_no, 1}, federation.everybody()));
  }
  const auto records = RoundRecords::open(federation.hosts[0]->directory());
  REQUIRE(records.ok());
  const auto forgotten = records->read(1);
  REQUIRE_FALSE(forgotten.ok());
  CHECK(forgotten.error().message.find("kept are: 2, 3") != std::string::npos);
  for (const std::uint64_t round_no : {2U, 3U}) {
    const auto kept = records->read(round_no);
    REQUIRE(kept.ok());
    CHECK(kept->id == RoundId{round_no, 1});
    const auto opened = open_record(federation.coordinator.federation.roster(), kept->record);
    REQUIRE(opened.ok());
    CHECK(opened->context.descriptor.round_no == round_no);
  }
  // A torn file is no round.
  REQUIRE(write_file_atomically(federation.hosts[0]->directory() / "rounds/3-1.record", Bytes(100, 1)).ok());
  CHECK_FALSE(open_record(federation.coordinator.federation.roster(), records->read(3)->record).ok());
}

TEST_CASE("a crash between the new model and the end of the attempt neither loses nor repeats the step") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::sum; }, federation.everybody()));
  const auto keep = [&](const char* name) {
    std::filesystem::copy_file(host.directory() / name, host.directory() / (std::string(name) + ".kept"),
                               std::filesystem::copy_options::overwrite_existing);
  };
  const Digest base = *host.model_hash();
  // The model alone is put forward, as the crash would leave it.
  const Bytes next = encode_model(federation.coordinator.model, federation.coordinator.layout(),
                                  federation.coordinator.hash_of_plan(), 1);
  keep("models/current.bauta");
  REQUIRE(write_file_atomically(host.directory() / "models/current.bauta", next).ok());
  host.reopen();
  CHECK_FALSE(host.agent().attempt());
  CHECK(host.model_hash() == federation.coordinator.current_hash());
  CHECK(host.store().rounds_under_way()->empty());
  CHECK(signed_survivors(host.store(), base)->has_value());
  federation.coordinator.open({2, 1});
  REQUIRE(federation.finish_round({2, 1}, federation.everybody()));
  federation.check_sum({2, 1});
}

namespace {

/// The state directory as it was, to be put back in part: what a crash within a step leaves.
class Snapshot {
 public:
  explicit Snapshot(AgentHost& host) : host_(&host) {
    host.close();
    copy(host.directory(), kept_.path());
    host.reopen();
  }
  void put_back(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      std::filesystem::remove_all(host_->directory() / name);
      if (std::filesystem::exists(kept_ / name)) {
        std::filesystem::copy(kept_ / name, host_->directory() / name, std::filesystem::copy_options::recursive);
      }
    }
  }

 private:
  static void copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::copy(from, to,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  }
  AgentHost* host_;
  TemporaryDirectory kept_;
};

constexpr std::initializer_list<const char*> kDatabase = {"client.db", "client.db-wal", "client.db-shm",
                                                          "client.generation"};

}  // namespace

TEST_CASE("a crash between the masked vector and its announcement masks to the very same bytes") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::share_package; }, federation.everybody()));
  const auto u2_is_fixed = [&] {
    return federation.coordinator.at({1, 1}).round->phase() == coordinator::Phase::masked_update;
  };
  REQUIRE(federation.drive(u2_is_fixed, {1, 2}));
  const Snapshot before(host);
  federation.step(0);  // hello
  REQUIRE(host.agent().stage() == Stage::training);
  federation.step(0);
  federation.step(0);
  federation.step(0);
  REQUIRE(host.agent().stage() == Stage::update_header);
  const auto vector = host.store().vector_path(1, 1);
  const Bytes masked = *read_file(vector, 1 << 24);
  host.close();
  SUBCASE("the vector is there, its announcement is not") {
    before.put_back(kDatabase);
    before.put_back({"updates"});
  }
  SUBCASE("neither is there") {
    before.put_back(kDatabase);
    before.put_back({"updates", "outbox"});
  }
  SUBCASE("both are there and the plain update as well") { before.put_back({"updates"}); }
  host.reopen();
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::upload; }, {0}));
  CHECK(*read_file(vector, 1 << 24) == masked);
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
  federation.check_sum({1, 1});
  CHECK(host.trainings == 1);
  CHECK(files_in(host.directory() / "updates") == 0);
}

TEST_CASE("a full disk ends the agent, and with room again it goes on as if nothing had been") {
  for (const rlim_t room : {0, 100, 40'000, 70'000}) {
    CAPTURE(room);
    Federation federation(3);
    AgentHost& host = *federation.hosts[0];
    federation.coordinator.open({1, 1});
    REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::training; }, federation.everybody()));
    {
      const FileSizeLimit full(room);
      const auto progress = host.agent().step();
      REQUIRE(!progress.ok());
      CHECK(progress.error().code == ErrorCode::disk_full);
    }
    host.reopen();
    REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
    federation.check_sum({1, 1});
  }
}

TEST_CASE("the round after an applied one starts from its model or from none") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  REQUIRE(federation.finish_round({1, 1}, federation.everybody()));
  // A model of the coordinator's own making, offered with its right hash.
  federation.coordinator.model.parameters[0] += 1;
  SUBCASE("right after it") {
    federation.coordinator.open({2, 1});
    REQUIRE(federation.drive([&] { return host.count("refused_by_policy") == 1; }, {0}));
    CHECK(host.count("model fetched") == 0);
  }
  SUBCASE("after a pretended round in between: everybody fetches it, but then nobody vouches for it") {
    federation.coordinator.open({3, 1});
    const auto all_refused = [&] {
      return std::all_of(federation.hosts.begin(), federation.hosts.end(),
                         [](const auto& each) { return each->count("attempt over") == 1; });
    };
    REQUIRE(federation.drive(all_refused, federation.everybody()));
    CHECK(host.count("model fetched") == 1);
    CHECK(host.count("refused_by_policy") == 2);  // refused, and so over
    CHECK(host.trainings == 1);
    CHECK_FALSE(federation.coordinator.messages.contains({RoundId{3, 1}, 0, "shares"}));
    // Having it on the disk by now makes it no more trustworthy.
    federation.coordinator.open({3, 2});
    for (auto& each : federation.hosts) each->reopen();
    REQUIRE(federation.drive([&] { return host.count("attempt over") == 2; }, federation.everybody()));
    CHECK_FALSE(federation.coordinator.messages.contains({RoundId{3, 2}, 0, "shares"}));
  }
}

TEST_CASE("a state put back from a backup refuses to take part until resume-after") {
  Federation federation(3);
  AgentHost& host = *federation.hosts[0];
  federation.coordinator.open({1, 1});
  host.close();
  const auto database = host.directory() / "client.db";
  const auto copy = host.directory() / "copy.db";
  std::filesystem::copy_file(database, copy);
  host.reopen();
  REQUIRE(federation.drive([&] { return host.agent().stage() == Stage::training; }, federation.everybody()));
  host.close();
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(database.string() + suffix);
  std::filesystem::copy_file(copy, database, std::filesystem::copy_options::overwrite_existing);
  auto store = ClientStore::open({host.directory(), {}}, host.random());
  REQUIRE(store.ok());
  CHECK(store->restored());
  const ManualClock clock;
  const Logger silent = Logger::silent();
  const auto refused = Agent::open(federation.coordinator.federation.membership(0), {host.policy, host.directory()},
                                   {host.link, *store, host.random(), clock, silent}, {});
  REQUIRE(!refused.ok());
  CHECK(refused.error().message.find("resume-after") != std::string::npos);
}
