#include "common/federation/plan.h"

#include <doctest/doctest.h>

namespace bauta {
namespace {

std::string problem_of(std::string_view text) {
  const auto plan = parse_plan(text);
  return plan.ok() ? "" : plan.error().message;
}

TEST_CASE("a plan with only a name has the documented defaults") {
  const Plan plan = parse_plan("name = \"demo\"").value();
  CHECK(plan.name == "demo");
  CHECK(plan.model.table_rows == ModelSettings{}.table_rows);
  CHECK(plan.round.deadline == RoundSettings{}.deadline);
  CHECK(plan.update.bits == UpdateSettings{}.bits);
}

TEST_CASE("every setting of a plan is read from its own key") {
  const Plan plan = parse_plan(R"(
name = "demo"
[model]
kind = "behaviour"
seed = 7
table_rows = 1024
token_width = 8
width = 24
history = 50
[training]
local_steps = 10
batch_size = 32
learning_rate = 0.01
[server]
learning_rate = 0.02
beta1 = 0.8
beta2 = 0.95
tau = 0.01
decay_rounds = 40
[update]
clip = 2.0
range = 0.25
bits = 10
lane = 16
[round]
rounds = 5
deadline_seconds = 30.5
min_participants = 4
over_selection = 1.5
max_colluding = 0.3
max_attempts = 2
)")
                        .value();
  CHECK(plan.model.seed == 7);
  CHECK(plan.model.table_rows == 1024);
  CHECK(plan.model.token_width == 8);
  CHECK(plan.model.width == 24);
  CHECK(plan.model.history == 50);
  CHECK(plan.training.local_steps == 10);
  CHECK(plan.training.batch_size == 32);
  CHECK(plan.training.learning_rate == 0.01);
  CHECK(plan.server.learning_rate == 0.02);
  CHECK(plan.server.beta1 == 0.8);
  CHECK(plan.server.beta2 == 0.95);
  CHECK(plan.server.tau == 0.01);
  CHECK(plan.server.decay_rounds == 40);
  CHECK(plan.update.clip == 2.0);
  CHECK(plan.update.range == 0.25);
  CHECK(plan.update.bits == 10);
  CHECK(plan.update.lane == 16);
  CHECK(plan.round.rounds == 5);
  CHECK(plan.round.deadline == Milliseconds(30'500));
  CHECK(plan.round.min_participants == 4);
  CHECK(plan.round.over_selection == 1.5);
  CHECK(plan.round.max_colluding == 0.3);
  CHECK(plan.round.max_attempts == 2);
}

TEST_CASE("each bound of a plan is held on both sides") {
  struct Bound {
    const char* table;
    const char* key;
    std::vector<const char*> allowed;
    std::vector<const char*> refused;
  };
  const std::vector<Bound> bounds = {
      {"model", "kind", {"\"behaviour\""}, {"\"transformer\"", "1"}},
      {"model", "seed", {"0", "9223372036854775807"}, {"-1"}},
      {"model", "table_rows", {"256", "1048576"}, {"255", "257", "128", "1048577", "2097152", "3000", "256.0"}},
      {"model", "token_width", {"1", "256"}, {"0", "257"}},
      {"model", "width", {"1", "512"}, {"0", "513"}},
      {"model", "history", {"1", "4096"}, {"0", "10001"}},
      {"model", "attention", {"\"sigmoid\"", "\"softmax\"", "\"uniform\""}, {"\"none\"", "1"}},
      {"model", "evolution", {"\"attention\"", "\"plain\""}, {"\"none\"", "true"}},
      {"training", "local_steps", {"1", "1000000"}, {"0", "1000001"}},
      {"training", "batch_size", {"1", "65536"}, {"0", "65537"}},
      {"training", "learning_rate", {"1e-9", "10"}, {"0", "-0.1", "10.1", "nan", "inf"}},
      {"training", "dropout", {"0", "0.9"}, {"-0.1", "0.91", "nan"}},
      {"training", "candidates", {"8", "65536"}, {"7", "65537"}},
      {"training.weights", "next_item", {"0", "100"}, {"-1", "101", "nan", "inf"}},
      {"training.weights", "value", {"0", "100"}, {"-1", "101", "nan"}},
      {"training", "state_dropout", {"0", "0.9"}, {"-0.1", "0.91", "nan"}},
      {"server", "learning_rate", {"1e-9", "10"}, {"0", "10.1", "nan", "inf"}},
      {"server", "beta1", {"0", "0.9999"}, {"-0.1", "1", "nan"}},
      {"server", "beta2", {"0", "0.9999"}, {"-0.1", "1", "nan"}},
      {"server", "tau", {"1e-9", "1"}, {"0", "1.1", "nan"}},
      {"server", "decay_rounds", {"0", "1000000"}, {"-1", "1000001", "0.5"}},
      {"update", "clip", {"1e-6", "1000000"}, {"0", "-1", "1000001", "nan", "inf"}},
      {"update", "range", {"1e-6", "1000000"}, {"0", "-1", "1000001", "nan", "inf"}},
      {"update", "rotation", {"true", "false"}, {"1", "\"true\""}},
      {"update", "bits", {"4", "30"}, {"3", "31", "-1", "4294967300"}},
      {"round", "rounds", {"1", "100000"}, {"0", "100001"}},
      {"round", "deadline_seconds", {"1", "1.5", "604800"}, {"0.999", "604800.5", "nan", "inf", "\"1\""}},
      {"round", "min_participants", {"3", "10000"}, {"2", "0", "-3", "10001"}},
      {"round", "over_selection", {"1", "10"}, {"0.99", "10.1", "nan"}},
      {"round", "max_colluding", {"0", "0.49"}, {"-0.1", "0.5", "nan"}},
      {"round", "max_attempts", {"1", "1000"}, {"0", "1001"}},
  };
  const auto plan_with = [](const Bound& bound, const char* value) {
    return std::string("name = \"x\"\n[") + bound.table + "]\n" + bound.key + " = " + value + "\n";
  };
  for (const Bound& bound : bounds) {
    for (const char* value : bound.allowed) {
      const std::string text = plan_with(bound, value);
      CAPTURE(text);
      CHECK(problem_of(text) == "");
    }
    for (const char* value : bound.refused) {
      const std::string text = plan_with(bound, value);
      CAPTURE(text);
      CHECK(problem_of(text).find(std::string(bound.table) + "." + bound.key + " in plan line 3 must be") == 0);
    }
  }
}

TEST_CASE("a plan may leave the range and the lane open") {
  const Plan plan = parse_plan("name = \"x\"\n[update]\nbits = 30\nrotation = true").value();
  CHECK(plan.update.rotation);
  CHECK_FALSE(plan.update.range.has_value());
  CHECK_FALSE(plan.update.lane.has_value());
  CHECK_FALSE(parse_plan("name = \"x\"").value().update.rotation);
}

TEST_CASE("a lane is one of four widths and wider than the bits it holds") {
  const auto problem = [](int bits, int lane) {
    return problem_of("name = \"x\"\n[update]\nbits = " + std::to_string(bits) + "\nlane = " + std::to_string(lane));
  };
  CHECK(problem(7, 8) == "");
  CHECK(problem(11, 12) == "");
  CHECK(problem(15, 16) == "");
  CHECK(problem(8, 8) ==
        "update.bits in plan line 3 must be less than lane (8), which also holds the sum over the cohort, not 8");
  CHECK(problem(20, 16) != "");
  CHECK(problem(8, 10) == "update.lane in plan line 4 must be 8, 12, 16 or 32, not 10");
  CHECK(problem(8, 64) != "");
}

TEST_CASE("a name is needed, and every unknown key is refused") {
  CHECK(problem_of("") == "name is missing in plan: it must be a string");
  CHECK(problem_of("name = \"\"") == "name in plan line 1 must have 1 to 100 bytes");
  CHECK(problem_of("name = \"x\"\nnoise = 1") == "unknown key noise in plan line 2");
  CHECK(problem_of("name = \"x\"\n[round]\nmin_participant = 3") ==
        "unknown key round.min_participant in plan line 3; did you mean min_participants?");
  CHECK(problem_of("name = \"x\"\nround = 3") == "round in plan line 2 must be a table, not 3");
}

TEST_CASE("a plan that is too long or no TOML is refused") {
  CHECK(parse_plan(std::string(kMaxPlanBytes + 1, '#')).error().code == ErrorCode::oversized);
  CHECK(parse_plan("name = ").error().code == ErrorCode::malformed);
}

TEST_CASE("a plan's hash is the SHA-256 of its very bytes") {
  CHECK(to_hex(plan_hash("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(plan_hash("name = \"x\"") != plan_hash("name = \"x\"\n"));
}

}  // namespace
}  // namespace bauta

TEST_CASE("a plan whose name hides the hash it is shown with is refused, and so is one that fits no memory") {
  CHECK(bauta::problem_of("name = \"\\rabc  demo\"\n").find("control character") != std::string::npos);
  CHECK(bauta::problem_of("name = \"\\u202Eabc\"\n").find("control character") != std::string::npos);
  CHECK(bauta::problem_of("name = \"d\u00e9mo \u2013 1\"\n") == "");
  CHECK(bauta::problem_of("name = \"x\"\n[model]\nwidth = 512\nhistory = 256\n") == "");
  CHECK(bauta::problem_of("name = \"x\"\n[model]\nwidth = 512\nhistory = 257\n").find("memory") != std::string::npos);
}
