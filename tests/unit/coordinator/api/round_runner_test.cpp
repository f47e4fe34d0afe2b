#include <doctest/doctest.h>

#include "tests/unit/coordinator/api/runner_fixture.h"

using namespace bauta;
using namespace bauta::testing;
using coordinator::Phase;
using coordinator::RoundKey;
using coordinator::RunState;

namespace {

const std::vector<PartnerIndex> kFour = {0, 1, 2, 3};

/// deadline_seconds of the test plan is 100: keys until 10 s, shares until 60 s, updates until 85 s, signatures until
/// 100 s.
constexpr Milliseconds kSecond{1000};

}  // namespace

TEST_CASE("a run of two rounds finishes, and every partner ends with the coordinator's model") {
  RunnerFixture f(4);
  const std::string run_id = f.create_and_start(test_plan(2, 3));
  f.open(kFour);
  CHECK(f.whole_round(kFour) == RoundKey{1, 1});
  CHECK(f.state_of(run_id) == RunState::running);
  f.open(kFour);
  CHECK(f.whole_round(kFour) == RoundKey{2, 1});
  const auto view = f.runner->view(run_id);
  REQUIRE(view.ok());
  CHECK(view->row.state == RunState::finished);
  CHECK(view->row.rounds_done == 2);
  CHECK(view->summary.dropouts_survived == 0);
  CHECK(view->summary.attempts_void == 0);
  CHECK(view->summary.mean_auc.value_or(0) == doctest::Approx((0.5 + 0.55 + 0.6 + 0.65) / 4));
  CHECK(view->summary.bytes_per_client_round() > f.partners[0].vector().size());
  CHECK(f.models->find(*view->row.current_model).ok());
  CHECK_FALSE(f.runner->current());
}

TEST_CASE("no round opens before min_participants are ready, and then the gathering time lets others in") {
  RunnerFixture f(5);
  f.create_and_start(test_plan(1, 3));
  f.ready({0, 1});
  f.pass(10 * kSecond);
  CHECK_FALSE(f.runner->current());
  f.ready({4});
  CHECK_FALSE(f.runner->current());
  f.pass(kSecond);
  f.ready({2});
  CHECK_FALSE(f.runner->current());
  f.pass(kSecond);
  REQUIRE(f.runner->current());
  CHECK(f.runner->current()->round->context().descriptor.cohort == std::vector<PartnerIndex>{0, 1, 2, 4});
}

TEST_CASE("over-selection bounds the cohort") {
  RunnerFixture f(8);
  f.create_and_start(test_plan(1, 4, 256, "over_selection = 1.25\n"));
  const auto& attempt = f.open({0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(attempt.round->context().descriptor.cohort.size() == 5);
}

TEST_CASE("a phase closes at its deadline without those who are late") {
  RunnerFixture f(5);
  f.create_and_start(test_plan(1, 3));
  const std::vector<PartnerIndex> four = {0, 1, 2, 4};
  f.open({0, 1, 2, 3, 4});
  f.keys(four);
  f.pass(10 * kSecond - Milliseconds(1));
  CHECK(f.runner->current()->round->phase() == Phase::advertise_keys);
  f.pass(Milliseconds(1));
  REQUIRE(f.runner->current()->round->phase() == Phase::share_keys);
  CHECK(f.runner->current()->round->counts().u1 == 4);
  f.shares({0, 1, 2, 4});
  CHECK(f.runner->current()->round->phase() == Phase::masked_update);
}

TEST_CASE("a partner that vanishes in its upload is left out and counted as a survived dropout") {
  RunnerFixture f(5);
  const std::string run_id = f.create_and_start(test_plan(1, 3));
  const std::vector<PartnerIndex> all = {0, 1, 2, 3, 4};
  const std::vector<PartnerIndex> rest = {0, 1, 2, 3};
  f.open(all);
  const RoundKey key = f.runner->current()->key;
  f.keys(all);
  f.shares(all);
  f.headers(all);
  f.uploads(rest);
  CHECK(f.runner->current()->round->phase() == Phase::masked_update);
  f.pass(85 * kSecond);
  REQUIRE(f.runner->current()->round->phase() == Phase::certify_survivors);
  f.certify(rest);
  f.unmask(rest);
  f.compute();
  f.accept(key, rest);
  CHECK(f.runner->view(run_id)->summary.dropouts_survived == 1);
}

TEST_CASE("an attempt that loses its threshold is void, and the next one has the same cohort") {
  RunnerFixture f(4);
  const std::string run_id = f.create_and_start(test_plan(1, 4));
  f.open(kFour);
  const auto cohort = f.runner->current()->round->context().descriptor.cohort;
  f.keys({0, 1, 2});
  f.pass(10 * kSecond);
  CHECK_FALSE(f.runner->current());
  CHECK(f.runner->find({1, 1})->round->phase() == Phase::voided);
  CHECK(f.runner->view(run_id)->summary.attempts_void == 1);
  f.open(kFour);
  CHECK(f.runner->current()->key == RoundKey{1, 2});
  CHECK(f.runner->current()->round->context().descriptor.cohort == cohort);
  f.whole_round(kFour);
  CHECK(f.state_of(run_id) == RunState::finished);
}

TEST_CASE("the run fails with the reason once max_attempts attempts were void") {
  RunnerFixture f(4);
  const std::string run_id = f.create_and_start(test_plan(1, 4, 256, "max_attempts = 2\n"));
  f.open(kFour);
  f.pass(10 * kSecond);
  CHECK(f.state_of(run_id) == RunState::running);
  // Nobody comes back: the second attempt is made after a whole deadline.
  f.pass(99 * kSecond);
  CHECK_FALSE(f.runner->current());
  f.pass(2 * kSecond);
  REQUIRE(f.runner->current());
  f.pass(10 * kSecond);
  const auto view = f.runner->view(run_id);
  CHECK(view->row.state == RunState::failed);
  CHECK(view->row.reason.find("2 attempts were void") != std::string::npos);
  CHECK(view->row.reason.find("U1 has 0 partners") != std::string::npos);
}

TEST_CASE("a run whose plan has trained before says so when nobody takes part in it") {
  RunnerFixture f(4);
  const std::string plan = test_plan(1, 4, 256, "max_attempts = 1\n");
  const std::string first = f.create_and_start(plan);
  f.open(kFour);
  f.whole_round(kFour);
  REQUIRE(f.state_of(first) == RunState::finished);
  const std::string second = f.create_and_start(plan);
  f.open(kFour);
  f.pass(10 * kSecond);
  const auto view = f.runner->view(second);
  REQUIRE(view->row.state == RunState::failed);
  CHECK(view->row.reason.find("run " + first + " has trained this very model") != std::string::npos);
  CHECK(view->row.reason.find("[model] seed") != std::string::npos);
}

TEST_CASE("a revoked partner of the cohort is kept out of the next attempt") {
  RunnerFixture f(5);
  f.create_and_start(test_plan(1, 3));
  const std::vector<PartnerIndex> all = {0, 1, 2, 3, 4};
  f.open(all);
  f.pass(10 * kSecond);
  f.registry->set_revoked(2, true);
  f.open({0, 1, 3, 4});
  CHECK(f.runner->current()->excluded == std::set<PartnerIndex>{2});
  f.whole_round({0, 1, 3, 4});
}

TEST_CASE("certification that has begun stays open beyond its deadline until the threshold is reached") {
  RunnerFixture f(4);
  f.create_and_start(test_plan(1, 3));
  f.open(kFour);
  const RoundKey key = f.runner->current()->key;
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  f.uploads(kFour);
  f.certify({0});
  f.pass(500 * kSecond);
  REQUIRE(f.runner->current()->round->phase() == Phase::certify_survivors);
  f.certify({1, 2, 3});
  f.unmask(kFour);
  f.compute();
  f.accept(key, kFour);
}

TEST_CASE("stopping before certification abandons the attempt, stopping after it finishes the round first") {
  RunnerFixture f(4);
  const std::string run_id = f.create_and_start(test_plan(3, 3));
  f.open(kFour);
  f.keys(kFour);
  REQUIRE(f.runner->stop_run(run_id).ok());
  CHECK(f.state_of(run_id) == RunState::stopped);
  CHECK_FALSE(f.runner->current());
  CHECK(f.runner->find({1, 1})->round->phase() == Phase::voided);

  REQUIRE(f.runner->start_run(run_id).ok());
  f.open(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  f.uploads(kFour);
  f.certify(kFour);
  const RoundKey key = f.runner->current()->key;
  REQUIRE(f.runner->stop_run(run_id).ok());
  CHECK(f.state_of(run_id) == RunState::stopped);
  REQUIRE(f.runner->current());
  f.unmask(kFour);
  f.compute();
  f.accept(key, kFour);
  CHECK(f.state_of(run_id) == RunState::stopped);
  CHECK(f.runner->view(run_id)->row.rounds_done == 1);
  f.ready(kFour);
  f.pass(10 * kSecond);
  CHECK_FALSE(f.runner->current());
}

TEST_CASE("a second run waits in the queue, also over a restart, and begins when the first has ended") {
  RunnerFixture f(4);
  const std::string first = f.create_and_start(test_plan(1, 3));
  const std::string second = f.create_and_start(test_plan(1, 3, 512));
  CHECK(f.state_of(first) == RunState::running);
  CHECK(f.state_of(second) == RunState::created);
  f.start();
  CHECK(f.state_of(second) == RunState::created);
  f.open(kFour);
  f.whole_round(kFour);
  CHECK(f.state_of(first) == RunState::finished);
  f.runner->tick();
  CHECK(f.state_of(second) == RunState::running);
}

TEST_CASE("after a restart in any phase the round goes on and gives the exact sum") {
  for (int restart_after = 0; restart_after < 7; ++restart_after) {
    CAPTURE(restart_after);
    RunnerFixture f(4);
    const std::string run_id = f.create_and_start(test_plan(1, 3));
    f.open(kFour);
    const RoundKey key = f.runner->current()->key;
    const auto step = [&](int number) {
      if (number == restart_after) f.start();
    };
    step(0);
    f.join(kFour);
    for (const PartnerIndex u : kFour) {
      REQUIRE(f.send(Phase::advertise_keys, u, f.partners[u].keys()).ok());
      if (u == 1) step(1);
    }
    f.shares({0, 1});
    step(2);
    f.shares({2, 3});
    f.headers(kFour);
    f.uploads({0, 1});
    step(3);
    f.uploads({2, 3});
    f.certify({0});
    step(4);
    f.certify({1, 2, 3});
    f.unmask({0});
    step(5);
    f.unmask({1, 2, 3});
    CHECK(f.computing());
    step(6);  // what was computed is lost and computed again
    f.runner->tick();
    f.compute();
    f.accept(key, kFour);
    CHECK(f.state_of(run_id) == RunState::finished);
    f.start();
    f.accept_again(key);
  }
}

TEST_CASE("a restart between a void attempt and the next keeps round, cohort and attempt number") {
  RunnerFixture f(4);
  f.create_and_start(test_plan(1, 4));
  f.open(kFour);
  f.pass(10 * kSecond);
  f.start();
  f.open(kFour);
  CHECK(f.runner->current()->key == RoundKey{1, 2});
}

TEST_CASE("the phase that was open at a restart gets its full share of the deadline again") {
  RunnerFixture f(4);
  f.create_and_start(test_plan(1, 3));
  f.open(kFour);
  f.keys(kFour);
  f.pass(55 * kSecond);
  f.start();
  f.pass(50 * kSecond - Milliseconds(1));
  CHECK(f.runner->current()->round->phase() == Phase::share_keys);
  f.pass(Milliseconds(1));
  CHECK_FALSE(f.runner->current());
}

TEST_CASE("a vector that was whole on disk before its completion was journaled counts after a restart") {
  RunnerFixture f(4);
  f.create_and_start(test_plan(1, 3));
  f.open(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  f.uploads({0, 1});
  const RoundKey key = f.runner->current()->key;
  const auto put = [&](PartnerIndex partner, const Bytes& bytes) {
    auto upload = f.spool->open_upload({key, partner}, bytes.size());
    REQUIRE(upload.ok());
    REQUIRE(upload->append(0, bytes).ok());
  };
  const ByteView good = f.partners[2].vector();
  put(2, Bytes(good.begin(), good.end()));
  const ByteView other = f.partners[3].vector();
  Bytes damaged(other.begin(), other.end());
  damaged[100] ^= 1;
  put(3, damaged);
  f.start();
  CHECK(f.runner->current()->round->survivors() == std::set<PartnerIndex>{0, 1, 2});
  CHECK(f.spool->size_of({key, 3}) == 0);
}

TEST_CASE("a plan that the roster or the lanes cannot carry is refused when the run is created") {
  RunnerFixture f(4);
  const auto refused = [&](const std::string& plan) {
    const auto run = f.runner->create_run("test", plan, "");
    REQUIRE_FALSE(run.ok());
    CHECK(run.error().code == ErrorCode::invalid_argument);
    return run.error().message;
  };
  CHECK(refused(test_plan(1, 5)).find("round.min_participants is 5") != std::string::npos);
  CHECK(refused(test_plan(1, 3, 256, "[update]\nbits = 15\nlane = 16\n")).find("lane") != std::string::npos);
  CHECK(refused(test_plan(1, 3, 256, "surprise = 1\n[nonsense]\n")).find("nonsense") != std::string::npos);
  CHECK(refused("name = \"x\"\n[model]\nwidth = 9\n").find("multiple of 8") != std::string::npos);
}

TEST_CASE("the same idempotency key gives the same run, another request under it is a conflict") {
  RunnerFixture f(4);
  const auto first = f.runner->create_run("a", test_plan(1, 3), "op/key");
  const auto again = f.runner->create_run("a", test_plan(1, 3), "op/key");
  REQUIRE((first.ok() && again.ok()));
  CHECK(first->run_id == again->run_id);
  CHECK(f.runner->create_run("b", test_plan(1, 3), "op/key").error().code == ErrorCode::conflict);
  CHECK(f.runner->create_run("a", test_plan(1, 3), "")->run_id != first->run_id);
}

TEST_CASE("only the last rounds keep their uploads, journals and sums") {
  RunnerFixture f(4);
  f.create_and_start(test_plan(4, 3));
  for (std::uint64_t round = 1; round <= 4; ++round) {
    f.open(kFour);
    f.whole_round(kFour);
  }
  for (std::uint64_t round = 1; round <= 4; ++round) {
    const RoundKey key{round, 1};
    const bool kept = round > 2;
    CHECK((f.runner->find(key) != nullptr) == kept);
    CHECK((f.spool->size_of({key, 0}) > 0) == kept);
    CHECK(std::filesystem::exists(f.runner->sum_file(key)) == kept);
    CHECK(coordinator::RoundJournal(*f.database).read(key)->empty() == !kept);
  }
}

TEST_CASE("a verified upload that the disk lost ends the run with the partner's name") {
  RunnerFixture f(4);
  const std::string run_id = f.create_and_start(test_plan(1, 3));
  f.open(kFour);
  const RoundKey key = f.until_certified(kFour);
  REQUIRE(f.spool->remove({key, 1}).ok());
  f.unmask(kFour);
  f.compute();
  const auto view = f.runner->view(run_id);
  CHECK(view->row.state == RunState::failed);
  CHECK(view->row.reason.find("the verified upload of p1") != std::string::npos);
}

TEST_CASE("the aggregate is rejected and the run fails when the masks do not fit") {
  RunnerFixture f(4);
  const std::string run_id = f.create_and_start(test_plan(1, 3));
  f.open(kFour);
  const RoundKey key = f.until_certified(kFour);
  {
    // The spooled bytes change on disk after they were verified.
    REQUIRE(f.spool->remove({key, 1}).ok());
    const Bytes zeros(f.partners[1].vector().size(), 0);
    auto upload = f.spool->open_upload({key, 1}, zeros.size());
    REQUIRE((upload.ok() && upload->append(0, zeros).ok()));
  }
  f.unmask(kFour);
  f.compute();
  const auto view = f.runner->view(run_id);
  CHECK(view->row.state == RunState::failed);
  CHECK(view->row.reason.find("the aggregate is rejected") != std::string::npos);
  CHECK_FALSE(f.runner->find(key)->gone.empty());
  CHECK_FALSE(f.runner->find(key)->round->aggregate());
  CHECK_FALSE(std::filesystem::exists(f.runner->sum_file(key)));
  f.start();
  CHECK_FALSE(f.runner->current());
  CHECK_FALSE(f.runner->find(key)->gone.empty());
}
