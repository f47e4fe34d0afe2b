#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "deploy/simulation/scale.h"

using namespace bauta;
using namespace bauta::simulation;

namespace {

ScaleSettings small(std::uint32_t partners, double drop) {
  ScaleSettings settings;
  settings.partners = partners;
  settings.dimension = 100;
  settings.drop = drop;
  return settings;
}

void ignore(const ScaleProgress& progress) { CHECK(progress.done <= progress.of); }

}  // namespace

TEST_CASE("a simulated round of many partners gives the exact sum in either graph") {
  for (const GraphKind kind : {GraphKind::complete, GraphKind::sparse}) {
    CAPTURE(to_string(kind));
    ScaleSettings settings = small(60, .1);
    settings.graph = kind;
    const auto report = run_scale(settings, ignore);
    if (!report.ok()) FAIL(report.error().message);
    CHECK(report->at("exact") == true);
    CHECK(report->at("graph") == to_string(kind));
    CHECK(report->at("dropped") == 6);
    CHECK(report->at("survivors") == 54);
    // A self mask for each survivor, and what each of the six shared with those that stayed.
    const auto masks = report->at("masks_removed").get<std::size_t>();
    if (kind == GraphKind::complete) CHECK(masks == 54 + 6 * 54);
    if (kind == GraphKind::sparse) CHECK(masks < 54 + 6 * 54);
  }
}

TEST_CASE("the simulated graph is chosen by the work it costs, and lanes may be narrow") {
  ScaleSettings settings = small(30, 0);
  settings.lane = 12;
  settings.bits = 6;
  const auto report = run_scale(settings, ignore);
  if (!report.ok()) FAIL(report.error().message);
  CHECK(report->at("graph") == "complete");
  CHECK(report->at("exact") == true);
  CHECK(report->at("survivors") == 30);
}

TEST_CASE("a simulated round that cannot be is refused with the reason") {
  CHECK(run_scale(small(2, 0), ignore).error().code == ErrorCode::invalid_argument);
  CHECK(run_scale(small(100'000, 0), ignore).error().code == ErrorCode::invalid_argument);
  ScaleSettings no_lanes = small(10, 0);
  no_lanes.lane = 8;
  CHECK_FALSE(run_scale(no_lanes, ignore).ok());
  ScaleSettings no_graph = small(5, 0);
  no_graph.graph = GraphKind::sparse;
  CHECK(run_scale(no_graph, ignore).error().code == ErrorCode::invalid_argument);
  ScaleSettings many_lost = small(10, .49);
  many_lost.colluding = .4;
  const auto too_few = run_scale(many_lost, ignore);
  REQUIRE_FALSE(too_few.ok());
  CHECK(too_few.error().message.find("void") != std::string::npos);
}
