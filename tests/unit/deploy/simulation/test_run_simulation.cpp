#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "deploy/simulation/make_data.h"
#include "deploy/simulation/report.h"
#include "deploy/simulation/run_simulation.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::simulation;
using bauta::testing::TemporaryDirectory;

namespace {

constexpr const char* kTinyPlan = R"(name = "tiny"
[model]
table_rows = 256
token_width = 8
width = 8
history = 20
[training]
local_steps = 4
batch_size = 8
[round]
rounds = 2
deadline_seconds = 60
)";

struct MadeServices {
  TemporaryDirectory folder;
  MadeServices() { REQUIRE(make_data(folder.path() / "data", 5, Scale::small).ok()); }

  Result<nlohmann::ordered_json> run(std::uint64_t seed, double drop, const char* work, bool evaluate = false) const {
    SimulationSettings settings;
    settings.data = folder.path() / "data";
    settings.plan = kTinyPlan;
    settings.seed = seed;
    settings.drop = drop;
    settings.evaluate = evaluate;
    settings.work = folder.path() / work;
    return run_simulation(settings, Logger::silent(), [](const SimulationProgress&) {});
  }
};

}  // namespace

TEST_CASE("a simulated federation ends with a model and a report of every service") {
  const MadeServices services;
  const auto report = services.run(1, 0, "a", true);
  REQUIRE_MESSAGE(report.ok(), report.error().message);
  CHECK(report->at("services").size() == 6);
  CHECK(report->at("rounds_completed") == 2);
  CHECK(report->at("dropouts_survived") == 0);
  CHECK(report->at("model_hash").get<std::string>().size() == 64);
  CHECK(report->at("bytes_per_client_round").get<double>() > 0);
  CHECK(table_of(*report).find("made_grocery") != std::string::npos);
}

TEST_CASE("the same seed gives the same model hash, with partners killed at random steps too") {
  const MadeServices services;
  const auto first = services.run(7, 0.3, "a");
  const auto second = services.run(7, 0.3, "b");
  REQUIRE_MESSAGE(first.ok(), first.error().message);
  REQUIRE_MESSAGE(second.ok(), second.error().message);
  CHECK(first->at("model_hash") == second->at("model_hash"));
  CHECK(first->at("dropouts_survived") == second->at("dropouts_survived"));
}

TEST_CASE("rounds finish although partners are killed in them") {
  const MadeServices services;
  std::uint64_t dropouts = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto report = services.run(seed, 0.4, ("s" + std::to_string(seed)).c_str());
    REQUIRE_MESSAGE(report.ok(), report.error().message);
    CHECK(report->at("rounds_completed") == 2);
    dropouts += report->at("dropouts_survived").get<std::uint64_t>();
  }
  CHECK(dropouts > 0);
}

TEST_CASE("a folder without service files is refused with what to do") {
  const TemporaryDirectory folder;
  SimulationSettings settings;
  settings.data = folder.path();
  settings.plan = kTinyPlan;
  settings.work = folder.path() / "work";
  const auto report = run_simulation(settings, Logger::silent(), [](const SimulationProgress&) {});
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().message.find("--services") != std::string::npos);
}

TEST_CASE("a report that lacks a figure is refused by the figure's name") {
  const auto report = make_report({R"({"name": "a", "persons": 1})"}, {});
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().message.find("events") != std::string::npos);
  CHECK_FALSE(figures_of_run("{}").ok());
  CHECK(figures_of_run(R"({"rounds_done": 3, "dropouts_survived": 1, "bytes_per_client_round": null,
                           "model_hash": null, "seconds": 2.5})")
            ->seconds == 2.5);
}
