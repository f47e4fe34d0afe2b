// The operators' API and the health listener.
#include <regex>
#include <set>

#include "common/base/file.h"
#include "common/crypto/sha256.h"
#include "common/model/model_file.h"
#include "coordinator/api/health_endpoints.h"
#include "coordinator/api/operator_endpoints.h"
#include "coordinator/api/partner_endpoints.h"
#include "tests/http/coordinator/coordinator_fixture.h"

using namespace bauta;
using namespace bauta::testing;
using nlohmann::json;

namespace {

std::string new_run(const std::string& name, const std::string& plan) {
  return json({{"name", name}, {"plan", plan}}).dump();
}

}  // namespace

TEST_CASE("without a live token nothing is told, not even what exists") {
  CoordinatorFixture f(4);
  for (const char* target : {"/v1/runs", "/v1/partners", "/v1/nothing"}) {
    for (const std::string& value :
         std::vector<std::string>{"", "Bearer", "Bearer ", "Bearer wrong", "Basic dTpw", f.token}) {
      const auto response = f.operator_call("GET", target, "", {{"Authorization", value}});
      CHECK(response.status == 401);
      CHECK(response.header("WWW-Authenticate"));
      CHECK(code_of(response) == "unauthenticated");
    }
  }
  CHECK_FALSE(f.events("token refused").empty());
  CHECK(f.events("message refused").empty());
  CHECK(f.operator_call("GET", "/v1/nothing").status == 404);
  CHECK(f.operator_call("GET", "/v1/runs", "", {{"Authorization", "bearer " + f.token}}).status == 200);
  const std::string second = f.new_token("second");
  CHECK(f.operator_call("GET", "/v1/runs", "", {{"Authorization", "Bearer " + second}}).status == 200);
}

TEST_CASE("a run is created with its place, shown with its ETag and listed in pages") {
  CoordinatorFixture f(4);
  std::set<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const auto created = f.operator_call("POST", "/v1/runs", new_run("run " + std::to_string(i), test_plan(2, 3)));
    REQUIRE(created.status == 201);
    const std::string id = json::parse(created.text())["run_id"];
    CHECK(created.header("Location") == "/v1/runs/" + id);
    ids.insert(id);
  }
  const std::string id = *ids.begin();
  const auto shown = f.operator_call("GET", "/v1/runs/" + id);
  const auto tag = shown.header("ETag");
  REQUIRE(tag);
  const auto unchanged = f.operator_call("GET", "/v1/runs/" + id, "", {{"If-None-Match", std::string(*tag)}});
  CHECK(unchanged.status == 304);
  const auto run = json::parse(shown.text());
  for (const char* key : {"run_id", "name", "state", "reason", "plan_hash", "rounds_total", "rounds_done", "round",
                          "dropouts_survived", "attempts_void", "bytes_per_client_round", "model_hash", "created_at",
                          "started_at", "finished_at", "mean_auc", "mean_log_loss"}) {
    CHECK_MESSAGE(run.contains(key), key);
  }
  CHECK(run["plan_hash"] == to_hex(plan_hash(test_plan(2, 3))));

  std::set<std::string> listed;
  std::string page_token;
  int pages = 0;
  do {
    const auto page =
        f.operator_json("GET", "/v1/runs?page_size=2" + (page_token.empty() ? "" : "&page_token=" + page_token));
    for (const auto& item : page["runs"]) listed.insert(item["run_id"].get<std::string>());
    page_token = page["next_page_token"];
    ++pages;
  } while (!page_token.empty());
  CHECK(listed == ids);
  CHECK(pages == 3);
}

TEST_CASE("wrong queries, bodies and plans are answered with all that is wrong") {
  CoordinatorFixture f(4);
  const auto status = [&](const std::string& method, const std::string& target, const std::string& body = "") {
    const auto response = f.operator_call(method, target, body);
    CHECK(response.content_type == "application/problem+json");
    return response.status;
  };
  CHECK(status("GET", "/v1/runs?page_size=0") == 400);
  CHECK(status("GET", "/v1/runs?page_size=1001") == 400);
  CHECK(status("GET", "/v1/runs?page_token=nonsense") == 400);
  CHECK(status("GET", "/v1/runs?page_token=" + std::string(300, 'a')) == 400);
  CHECK(status("GET", "/v1/runs?colour=red") == 400);
  CHECK(status("GET", "/v1/runs/nothing") == 404);
  CHECK(status("POST", "/v1/runs/nothing/start") == 404);
  CHECK(status("POST", "/v1/runs/nothing/stop") == 404);
  CHECK(status("GET", "/v1/runs/nothing/rounds") == 404);
  CHECK(status("GET", "/v1/models/" + std::string(64, '1')) == 404);
  CHECK(status("POST", "/v1/partners/nobody/revoke") == 404);
  CHECK(status("DELETE", "/v1/runs") == 405);
  CHECK(status("POST", "/v1/runs", "") == 400);
  CHECK(status("POST", "/v1/runs", "{") == 400);
  CHECK(status("POST", "/v1/runs", "[]") == 400);
  CHECK(status("POST", "/v1/runs", R"({"name": 7, "plan": "x"})") == 400);
  CHECK(status("POST", "/v1/runs", R"({"name": "x", "plan": "x", "more": 1})") == 400);
  CHECK(status("POST", "/v1/runs", new_run("", test_plan(1, 3))) == 400);
  CHECK(status("POST", "/v1/runs", new_run("a\nb", test_plan(1, 3))) == 400);
  CHECK(status("POST", "/v1/runs", std::string(600'000, ' ')) == 413);
  CHECK(status("POST", "/v1/runs", std::string(100'000, '[')) == 400);
  const auto bad =
      f.operator_call("POST", "/v1/runs", new_run("x", "nme = 1\n[model]\nwidth = 100000\n[round]\nrounds = 0\n"));
  CHECK(bad.status == 422);
  for (const char* problem : {"nme", "width", "rounds", "name"}) {
    CHECK_MESSAGE(json::parse(bad.text())["detail"].get<std::string>().find(problem) != std::string::npos, problem);
  }
  CHECK(f.operator_call("POST", "/v1/runs", new_run("x", test_plan(1, 5))).status == 422);
}

TEST_CASE("an Idempotency-Key makes a repeat give the same run, also after a restart") {
  CoordinatorFixture f(4);
  const auto create = [&](const std::string& key, const std::string& name) {
    return f.operator_call("POST", "/v1/runs", new_run(name, test_plan(1, 3)), {{"Idempotency-Key", key}});
  };
  const auto first = json::parse(create("abc", "a").text());
  f.restart();
  CHECK(json::parse(create("abc", "a").text())["run_id"] == first["run_id"]);
  CHECK(create("abc", "b").status == 409);
  CHECK(json::parse(create("other", "a").text())["run_id"] != first["run_id"]);
  CHECK(create(std::string(201, 'k'), "a").status == 400);
}

TEST_CASE("rounds, models and partners are listed, and a model's file is the model of its hash") {
  CoordinatorFixture f(4);
  const std::string run_id = f.start_run(test_plan(1, 3));
  f.join(kFour);
  const auto during = f.run(run_id);
  CHECK(during["state"] == "running");
  CHECK(during["round"] == json({{"round_no", 1}, {"attempt", 1}, {"phase", "advertise_keys"}}));
  f.whole_round(kFour);
  const auto rounds = f.operator_json("GET", "/v1/runs/" + run_id + "/rounds")["rounds"];
  REQUIRE(rounds.size() == 1);
  CHECK(rounds[0]["state"] == "finished");
  CHECK(rounds[0]["cohort"] == 4);
  CHECK(rounds[0]["u3"] == 4);
  const auto models = f.operator_json("GET", "/v1/models");
  REQUIRE(models.size() == 2);
  CHECK(models[0]["hash"] == rounds[0]["model_hash_after"]);
  CHECK(models[1]["hash"] == rounds[0]["model_hash_before"]);
  const std::string hash = models[0]["hash"];
  CHECK(f.operator_json("GET", "/v1/models/" + hash)["round_no"] == 1);
  const auto file = decode_model(f.operator_call("GET", "/v1/models/" + hash + "/file").body);
  REQUIRE(file.ok());
  CHECK(to_hex(model_hash(file->state, file->plan_hash)) == hash);
  for (const auto& partner : f.operator_json("GET", "/v1/partners")) {
    CHECK(partner["present"] == true);
    CHECK(partner["status"] == "active");
    CHECK(partner["last_seen"].is_string());
  }
  CHECK(f.operator_call("POST", "/v1/runs/" + run_id + "/start").status == 409);
  CHECK(f.operator_call("POST", "/v1/runs/" + run_id + "/stop").status == 409);
}

TEST_CASE("the health listener says alive, ready and how much") {
  CoordinatorFixture f(4);
  CHECK(f.health("/healthz").status == 200);
  CHECK(f.health("/readyz").status == 200);
  const auto metrics = f.health("/metrics");
  CHECK(metrics.status == 200);
  CHECK(std::string(metrics.text()).find("bauta_http_events_total") != std::string::npos);
  CHECK(f.health("/v1/runs").status == 404);
}

TEST_CASE("the description of the API names every route, its verbs and who may, and no other") {
  // docs/api/openapi.yaml is written one path, verb and x-access a line, so that it can be read without a YAML parser.
  std::set<std::string> described;
  std::string path;
  std::string verb;
  std::istringstream lines{std::string(coordinator::openapi_yaml())};
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex("  (/[^:]*):"))) path = match[1];
    if (std::regex_match(line, match, std::regex("    (get|post|put|delete|patch):"))) verb = match[1];
    if (std::regex_match(line, match, std::regex("      x-access: (.*)"))) {
      std::istringstream listeners(match[1].str());
      for (std::string who; std::getline(listeners >> std::ws, who, ',');)
        described.insert(verb + " " + path + " " + who);
    }
  }
  std::set<std::string> routed;
  const auto add = [&](const std::vector<coordinator::RouteSpec>& specs, const std::string& prefix) {
    for (const auto& spec : specs) {
      std::string method(spec.method);
      for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const char* access = spec.access == coordinator::Access::partner          ? "partner"
                           : spec.access == coordinator::Access::operator_token ? "operator"
                                                                                : "anyone";
      routed.insert(method + " " + prefix + std::string(spec.path) + " " + access);
    }
  };
  add(coordinator::specs_of(coordinator::PartnerEndpoints::routes()), "");
  std::set<std::string> partner_routes = routed;
  add(coordinator::specs_of(coordinator::OperatorEndpoints::routes()), "");
  add(coordinator::specs_of(coordinator::HealthEndpoints::routes()), "");
  for (const auto& route : routed) CHECK_MESSAGE(described.contains(route), "not described: ", route);
  for (const auto& route : described) CHECK_MESSAGE(routed.contains(route), "not routed: ", route);
}
