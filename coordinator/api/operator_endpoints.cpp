#include "coordinator/api/operator_endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/crypto/sha256.h"
#include "common/net/problem.h"
#include "coordinator/api/error_response.h"
#include "coordinator/api/path_parameters.h"

namespace bauta::coordinator {
namespace {

constexpr std::size_t kDefaultPageSize = 50;
constexpr std::size_t kMaxPageTokenBytes = 200;
constexpr std::size_t kMaxTokenBytes = 512;
constexpr std::size_t kMaxNameBytes = 100;
constexpr std::size_t kMaxKeyBytes = 200;
constexpr std::size_t kMaxModelsListed = 1000;

constexpr BodyLimit kNone{};
// A plan in which every byte is escaped, and the name.
constexpr BodyLimit kRunBody{BodyLimit::Kind::bytes, 6 * kMaxPlanBytes + 4096};
// Commands take no body, but a client may send an empty JSON object.
constexpr BodyLimit kCommandBody{BodyLimit::Kind::bytes, 1024};

bool is_plain_text(std::string_view text, std::size_t max_bytes) {
  return !text.empty() && text.size() <= max_bytes &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

struct PageQuery {
  std::size_t size = kDefaultPageSize;
  std::string token;
};

Result<PageQuery> page_query(const HttpRequest& request) {
  PageQuery query;
  for (const auto& [name, value] : request.query) {
    if (name == "page_size") {
      const auto size = parse_decimal(value, kMaxPageSize);
      if (!size || *size == 0) {
        return Error{ErrorCode::invalid_argument, fmt::format("page_size must be a number from 1 to {}", kMaxPageSize)};
      }
      query.size = static_cast<std::size_t>(*size);
    } else if (name == "page_token") {
      if (value.size() > kMaxPageTokenBytes) {
        return Error{ErrorCode::invalid_argument, "page_token is none that this server gave out"};
      }
      query.token = value;
    } else {
      return Error{ErrorCode::invalid_argument, fmt::format("there is no query parameter '{}' here", name)};
    }
  }
  return query;
}

struct NewRun {
  std::string name;
  std::string plan;
};

Result<NewRun> read_new_run(ByteView body) {
  const auto json = nlohmann::json::parse(as_text(body), nullptr, false);
  if (!json.is_object())
    return Error{ErrorCode::malformed, "the body must be a JSON object {\"name\": …, \"plan\": …}"};
  NewRun run;
  for (const auto& [key, value] : json.items()) {
    if (key != "name" && key != "plan") {
      return Error{ErrorCode::invalid_argument, fmt::format("there is no field '{}'; name and plan are", key)};
    }
    if (!value.is_string())
      return Error{ErrorCode::invalid_argument, fmt::format("the field '{}' must be a string", key)};
    (key == "name" ? run.name : run.plan) = value.get<std::string>();
  }
  if (!is_plain_text(run.name, kMaxNameBytes)) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("name must have 1 to {} bytes and no control characters", kMaxNameBytes)};
  }
  if (run.plan.empty()) return Error{ErrorCode::invalid_argument, "plan must hold the plan's TOML text"};
  return run;
}

}  // namespace

std::span<const Route<OperatorEndpoints>> OperatorEndpoints::routes() {
  using E = OperatorEndpoints;
  constexpr Access kOperator = Access::operator_token;
  static constexpr Route<E> kRoutes[] = {
      {{"POST", "/v1/runs", kOperator, kRunBody}, &E::create_run},
      {{"GET", "/v1/runs", kOperator, kNone}, &E::list_runs},
      {{"GET", "/v1/runs/{run_id}", kOperator, kNone}, &E::show_run},
      {{"POST", "/v1/runs/{run_id}/start", kOperator, kCommandBody}, &E::start_run},
      {{"POST", "/v1/runs/{run_id}/stop", kOperator, kCommandBody}, &E::stop_run},
      {{"GET", "/v1/runs/{run_id}/rounds", kOperator, kNone}, &E::list_rounds},
      {{"GET", "/v1/models", kOperator, kNone}, &E::list_models},
      {{"GET", "/v1/models/{hash}", kOperator, kNone}, &E::show_model},
      {{"GET", "/v1/models/{hash}/file", kOperator, kNone}, &E::download_model},
      {{"GET", "/v1/partners", kOperator, kNone}, &E::list_partners},
      {{"POST", "/v1/partners/{partner_id}/revoke", kOperator, kCommandBody}, &E::revoke_partner},
      {{"POST", "/v1/partners/{partner_id}/reinstate", kOperator, kCommandBody}, &E::reinstate_partner},
      {{"GET", "/openapi.yaml", Access::anyone, kNone}, &E::openapi},
  };
  return kRoutes;
}

OperatorEndpoints::OperatorEndpoints(RoundRunner& runner, RunStore& runs, RoundStore& rounds, PartnerRegistry& registry,
                                     PartnerStore& partners, TokenStore& tokens, ModelStore& models, const Clock& clock,
                                     const Logger& log)
    : runner_(runner),
      runs_(runs),
      rounds_(rounds),
      registry_(registry),
      partners_(partners),
      tokens_(tokens),
      models_(models),
      clock_(clock),
      log_(log),
      refusals_(log, clock, "token refused", "remote") {}

BodyRule OperatorEndpoints::body_rule(const HttpRequest& head) const {
  const auto* route = find_route(routes(), head, nullptr, nullptr);
  return {route ? route->spec.body.value : 0, false};
}

UploadDecision OperatorEndpoints::open_upload(const HttpRequest& head) { return no_route(head, ""); }

Result<std::string> OperatorEndpoints::authenticate(const HttpRequest& request) {
  constexpr std::string_view kScheme = "bearer ";
  const auto header = request.header("Authorization");
  // RFC 9110 §11.1: the scheme's case does not matter.
  const auto same_letter = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); };
  if (!header || header->size() <= kScheme.size() || header->size() > kScheme.size() + kMaxTokenBytes ||
      !std::equal(kScheme.begin(), kScheme.end(), header->begin(), same_letter)) {
    return Error{ErrorCode::unauthenticated, "a bearer token is needed; `bauta-coordinator token create` makes one"};
  }
  return tokens_.check(sha256(as_bytes(header->substr(kScheme.size()))));
}

Reply OperatorEndpoints::handle(HttpRequest& request) {
  std::vector<std::string_view> parameters;
  std::string allowed;
  const auto* route = find_route(routes(), request, &parameters, &allowed);
  Call call{request, std::move(parameters), 0, {}};
  // What exists is told to operators only.
  if (!route || route->spec.access != Access::anyone) {
    auto name = authenticate(request);
    if (!name.ok()) {
      refusals_.note(request.remote_address.substr(0, request.remote_address.rfind(':')), name.error());
      HttpResponse response =
          problem_response(http_status(name.error().code), name.error().code, told_to_peer(name.error()));
      if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"bauta\"");
      return response;
    }
    call.operator_name = *std::move(name);
  }
  if (!route) return no_route(request, allowed);
  return (this->*route->handler)(call);
}

HttpResponse OperatorEndpoints::tagged(const HttpRequest& request, const std::string& json) const {
  const std::string tag = fmt::format("\"{}\"", to_hex(sha256(as_bytes(json))).substr(0, 32));
  const bool known = request.header("If-None-Match") == tag;
  HttpResponse response = known ? make_response(304, "", "") : json_response(200, json);
  response.headers.emplace_back("ETag", tag);
  return response;
}

// Runs.

Reply OperatorEndpoints::create_run(Call& call) {
  const auto fields = read_new_run(call.request.body);
  if (!fields.ok()) return problem_response(fields.error());
  std::string key;
  if (const auto header = call.request.header("Idempotency-Key")) {
    if (!is_plain_text(*header, kMaxKeyBytes)) {
      return problem_response(
          {ErrorCode::invalid_argument, fmt::format("Idempotency-Key must have 1 to {} bytes", kMaxKeyBytes)});
    }
    key = fmt::format("{}/{}", call.operator_name, *header);
  }
  const auto run = runner_.create_run(fields->name, fields->plan, key);
  if (!run.ok()) {
    const bool plan = run.error().code == ErrorCode::invalid_argument;
    return plan ? problem_response(422, run.error().code, run.error().message) : problem_response(run.error());
  }
  const auto view = runner_.view(*run);
  if (!view.ok()) return problem_response(view.error());
  HttpResponse response = json_response(201, run_json(*view));
  response.headers.emplace_back("Location", "/v1/runs/" + run->run_id);
  return response;
}

Reply OperatorEndpoints::list_runs(Call& call) {
  const auto query = page_query(call.request);
  if (!query.ok()) return problem_response(query.error());
  auto page = runs_.list(query->size, query->token);
  if (!page.ok()) return problem_response(page.error());
  std::vector<RunView> views;
  for (RunRow& row : page->items) {
    auto view = runner_.view(std::move(row));
    if (!view.ok()) return problem_response(view.error());
    views.push_back(*std::move(view));
  }
  return json_response(200, runs_json(views, page->next_page_token));
}

Reply OperatorEndpoints::show_run(Call& call) {
  const auto view = runner_.view(std::string(call.parameters[0]));
  if (!view.ok()) return problem_response(view.error());
  return tagged(call.request, run_json(*view));
}

Reply OperatorEndpoints::start_run(Call& call) {
  const std::string run_id(call.parameters[0]);
  if (const Status started = runner_.start_run(run_id); !started.ok()) return problem_response(started.error());
  log_.info("run start asked for", {{"run_id", run_id}, {"operator", call.operator_name}});
  const auto view = runner_.view(run_id);
  if (!view.ok()) return problem_response(view.error());
  return json_response(202, run_json(*view));
}

Reply OperatorEndpoints::stop_run(Call& call) {
  const std::string run_id(call.parameters[0]);
  if (const Status stopped = runner_.stop_run(run_id); !stopped.ok()) return problem_response(stopped.error());
  log_.info("run stop asked for", {{"run_id", run_id}, {"operator", call.operator_name}});
  const auto view = runner_.view(run_id);
  if (!view.ok()) return problem_response(view.error());
  return json_response(202, run_json(*view));
}

Reply OperatorEndpoints::list_rounds(Call& call) {
  const auto query = page_query(call.request);
  if (!query.ok()) return problem_response(query.error());
  const auto run = runs_.get(call.parameters[0]);
  if (!run.ok()) return problem_response(run.error());
  const auto page = rounds_.list(run->run_id, query->size, query->token);
  if (!page.ok()) return problem_response(page.error());
  return json_response(200, rounds_json(*page));
}

// Models.

Reply OperatorEndpoints::list_models(Call& call) {
  for (const auto& [name, value] : call.request.query) {
    if (name != "run_id") {
      return problem_response(
          {ErrorCode::invalid_argument, fmt::format("there is no query parameter '{}' here", name)});
    }
  }
  const auto models = models_.list(call.request.query_value("run_id").value_or(""), kMaxModelsListed);
  if (!models.ok()) return problem_response(models.error());
  return json_response(200, models_json(*models));
}

Reply OperatorEndpoints::show_model(Call& call) {
  const auto hash = digest_from_hex(call.parameters[0]);
  if (!hash) return problem_response({ErrorCode::not_found, "a model's hash has 64 hexadecimal digits"});
  const auto row = models_.find(*hash);
  if (!row.ok()) return problem_response(row.error());
  return tagged(call.request, model_json(*row));
}

Reply OperatorEndpoints::download_model(Call& call) {
  const auto hash = digest_from_hex(call.parameters[0]);
  if (!hash) return problem_response({ErrorCode::not_found, "a model's hash has 64 hexadecimal digits"});
  const auto row = models_.find(*hash);
  if (!row.ok()) return problem_response(row.error());
  const auto path = models_.path(*hash);
  if (!path.ok()) return problem_response(path.error());
  HttpResponse response = make_response(200, "application/octet-stream", "");
  response.file = FileRegion{*path, 0, row->size};
  return response;
}

// Partners.

Result<std::vector<PartnerView>> OperatorEndpoints::partner_views() {
  BAUTA_TRY(const std::vector<PartnerRow> rows, partners_.list());
  const Roster& roster = registry_.roster();
  std::vector<PartnerView> views;
  for (PartnerIndex i = 0; i < roster.size(); ++i) {
    PartnerView view;
    view.partner_id = roster.entries[i].partner_id;
    view.weight = roster.entries[i].weight;
    view.revoked = registry_.is_revoked(i);
    view.last_seen = registry_.last_seen(i);
    if (!view.last_seen) {
      const auto row =
          std::find_if(rows.begin(), rows.end(), [&](const PartnerRow& r) { return r.partner_id == view.partner_id; });
      if (row != rows.end() && row->last_seen != WallTime()) view.last_seen = row->last_seen;
    }
    view.present = registry_.is_present(i);
    views.push_back(std::move(view));
  }
  return views;
}

Reply OperatorEndpoints::list_partners(Call&) {
  const auto views = partner_views();
  if (!views.ok()) return problem_response(views.error());
  return json_response(200, partners_json(*views));
}

Reply OperatorEndpoints::set_revoked(Call& call, bool revoked) {
  const std::string partner_id(call.parameters[0]);
  const auto index = registry_.roster().find(partner_id);
  if (!index) {
    return problem_response({ErrorCode::not_found, fmt::format("there is no partner '{}' in the roster", partner_id)});
  }
  const Status stored = revoked ? partners_.revoke(partner_id, clock_.wall()) : partners_.reinstate(partner_id);
  if (!stored.ok() && !(stored.error().code == ErrorCode::not_found && !revoked))
    return problem_response(stored.error());
  registry_.set_revoked(*index, revoked);
  log_.warning(revoked ? "partner revoked" : "partner reinstated",
               {{"partner", partner_id}, {"operator", call.operator_name}});
  const auto views = partner_views();
  if (!views.ok()) return problem_response(views.error());
  return json_response(200, partner_json((*views)[*index]));
}

Reply OperatorEndpoints::openapi(Call&) { return make_response(200, "application/yaml", openapi_yaml()); }

}  // namespace bauta::coordinator
