#include <doctest/doctest.h>

#include "common/base/file.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/partner_store.h"
#include "coordinator/storage/round_store.h"
#include "coordinator/storage/run_store.h"
#include "coordinator/storage/token_store.h"
#include "tests/support/temporary_directory.h"

namespace bauta::coordinator {
namespace {

using testing::TemporaryDirectory;

constexpr WallTime at(std::int64_t milliseconds) { return WallTime(Milliseconds(milliseconds)); }

SqliteDatabase open_in(const std::filesystem::path& directory) {
  auto database = open_database(directory);
  if (!database.ok()) FAIL(database.error().message);
  return std::move(database).value();
}

std::string run_id(int number) {
  std::string id = "017f22e2-79b0-7cc3-98c4-dc0c0c070000";
  const std::string digits = std::to_string(number);
  return id.replace(id.size() - digits.size(), digits.size(), digits);
}

RunRow run_of(int number) {
  RunRow run;
  run.run_id = run_id(number);
  run.name = "demo";
  run.plan = "name = \"demo\"\n";
  run.plan_hash = Digest{1, 2, 3};
  run.created_at = at(1000 + number);
  return run;
}

TEST_CASE("a run is created once and read back") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory / "state");
  RunStore runs(database);
  REQUIRE(runs.create(run_of(1)).ok());
  CHECK(runs.create(run_of(1)).error().code == ErrorCode::conflict);
  const RunRow run = runs.get(run_id(1)).value();
  CHECK(run.plan == "name = \"demo\"\n");
  CHECK(run.plan_hash == Digest{1, 2, 3});
  CHECK(run.state == RunState::created);
  CHECK(run.created_at == at(1001));
  CHECK(!run.started_at);
  CHECK(!run.current_model);
  CHECK(runs.get(run_id(2)).error().code == ErrorCode::not_found);
}

TEST_CASE("a run moves through its states and nowhere else") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  RunStore runs(database);
  REQUIRE(runs.create(run_of(1)).ok());
  CHECK(runs.set_state(run_id(1), RunState::finished, "", at(5)).error().code == ErrorCode::conflict);
  CHECK(runs.set_state(run_id(1), RunState::running, "", at(6)).ok());
  CHECK(runs.set_state(run_id(1), RunState::stopped, "by the operator", at(7)).ok());
  CHECK(runs.get(run_id(1))->reason == "by the operator");
  CHECK(runs.set_state(run_id(1), RunState::running, "", at(8)).ok());
  CHECK(runs.get(run_id(1))->started_at == at(6));
  CHECK(runs.in_state(RunState::running)->size() == 1);
  CHECK(runs.set_initial_model(run_id(1), Digest{1}).ok());
  CHECK(runs.advance(run_id(1), 4, Digest{2}).ok());
  CHECK(runs.set_state(run_id(1), RunState::finished, "", at(9)).ok());
  const RunRow run = runs.get(run_id(1)).value();
  CHECK(run.finished_at == at(9));
  CHECK(run.rounds_done == 4);
  CHECK(run.initial_model == Digest{1});
  CHECK(run.current_model == Digest{2});
  CHECK(runs.set_state(run_id(1), RunState::finished, "", at(10)).ok());
  CHECK(runs.get(run_id(1))->finished_at == at(9));
  CHECK(runs.set_state(run_id(1), RunState::running, "", at(10)).error().code == ErrorCode::conflict);
  CHECK(runs.set_state(run_id(2), RunState::running, "", at(10)).error().code == ErrorCode::not_found);
  CHECK(runs.advance(run_id(2), 1, Digest{}).error().code == ErrorCode::not_found);
}

TEST_CASE("pages of runs are newest first and together are all runs") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  RunStore runs(database);
  for (int i = 0; i < 7; ++i) REQUIRE(runs.create(run_of(i)).ok());
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    const Page<RunRow> page = runs.list(3, token).value();
    for (const RunRow& run : page.items) seen.push_back(run.run_id);
    token = page.next_page_token;
    ++pages;
  } while (!token.empty());
  CHECK(pages == 3);
  CHECK(seen == std::vector<std::string>{run_id(6), run_id(5), run_id(4), run_id(3), run_id(2), run_id(1), run_id(0)});
  CHECK(runs.list(7, "")->next_page_token.empty());
  CHECK(runs.list(3, "x'; DROP TABLE runs").error().code == ErrorCode::invalid_argument);
}

RoundRow round_of(std::uint64_t round_no, std::uint32_t attempt) {
  RoundRow round;
  round.round_no = round_no;
  round.attempt = attempt;
  round.run_id = run_id(1);
  round.phase = "advertise_keys";
  round.cohort = 5;
  round.opened_at = at(1);
  round.model_before = Digest{4};
  return round;
}

TEST_CASE("a round's row is replaced by the next record of it") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  RunStore runs(database);
  RoundStore rounds(database);
  CHECK(rounds.record(round_of(1, 1)).error().code == ErrorCode::conflict);  // no such run
  REQUIRE(runs.create(run_of(1)).ok());
  REQUIRE(rounds.record(round_of(1, 1)).ok());
  RoundRow round = round_of(1, 1);
  round.state = RoundState::finished;
  round.phase = "finished";
  round.u1 = 5;
  round.u2 = 4;
  round.u3 = 3;
  round.closed_at = at(99);
  round.model_after = Digest{5};
  round.mean_auc = 0.75;
  round.mean_log_loss = 0.5;
  round.aggregate_digest = Digest{6};
  round.bytes_received = 12'345'678'901;
  REQUIRE(rounds.record(round).ok());
  const RoundRow read = rounds.get(1, 1).value();
  CHECK(read.state == RoundState::finished);
  CHECK(read.u1 == 5);
  CHECK(read.u2 == 4);
  CHECK(read.u3 == 3);
  CHECK(read.closed_at == at(99));
  CHECK(read.model_before == Digest{4});
  CHECK(read.model_after == Digest{5});
  CHECK(read.mean_auc == 0.75);
  CHECK(read.mean_log_loss == 0.5);
  CHECK(read.aggregate_digest == Digest{6});
  CHECK(read.bytes_received == 12'345'678'901);
  CHECK(rounds.get(1, 2).error().code == ErrorCode::not_found);
}

TEST_CASE("pages of rounds run through all attempts, newest first") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  RunStore runs(database);
  RoundStore rounds(database);
  REQUIRE(runs.create(run_of(1)).ok());
  for (const auto& [round_no, attempt] : {std::pair{1u, 1u}, {2u, 1u}, {2u, 2u}, {10u, 1u}}) {
    REQUIRE(rounds.record(round_of(round_no, attempt)).ok());
  }
  const auto first = rounds.list(run_id(1), 2, "").value();
  REQUIRE(first.items.size() == 2);
  CHECK(first.items[0].round_no == 10);
  CHECK(first.items[1].attempt == 2);
  const auto second = rounds.list(run_id(1), 2, first.next_page_token).value();
  REQUIRE(second.items.size() == 2);
  CHECK(second.items[0].round_no == 2);
  CHECK(second.items[0].attempt == 1);
  CHECK(second.items[1].round_no == 1);
  CHECK(second.next_page_token.empty());
  for (const char* token : {"1", "1.", ".1", "a.b", "1.1x", "18446744073709551615.1"}) {
    CHECK(rounds.list(run_id(1), 2, token).error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a partner that was revoked stays out until it is reinstated, whatever contact it makes") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  PartnerStore partners(database);
  REQUIRE(partners.touch("grocery", at(10)).ok());
  REQUIRE(partners.touch("grocery", at(20)).ok());
  CHECK(partners.get("grocery")->first_seen == at(10));
  CHECK(partners.get("grocery")->last_seen == at(20));
  CHECK(partners.get("grocery")->status == PartnerStatus::active);
  REQUIRE(partners.revoke("grocery", at(30)).ok());
  REQUIRE(partners.touch("grocery", at(40)).ok());
  CHECK(partners.get("grocery")->status == PartnerStatus::revoked);
  REQUIRE(partners.reinstate("grocery").ok());
  CHECK(partners.get("grocery")->status == PartnerStatus::active);
  REQUIRE(partners.revoke("stranger", at(1)).ok());
  CHECK(partners.get("stranger")->status == PartnerStatus::revoked);
  CHECK(partners.reinstate("nobody").error().code == ErrorCode::not_found);
  CHECK(partners.list()->size() == 2);
}

TEST_CASE("a revoked certificate is known by its fingerprint alone") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  PartnerStore partners(database);
  REQUIRE(partners.touch("grocery", at(10)).ok());
  REQUIRE(partners.revoke_certificate(Digest{7}, "grocery", at(11)).ok());
  REQUIRE(partners.revoke_certificate(Digest{7}, "grocery", at(12)).ok());
  CHECK(partners.revoked_certificates().value() == std::set<Digest>{Digest{7}});
}

TEST_CASE("a token is found by its hash until it is revoked") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  TokenStore tokens(database);
  CHECK(tokens.check(Digest{1}).error().code == ErrorCode::unauthenticated);
  REQUIRE(tokens.add("anna", Digest{1}, at(1)).ok());
  REQUIRE(tokens.add("bert", Digest{2}, at(2)).ok());
  CHECK(tokens.add("anna", Digest{3}, at(3)).error().code == ErrorCode::conflict);
  CHECK(tokens.add("carl", Digest{1}, at(3)).error().code == ErrorCode::conflict);
  for (const std::string& name :
       {std::string(), std::string("a\nb"), std::string("a b"), std::string("\x1b[31m"), std::string(65, 'x')}) {
    CHECK(tokens.add(name, Digest{9}, at(3)).error().code == ErrorCode::invalid_argument);
  }
  CHECK(tokens.check(Digest{1}).value() == "anna");
  CHECK(tokens.check(Digest{2}).value() == "bert");
  REQUIRE(tokens.revoke("anna", at(9)).ok());
  CHECK(tokens.check(Digest{1}).error().code == ErrorCode::unauthenticated);
  CHECK(tokens.revoke("nobody", at(9)).error().code == ErrorCode::not_found);
  const auto list = tokens.list().value();
  REQUIRE(list.size() == 2);
  CHECK(list[0].revoked_at == at(9));
  CHECK(!list[1].revoked_at);
}

TEST_CASE("numbers are never given out twice, also after a restart") {
  const TemporaryDirectory directory;
  {
    SqliteDatabase database = open_in(directory.path());
    CHECK(next_number(database, kRoundCounter).value() == 1);
    CHECK(next_number(database, kRoundCounter).value() == 2);
    CHECK(next_number(database, "other").value() == 1);
  }
  SqliteDatabase database = open_in(directory.path());
  CHECK(next_number(database, kRoundCounter).value() == 3);
}

TEST_CASE("after a restored backup the numbers go on above those that partners have seen, never below") {
  const TemporaryDirectory directory;
  SqliteDatabase database = open_in(directory.path());
  CHECK(last_number(database, kRoundCounter).value() == 0);
  REQUIRE(raise_number(database, kRoundCounter, 41).ok());
  CHECK(last_number(database, kRoundCounter).value() == 41);
  CHECK(next_number(database, kRoundCounter).value() == 42);
  REQUIRE(raise_number(database, kRoundCounter, 7).ok());
  CHECK(next_number(database, kRoundCounter).value() == 43);
}

TEST_CASE("a database that was lost beside the models of former runs is not begun anew") {
  const TemporaryDirectory directory;
  REQUIRE(open_database(directory.path()).ok());
  std::filesystem::create_directory(directory / "models");
  std::filesystem::remove(directory / "coordinator.db");
  REQUIRE(open_database(directory.path()).ok());
  REQUIRE(write_file_atomically(directory / "models" / "0123", Bytes(1)).ok());
  REQUIRE(open_database(directory.path()).ok());
  SUBCASE("removed") { std::filesystem::remove(directory / "coordinator.db"); }
  SUBCASE("empty") { std::filesystem::resize_file(directory / "coordinator.db", 0); }
  const auto opened = open_database(directory.path());
  REQUIRE(!opened.ok());
  CHECK(opened.error().message.find("restore it from a backup") != std::string::npos);
}

TEST_CASE("a coordinator refuses a database of a newer version") {
  const TemporaryDirectory directory;
  {
    SqliteDatabase database = open_in(directory.path());
    REQUIRE(database.run_script("pretend", "PRAGMA user_version = 99").ok());
  }
  CHECK(open_database(directory.path()).error().code == ErrorCode::newer_schema);
}

}  // namespace
}  // namespace bauta::coordinator
