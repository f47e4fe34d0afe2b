#include "tests/http/coordinator/coordinator_fixture.h"

#include <thread>

#include "common/base/file.h"
#include "common/crypto/sha256.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/token_store.h"
#include "tests/support/files.h"

namespace bauta::testing {
namespace {

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace

std::string code_of(const HttpResponse& response) {
  const auto json = nlohmann::json::parse(response.text(), nullptr, false);
  return json.is_object() ? json.value("code", "") : "";
}

CoordinatorFixture::CoordinatorFixture(std::size_t count) : federation(count), authority(directory.path() / "pki") {
  for (PartnerIndex i = 0; i < count; ++i) {
    partners.emplace_back(federation, i);
    certificates_.emplace(i, authority.partner("p" + std::to_string(i)));
  }
  const auto tls = authority.coordinator();
  const auto operators = authority.issue({"operator", {"DNS:localhost", "IP:127.0.0.1"}, "serverAuth"});
  write_plain(directory / "roster.toml", federation.text());
  write_plain(directory / "signing.key", TestFederation::coordinator_key().to_pem());
  settings.state_dir = directory / "state";
  settings.roster = directory / "roster.toml";
  settings.signing_key = directory / "signing.key";
  settings.partner_listener.address = settings.operator_listener.address = settings.health_listener.address =
      "127.0.0.1";
  settings.partner_tls = {tls.certificate_file, tls.key_file, {}, authority.certificate_file()};
  settings.operator_tls = {operators.certificate_file, operators.key_file, {}, {}};
  settings.limits.drain = Milliseconds(1000);
  log_ = std::make_unique<Logger>(Logger::Settings{LogLevel::info, LogFormat::json, false}, system_clock(),
                                  [this](LogLevel, std::string_view line) {
                                    const std::scoped_lock lock(log_mutex_);
                                    log_lines_.emplace_back(line);
                                  });
  start();
  token = new_token("test");
}

CoordinatorFixture::~CoordinatorFixture() = default;

void CoordinatorFixture::start() {
  auto started = coordinator::Daemon::start(settings, clock, random_, *log_);
  REQUIRE_MESSAGE(started.ok(), started.error().message);
  daemon_ = *std::move(started);
  gathered_ = false;
}

void CoordinatorFixture::restart() {
  daemon_.reset();
  clients_.clear();
  start();
}

std::string CoordinatorFixture::new_token(const std::string& name) {
  auto database = coordinator::open_database(settings.state_dir);
  REQUIRE(database.ok());
  const std::string made = "token-of-" + name;
  REQUIRE(coordinator::TokenStore(*database).add(name, sha256(as_bytes(made)), system_clock().wall()).ok());
  return made;
}

std::vector<nlohmann::json> CoordinatorFixture::events(const std::string& event) {
  const std::scoped_lock lock(log_mutex_);
  std::vector<nlohmann::json> found;
  for (const std::string& line : log_lines_) {
    auto json = nlohmann::json::parse(line);
    if (json["event"] == event) found.push_back(std::move(json));
  }
  return found;
}

// Calls.

std::unique_ptr<HttpClient> CoordinatorFixture::make_client(const IssuedCertificate& certificate) {
  HttpClientSettings http;
  http.host = "127.0.0.1";
  http.port = daemon_->partner_port();
  http.tls =
      TlsClientSettings{authority.certificate_file(), certificate.certificate_file, certificate.key_file, {}, true};
  auto client = HttpClient::create(http, system_clock());
  REQUIRE(client.ok());
  return *std::move(client);
}

std::unique_ptr<HttpClient> CoordinatorFixture::client_named(const std::string& partner_id) {
  return make_client(authority.partner(partner_id));
}

HttpClient& CoordinatorFixture::client(PartnerIndex partner) {
  auto& client = clients_[partner];
  if (!client) client = make_client(certificates_.at(partner));
  return *client;
}

HttpResponse CoordinatorFixture::send(PartnerIndex from, const HttpCall& call) {
  auto response = client(from).send(call);
  REQUIRE_MESSAGE(response.ok(), response.error().message);
  return *std::move(response);
}

HttpResponse CoordinatorFixture::get(PartnerIndex from, const std::string& target) {
  HttpCall call;
  call.target = target;
  return send(from, call);
}

HttpResponse CoordinatorFixture::post(PartnerIndex from, const std::string& target, const Bytes& body) {
  HttpCall call;
  call.method = "POST";
  call.target = target;
  call.body = body;
  return send(from, call);
}

HttpResponse CoordinatorFixture::put(PartnerIndex from, const std::string& target, ByteView body,
                                     std::uint64_t offset) {
  HttpCall call;
  call.method = "PUT";
  call.target = target;
  call.headers = {{"Upload-Offset", std::to_string(offset)}};
  call.body = Bytes(body.begin(), body.end());
  return send(from, call);
}

std::unique_ptr<HttpClient> CoordinatorFixture::operator_client() {
  HttpClientSettings http;
  http.host = "127.0.0.1";
  http.port = daemon_->operator_port();
  http.tls = TlsClientSettings{authority.certificate_file(), {}, {}, {}, false};
  auto client = HttpClient::create(http, system_clock());
  REQUIRE(client.ok());
  return *std::move(client);
}

HttpResponse CoordinatorFixture::operator_call(const std::string& method, const std::string& target,
                                               const std::string& body, HttpHeaders headers) {
  HttpCall call;
  call.method = method;
  call.target = target;
  call.headers = std::move(headers);
  if (!find_header(call.headers, "Authorization")) call.headers.emplace_back("Authorization", "Bearer " + token);
  call.body = Bytes(body.begin(), body.end());
  auto response = operator_client()->send(call);
  REQUIRE_MESSAGE(response.ok(), response.error().message);
  return *std::move(response);
}

nlohmann::json CoordinatorFixture::operator_json(const std::string& method, const std::string& target,
                                                 const std::string& body) {
  const auto response = operator_call(method, target, body);
  REQUIRE_MESSAGE(response.status < 300, response.text());
  return nlohmann::json::parse(response.text());
}

HttpResponse CoordinatorFixture::health(const std::string& target) {
  HttpClientSettings http;
  http.host = "127.0.0.1";
  http.port = daemon_->health_port();
  auto client = HttpClient::create(http, system_clock());
  REQUIRE(client.ok());
  HttpCall call;
  call.target = target;
  auto response = (*client)->send(call);
  REQUIRE(response.ok());
  return *std::move(response);
}

std::string CoordinatorFixture::start_run(const std::string& plan) {
  const auto run = operator_json("POST", "/v1/runs", nlohmann::json({{"name", "test"}, {"plan", plan}}).dump());
  const std::string run_id = run["run_id"];
  operator_json("POST", "/v1/runs/" + run_id + "/start");
  return run_id;
}

// Rounds.

void CoordinatorFixture::join(const std::vector<PartnerIndex>& who, const std::string& after) {
  // Everybody polls at the same time, as real partners do.
  std::vector<std::thread> threads;
  std::map<PartnerIndex, HttpResponse> answers;
  for (const PartnerIndex u : who) answers[u] = {};
  for (const PartnerIndex u : who) client(u);
  for (const PartnerIndex u : who) {
    threads.emplace_back([&, u] {
      HttpCall call;
      call.target = "/v1/invitation?after=" + after;
      auto response = clients_.at(u)->send(call);
      if (response.ok()) answers.at(u) = *std::move(response);
    });
  }
  if (!gathered_) {
    const auto all_present = [&] {
      std::size_t present = 0;
      for (const auto& partner : operator_json("GET", "/v1/partners")) present += partner["present"].get<bool>();
      return present >= who.size();
    };
    while (!all_present()) std::this_thread::yield();
    clock.advance(Milliseconds(2000));
    gathered_ = true;
  }
  for (std::thread& thread : threads) thread.join();
  for (const PartnerIndex u : who) {
    REQUIRE_MESSAGE(answers.at(u).status == 200, answers.at(u).text());
    partners[u].join(answers.at(u).body);
  }
}

void CoordinatorFixture::keys(const std::vector<PartnerIndex>& who) {
  for (const PartnerIndex u : who) REQUIRE(post(u, path(u, "/keys"), partners[u].keys()).status == 200);
}

void CoordinatorFixture::shares(const std::vector<PartnerIndex>& who) {
  for (const PartnerIndex u : who) {
    const auto set = get(u, path(u, "/keys"));
    REQUIRE_MESSAGE(set.status == 200, set.text());
    REQUIRE(post(u, path(u, "/shares"), partners[u].shares(set.body)).status == 200);
  }
}

void CoordinatorFixture::headers(const std::vector<PartnerIndex>& who) {
  for (const PartnerIndex u : who) {
    const auto package = get(u, path(u, "/shares"));
    REQUIRE_MESSAGE(package.status == 200, package.text());
    const auto answer = post(u, path(u, "/update"), partners[u].update_header(package.body));
    REQUIRE_MESSAGE(answer.status == 200, answer.text());
  }
}

void CoordinatorFixture::uploads(const std::vector<PartnerIndex>& who) {
  for (const PartnerIndex u : who) {
    const auto state = nlohmann::json::parse(get(u, path(u, "/update/vector")).text());
    const std::uint64_t offset = state["offset"];
    const auto answer = put(u, path(u, "/update/vector"), partners[u].vector().subspan(offset), offset);
    REQUIRE_MESSAGE(answer.status == 200, answer.text());
    REQUIRE(nlohmann::json::parse(answer.text())["complete"] == true);
  }
}

void CoordinatorFixture::certify(const std::vector<PartnerIndex>& who) {
  for (const PartnerIndex u : who) {
    const auto set = get(u, path(u, "/survivors"));
    REQUIRE_MESSAGE(set.status == 200, set.text());
    const auto answer = post(u, path(u, "/survivors"), partners[u].statement(set.body));
    REQUIRE((answer.status == 200 || code_of(answer) == "late"));
  }
}

void CoordinatorFixture::unmask(const std::vector<PartnerIndex>& who) {
  for (const PartnerIndex u : who) {
    const auto certificate = get(u, path(u, "/certificate"));
    REQUIRE_MESSAGE(certificate.status == 200, certificate.text());
    const auto answer = post(u, path(u, "/unmask"), partners[u].unmask(certificate.body));
    REQUIRE((answer.status == 200 || code_of(answer) == "late"));
  }
}

void CoordinatorFixture::accept(const std::vector<PartnerIndex>& who, const std::vector<PartnerIndex>& survivors) {
  for (const PartnerIndex u : who) {
    const auto aggregate = get(u, path(u, "/aggregate"));
    REQUIRE_MESSAGE(aggregate.status == 200, aggregate.text());
    const auto vector = get(u, path(u, "/aggregate/vector"));
    REQUIRE(vector.status == 200);
    std::vector<std::uint64_t> sum(partners[u].plain().size());
    REQUIRE(vector.body.size() == sum.size() * 8);
    std::copy(vector.body.begin(), vector.body.end(), wire_bytes_mutable(sum).begin());
    std::vector<std::uint64_t> expected(sum.size());
    for (const PartnerIndex v : survivors) add_packed(expected, partners[v].plain(), partners[v].descriptor().lane);
    CHECK(sum == expected);
    const auto hash = partners[u].accept(aggregate.body, sum);
    REQUIRE_MESSAGE(hash.ok(), hash.error().message);
    CHECK(get(u, "/v1/models/" + to_hex(*hash)).status == 200);
  }
}

void CoordinatorFixture::whole_round(const std::vector<PartnerIndex>& who) {
  keys(who);
  shares(who);
  headers(who);
  uploads(who);
  certify(who);
  unmask(who);
  accept(who, who);
}

void CoordinatorFixture::round_without_partner_2() {
  const std::vector<PartnerIndex> all = {0, 1, 2, 3, 4};
  const std::vector<PartnerIndex> rest = {0, 1, 3, 4};
  join(all);
  keys(all);
  shares(all);
  headers(all);
  put(2, path(2, "/update/vector"), partners[2].vector().first(70'000), 0);
  uploads(rest);
  clock.advance(std::chrono::seconds(85));
  certify(rest);
  unmask(rest);
  accept(rest, rest);
}

}  // namespace bauta::testing
