// Whole rounds over real sockets: dropouts, restarts in every phase, repeats.
#include <thread>

#include "tests/http/coordinator/coordinator_fixture.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

/// Uploads of more than two chunks of 64 KiB.
constexpr std::uint32_t kLongRows = 4096;

}  // namespace

TEST_CASE("two rounds over HTTP give the exact sums, and partners and coordinator the same models") {
  CoordinatorFixture f(4);
  const std::string run_id = f.start_run(test_plan(2, 3, kLongRows));
  f.join(kFour);
  f.whole_round(kFour);
  f.join(kFour, "1.1");
  f.whole_round(kFour);
  const auto run = f.run(run_id);
  CHECK(run["state"] == "finished");
  CHECK(run["rounds_done"] == 2);
  CHECK(run["bytes_per_client_round"].get<std::uint64_t>() > f.partners[0].vector().size());
  CHECK(run["mean_auc"].get<double>() == doctest::Approx(0.575));
  CHECK(f.events("round finished").size() == 2);
  CHECK(f.events("upload complete").size() == 8);
  CHECK(f.events("run finished").size() == 1);
  CHECK(f.events("message refused").empty());
}

TEST_CASE("a partner that vanishes in its upload is left out at the deadline") {
  CoordinatorFixture f(5);
  const std::string run_id = f.start_run(test_plan(1, 3, kLongRows));
  f.round_without_partner_2();
  CHECK(f.run(run_id)["dropouts_survived"] == 1);
  // The one that was left out still learns how it ended.
  const auto late = f.put(2, f.path(2, "/update/vector"), f.partners[2].vector().subspan(65'536), 65'536);
  CHECK(late.status == 409);
  CHECK(code_of(late) == "late");
  CHECK(f.get(2, f.path(2, "/aggregate")).status == 200);
}

TEST_CASE("after a kill in any phase the round goes on from the same state directory") {
  for (int kill_in = 0; kill_in <= 6; ++kill_in) {
    CAPTURE(kill_in);
    CoordinatorFixture f(4);
    const std::string run_id = f.start_run(test_plan(1, 3, kLongRows));
    f.join(kFour);
    const auto kill = [&](int phase) {
      if (phase == kill_in) f.restart();
    };
    f.keys({0, 1});
    kill(0);
    f.keys({2, 3});
    f.shares({0, 1, 2});
    kill(1);
    f.shares({3});
    f.headers({0, 1, 2});
    f.uploads({0});
    // An upload that was cut off goes on behind its last whole chunk.
    const auto cut = f.put(1, f.path(1, "/update/vector"), f.partners[1].vector().first(100'000), 0);
    CHECK(nlohmann::json::parse(cut.text())["complete"] == false);
    kill(2);
    CHECK(nlohmann::json::parse(f.get(1, f.path(1, "/update/vector")).text())["offset"] == 65'536);
    f.headers({3});
    f.uploads({1, 2, 3});
    f.certify({0});
    kill(3);
    f.certify({1, 2, 3});
    f.unmask({0, 1});
    kill(4);
    f.unmask({2, 3});
    kill(5);
    f.accept(kFour, kFour);
    kill(6);
    // The answers of a finished round are still there, and the same.
    CHECK(f.get(0, f.path(0, "/aggregate")).status == 200);
    CHECK(f.get(0, f.path(0, "/certificate")).status == 200);
    CHECK(f.get(0, f.path(0, "/aggregate/vector")).body.size() == f.partners[0].vector().size());
    CHECK(f.run(run_id)["state"] == "finished");
  }
}

TEST_CASE("every message may be sent again, also when its phase is over, and gets the same answer") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  f.keys(kFour);
  f.keys(kFour);
  const auto set = f.get(0, f.path(0, "/keys"));
  f.shares(kFour);
  f.shares({1});
  f.keys({2});
  f.headers(kFour);
  f.headers({3});
  f.uploads(kFour);
  f.uploads({0, 1});
  f.headers({1});
  f.certify(kFour);
  f.unmask(kFour);
  f.accept(kFour, kFour);
  CHECK(f.get(0, f.path(0, "/keys")).body == set.body);
  f.keys({0});
  CHECK(f.events("message refused").empty());
}

TEST_CASE("a void attempt is gone for everybody, and the next attempt has fresh keys and the same cohort") {
  CoordinatorFixture f(4);
  const std::string run_id = f.start_run(test_plan(1, 4));
  f.join(kFour);
  f.keys({0, 1, 2});
  const Bytes first_keys = f.partners[0].keys();
  f.clock.advance(std::chrono::seconds(10));
  const auto gone = f.get(0, f.path(0, "/keys"));
  CHECK(gone.status == 410);
  CHECK(code_of(gone) == "late");
  CHECK(gone.text().find("U1 has 3 partners") != std::string::npos);
  CHECK(f.post(3, f.path(3, "/keys"), f.partners[3].keys()).status == 410);
  const auto shown = nlohmann::json::parse(f.get(1, f.path(1, "")).text());
  CHECK(shown["phase"] == "voided");
  f.join(kFour, "1.1");
  CHECK(f.partners[0].descriptor().attempt == 2);
  CHECK(f.partners[0].keys() != first_keys);
  f.whole_round(kFour);
  CHECK(f.run(run_id)["attempts_void"] == 1);
  CHECK(f.events("attempt void").size() == 1);
}

TEST_CASE("a drain ends the long polls, and the next process goes on") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  f.keys({0, 1, 2});
  CHECK(f.health("/readyz").status == 200);
  const auto poller = f.client_named("p0");
  std::thread waiting([&] {
    HttpCall poll;
    poll.target = f.path(0, "/keys");
    const auto answer = poller->send(poll);
    // Turned away at the door when it came a moment too late.
    if (answer.ok()) CHECK(answer->status == 503);
  });
  f.get(1, f.path(1, ""));
  f.drain();
  waiting.join();
  f.restart();
  f.keys({3});
  f.shares(kFour);
  f.headers(kFour);
  f.uploads(kFour);
  f.certify(kFour);
  f.unmask(kFour);
  f.accept(kFour, kFour);
}
