// A RoundRunner on a real database and spool, with a clock that the test moves and partners that the test plays.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>

#include "common/masking/merkle.h"
#include "coordinator/api/round_runner.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/model_table.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_partner.h"

namespace bauta::testing {

class RunnerFixture {
 public:
  explicit RunnerFixture(std::size_t count) : federation(count), random(7) {
    for (PartnerIndex i = 0; i < count; ++i) partners.emplace_back(federation, i);
    start();
  }

  /// As a new process on the same state directory.
  void start() {
    work_.clear();
    runner.reset();
    registry.emplace(federation.roster(), std::set<Digest>(), clock);
    models.reset();
    model_table.reset();
    spool.reset();
    database.reset();
    auto opened = coordinator::open_database(directory.path() / "state");
    REQUIRE(opened.ok());
    database.emplace(*std::move(opened));
    model_table.emplace(*database);
    auto store = coordinator::ModelStore::open(directory.path() / "state", *model_table);
    REQUIRE(store.ok());
    models.emplace(*std::move(store));
    auto uploads = coordinator::UploadSpool::open(directory.path() / "state", std::uint64_t{1} << 30);
    REQUIRE(uploads.ok());
    spool.emplace(*std::move(uploads));
    coordinator::RunnerParts parts{federation.roster(),
                                   &TestFederation::coordinator_key(),
                                   &*database,
                                   &*spool,
                                   &*models,
                                   &*registry,
                                   directory.path() / "state",
                                   &clock,
                                   &random,
                                   &log,
                                   [this](std::function<void()> work, std::function<void()> done) {
                                     work_.emplace_back([work, done] {
                                       work();
                                       done();
                                     });
                                   }};
    auto made = coordinator::RoundRunner::open(std::move(parts));
    REQUIRE_MESSAGE(made.ok(), made.error().message);
    runner = *std::move(made);
  }

  /// Does what was given to the other threads.
  void compute() {
    while (!work_.empty()) {
      const auto work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }
  bool computing() const { return !work_.empty(); }

  std::string create_and_start(const std::string& plan) {
    const auto run = runner->create_run("test", plan, "");
    REQUIRE_MESSAGE(run.ok(), run.error().message);
    REQUIRE(runner->start_run(run->run_id).ok());
    return run->run_id;
  }
  void ready(const std::vector<PartnerIndex>& who) {
    for (const PartnerIndex partner : who) {
      CertificateIdentity identity;
      identity.partner_id = federation.roster()->entries[partner].partner_id;
      REQUIRE(registry->admit(identity).ok());
      registry->mark_ready(partner);
    }
    runner->tick();
  }
  void pass(Milliseconds time) {
    clock.advance(time);
    runner->tick();
  }
  /// All are ready and the gathering time is over: an attempt is open.
  coordinator::Attempt& open(const std::vector<PartnerIndex>& who) {
    ready(who);
    pass(Milliseconds(5000));
    REQUIRE(runner->current());
    return *runner->current();
  }
  coordinator::RunState state_of(const std::string& run_id) { return runner->view(run_id)->row.state; }

  void join(const std::vector<PartnerIndex>& who) {
    const auto& attempt = *runner->current();
    const Bytes plan(attempt.plan.begin(), attempt.plan.end());
    for (const PartnerIndex u : who)
      partners[u].join(encode(Invitation{attempt.round->context().descriptor_blob, plan}));
  }
  Status send(coordinator::Phase phase, PartnerIndex from, ByteView message) {
    auto& attempt = *runner->current();
    BAUTA_TRY(const auto event, attempt.round->receive(phase, from, message));
    if (event) BAUTA_RETURN_IF_ERROR(runner->take(attempt, *event));
    attempt.bytes_received[from] += message.size();
    runner->advance();
    return {};
  }
  Status upload(PartnerIndex from) {
    auto& attempt = *runner->current();
    const ByteView bytes = partners[from].vector();
    {
      BAUTA_TRY(auto file, spool->open_upload({attempt.key, from}, bytes.size()));
      BAUTA_RETURN_IF_ERROR(file.append(0, bytes));
      BAUTA_RETURN_IF_ERROR(file.sync());
    }
    MerkleBuilder merkle;
    merkle.update(bytes);
    attempt.bytes_received[from] += bytes.size();
    BAUTA_TRY(const auto event, attempt.round->receive_upload(from, merkle.finish()));
    if (event) BAUTA_RETURN_IF_ERROR(runner->take(attempt, *event));
    runner->advance();
    return {};
  }

  void keys(const std::vector<PartnerIndex>& who) {
    join(who);
    for (const PartnerIndex u : who) REQUIRE(send(coordinator::Phase::advertise_keys, u, partners[u].keys()).ok());
  }
  void shares(const std::vector<PartnerIndex>& who) {
    const Bytes set = *runner->current()->round->key_set();
    for (const PartnerIndex u : who) REQUIRE(send(coordinator::Phase::share_keys, u, partners[u].shares(set)).ok());
  }
  void headers(const std::vector<PartnerIndex>& who) {
    for (const PartnerIndex u : who) {
      const auto package = runner->current()->round->share_package(u);
      REQUIRE((package.ok() && *package));
      REQUIRE(send(coordinator::Phase::masked_update, u, partners[u].update_header(**package)).ok());
    }
  }
  void uploads(const std::vector<PartnerIndex>& who) {
    for (const PartnerIndex u : who) REQUIRE(upload(u).ok());
  }
  void certify(const std::vector<PartnerIndex>& who) {
    const Bytes set = *runner->current()->round->survivor_set();
    for (const PartnerIndex u : who) {
      const Bytes statement = partners[u].statement(set);
      if (runner->current()->round->phase() != coordinator::Phase::certify_survivors) continue;
      REQUIRE(send(coordinator::Phase::certify_survivors, u, statement).ok());
    }
  }
  void unmask(const std::vector<PartnerIndex>& who) {
    const Bytes certificate = *runner->current()->round->certificate();
    for (const PartnerIndex u : who) {
      if (computing()) return;
      REQUIRE(send(coordinator::Phase::unmask, u, partners[u].unmask(certificate)).ok());
    }
  }
  /// From an open attempt to a finished round, with everybody.
  coordinator::RoundKey until_certified(const std::vector<PartnerIndex>& who) {
    const coordinator::RoundKey key = runner->current()->key;
    keys(who);
    shares(who);
    headers(who);
    uploads(who);
    certify(who);
    return key;
  }
  coordinator::RoundKey whole_round(const std::vector<PartnerIndex>& who) {
    const coordinator::RoundKey key = until_certified(who);
    unmask(who);
    compute();
    accept(key, who);
    return key;
  }
  /// After a restart the round's answers are still there.
  void accept_again(coordinator::RoundKey key) {
    const auto* attempt = runner->find(key);
    REQUIRE(attempt);
    CHECK(attempt->round->phase() == coordinator::Phase::finished);
    CHECK(attempt->round->aggregate());
    CHECK(std::filesystem::exists(runner->sum_file(key)));
  }
  /// Every partner checks the aggregate; the published sum is the plaintext sum.
  void accept(coordinator::RoundKey key, const std::vector<PartnerIndex>& who) {
    const auto* attempt = runner->find(key);
    REQUIRE(attempt);
    REQUIRE(attempt->round->phase() == coordinator::Phase::finished);
    const auto layout = attempt->round->context().layout();
    const auto bytes = read_file(runner->sum_file(key), layout.byte_count());
    REQUIRE(bytes.ok());
    std::vector<std::uint64_t> sum(layout.word_count());
    REQUIRE(bytes->size() == layout.byte_count());
    std::copy(bytes->begin(), bytes->end(), wire_bytes_mutable(sum).begin());
    std::vector<std::uint64_t> expected(layout.word_count());
    for (const PartnerIndex u : attempt->round->survivors())
      add_packed(expected, partners[u].plain(), layout.lane_bits);
    CHECK(sum == expected);
    for (const PartnerIndex u : who) {
      const auto hash = partners[u].accept(*attempt->round->aggregate(), sum);
      CHECK_MESSAGE(hash.ok(), hash.error().message);
    }
  }

  TemporaryDirectory directory;
  TestFederation federation;
  ManualClock clock;
  SeededRandom random;
  Logger log = Logger::silent();
  std::optional<SqliteDatabase> database;
  std::optional<coordinator::ModelTable> model_table;
  std::optional<coordinator::ModelStore> models;
  std::optional<coordinator::UploadSpool> spool;
  std::optional<coordinator::PartnerRegistry> registry;
  std::unique_ptr<coordinator::RoundRunner> runner;
  std::vector<TestPartner> partners;

 private:
  std::deque<std::function<void()>> work_;
};

}  // namespace bauta::testing
