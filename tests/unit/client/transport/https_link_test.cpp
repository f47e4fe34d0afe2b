#include "client/transport/https_link.h"

#include <doctest/doctest.h>

#include <functional>
#include <mutex>

#include "common/base/file.h"
#include "common/base/worker.h"
#include "common/masking/packed_vector.h"
#include "common/net/http_server.h"
#include "common/net/problem.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;

namespace {

class Silent final : public HttpObserver {
 public:
  void on_event(const HttpEvent&) override {}
};

struct Seen {
  std::string method;
  std::string target;
  HttpHeaders headers;
  Bytes body;
};

/// Answers every request as the test says and keeps what it saw.
class Service final : public HttpService {
 public:
  std::function<HttpResponse(const Seen&)> answer = [](const Seen&) { return HttpResponse{}; };
  /// For a streamed body: refused before it is read, or nothing.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> refuse_upload = [](const HttpRequest&) {
    return std::optional<HttpResponse>();
  };

  BodyRule body_rule(const HttpRequest& head) const override { return {std::uint64_t{1} << 24, head.method == "PUT"}; }
  UploadDecision open_upload(const HttpRequest& head) override {
    if (auto refused = refuse_upload(head)) return *std::move(refused);
    return UploadDecision(std::make_unique<Sink>(*this));
  }
  Reply handle(HttpRequest& request) override {
    Seen one{request.method, request.target, request.headers, request.upload ? uploaded : request.body};
    HttpResponse response = answer(one);
    const std::scoped_lock lock(mutex_);
    seen_.push_back(std::move(one));
    return response;
  }
  Seen last() {
    const std::scoped_lock lock(mutex_);
    REQUIRE(!seen_.empty());
    return seen_.back();
  }

  Bytes uploaded;

 private:
  class Sink final : public BodySink {
   public:
    explicit Sink(Service& service) : service_(service) { service_.uploaded.clear(); }
    Status write(ByteView piece) override {
      append(service_.uploaded, piece);
      return {};
    }
    Status finish() override { return {}; }

   private:
    Service& service_;
  };

  std::mutex mutex_;
  std::vector<Seen> seen_;
};

class CountingWaiter final : public Waiter {
 public:
  bool wait(Milliseconds time) override {
    waits.push_back(time);
    return go_on;
  }
  std::vector<Milliseconds> waits;
  bool go_on = true;
};

struct Scene {
  Service service;
  Silent observer;
  SystemClock clock;
  IoThread io;
  Worker control{"control"};
  std::unique_ptr<HttpServer> server;
  testing::SeededRandom random{7};
  CountingWaiter waiter;
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<HttpsLink> link;

  Scene() {
    auto started = HttpServer::start({}, service, io, control, clock, observer);
    REQUIRE(started.ok());
    server = *std::move(started);
    HttpClientSettings settings;
    settings.host = "127.0.0.1";
    settings.port = server->port();
    auto created = HttpClient::create(settings, clock);
    REQUIRE(created.ok());
    http = *std::move(created);
    const HttpsLinkSettings link_settings{Digest{0xab}, 0, {Milliseconds(1000), Milliseconds(8000)}};
    link = std::make_unique<HttpsLink>(link_settings, *http, clock, random, waiter);
  }
};

constexpr RoundId kRound{12, 3};
const Bytes kMessage = {1, 2, 3};

HttpResponse of_bytes(const Bytes& bytes) { return make_response(200, "application/x-protobuf", as_text(bytes)); }
HttpResponse of_json(std::string_view text) { return make_response(200, "application/json", text); }

}  // namespace

TEST_CASE("each call has its method, its path and its bytes") {
  Scene scene;
  scene.service.answer = [](const Seen& one) {
    return one.target.ends_with("/update") ? of_json(R"({"offset": 65536})") : of_bytes(kMessage);
  };
  const auto sent = [&](const Status& status, std::string_view target) {
    CHECK(status.ok());
    const Seen one = scene.service.last();
    CHECK(one.method == "POST");
    CHECK(one.target == target);
    CHECK(one.body == kMessage);
    CHECK(find_header(one.headers, "Content-Type") == "application/x-protobuf");
    CHECK(find_header(one.headers, "Bauta-Roster-Hash") == to_hex(Digest{0xab}));
  };
  sent(scene.link->send_keys(kRound, kMessage), "/v1/rounds/12/3/keys");
  sent(scene.link->send_shares(kRound, kMessage), "/v1/rounds/12/3/shares");
  sent(scene.link->send_statement(kRound, kMessage), "/v1/rounds/12/3/survivors");
  sent(scene.link->send_unmask(kRound, kMessage), "/v1/rounds/12/3/unmask");
  const auto state = scene.link->send_update(kRound, kMessage);
  REQUIRE(state.ok());
  CHECK(state->offset == 65536);
  CHECK_FALSE(state->complete);

  const auto fetched = [&](const Result<std::optional<Bytes>>& answer, std::string_view target) {
    REQUIRE(answer.ok());
    CHECK(answer->value() == kMessage);
    CHECK(scene.service.last().method == "GET");
    CHECK(scene.service.last().target == target);
  };
  fetched(scene.link->invitation({7, 2}), "/v1/invitation?after=7.2");
  fetched(scene.link->key_set(kRound), "/v1/rounds/12/3/keys");
  fetched(scene.link->share_package(kRound), "/v1/rounds/12/3/shares");
  fetched(scene.link->survivor_set(kRound), "/v1/rounds/12/3/survivors");
  fetched(scene.link->certificate(kRound), "/v1/rounds/12/3/certificate");
  fetched(scene.link->aggregate(kRound), "/v1/rounds/12/3/aggregate");
  const auto model = scene.link->model(Digest{1}, 1000);
  REQUIRE(model.ok());
  CHECK(*model == kMessage);
  CHECK(scene.service.last().target == "/v1/models/" + to_hex(Digest{1}));
  CHECK(scene.waiter.waits.empty());
}

TEST_CASE("nothing yet is nothing, not an error") {
  Scene scene;
  scene.service.answer = [](const Seen&) { return make_response(204, "", ""); };
  const auto answer = scene.link->key_set(kRound);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->has_value());
}

TEST_CASE("a coordinator that knows no round 0 has answered hello") {
  Scene scene;
  scene.service.answer = [](const Seen&) { return problem_response(404, ErrorCode::not_found, "no such round"); };
  CHECK(scene.link->hello().ok());
  CHECK(scene.link->hello().ok());
  CHECK(scene.waiter.waits.empty());
  scene.service.answer = [](const Seen&) {
    return problem_response(403, ErrorCode::revoked, "the partner a was revoked");
  };
  const Status refused = scene.link->hello();
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::revoked);
}

TEST_CASE("what the coordinator has trouble with is never taken for trouble of our own") {
  Scene scene;
  struct Case {
    int status;
    ErrorCode sent;
    ErrorCode got;
  };
  const Case cases[] = {
      {507, ErrorCode::disk_full, ErrorCode::internal},  {500, ErrorCode::database, ErrorCode::internal},
      {503, ErrorCode::cancelled, ErrorCode::busy},      {503, ErrorCode::busy, ErrorCode::busy},
      {429, ErrorCode::busy, ErrorCode::busy},           {410, ErrorCode::late, ErrorCode::late},
      {409, ErrorCode::late, ErrorCode::late},           {409, ErrorCode::conflict, ErrorCode::conflict},
      {422, ErrorCode::bad_share, ErrorCode::bad_share}, {403, ErrorCode::not_in_cohort, ErrorCode::not_in_cohort},
  };
  for (const Case& one : cases) {
    CAPTURE(one.status);
    scene.service.answer = [&](const Seen&) { return problem_response(one.status, one.sent, "because"); };
    const auto answer = scene.link->certificate(kRound);
    REQUIRE(!answer.ok());
    CHECK(answer.error().code == one.got);
    CHECK(answer.error().message.find("because") != std::string::npos);
  }
}

TEST_CASE(
    "after a failure the next call waits, longer each time, until one succeeds; a phase that is over costs no wait") {
  Scene scene;
  scene.service.answer = [](const Seen&) { return problem_response(503, ErrorCode::busy, "full"); };
  for (int i = 0; i < 3; ++i) CHECK(!scene.link->key_set(kRound).ok());
  scene.service.answer = [](const Seen&) { return of_bytes(kMessage); };
  CHECK(scene.link->key_set(kRound).ok());
  REQUIRE(scene.waiter.waits.size() == 3);
  CHECK(scene.waiter.waits[0] <= Milliseconds(1000));
  CHECK(scene.waiter.waits[1] > Milliseconds(900));
  CHECK(scene.waiter.waits[2] > Milliseconds(1900));
  scene.service.answer = [](const Seen&) { return problem_response(410, ErrorCode::late, "void"); };
  CHECK(!scene.link->key_set(kRound).ok());
  CHECK(!scene.link->key_set(kRound).ok());
  CHECK(scene.waiter.waits.size() == 3);
}

TEST_CASE("a server that says at once that there is nothing yet, or sends us elsewhere, is not asked without a pause") {
  Scene scene;
  SUBCASE("nothing yet") {
    scene.service.answer = [](const Seen&) { return make_response(204, "", ""); };
  }
  SUBCASE("elsewhere") {
    scene.service.answer = [](const Seen&) {
      HttpResponse response = make_response(302, "text/html", "log in first");
      response.headers.emplace_back("Location", "http://portal.example/");
      return response;
    };
  }
  for (int i = 0; i < 4; ++i) static_cast<void>(scene.link->invitation({}));
  CHECK(scene.waiter.waits.size() == 3);
}

TEST_CASE("Retry-After is waited out in full") {
  Scene scene;
  scene.service.answer = [](const Seen&) {
    HttpResponse response = problem_response(503, ErrorCode::busy, "no upload slot");
    response.headers.emplace_back("Retry-After", "20");
    return response;
  };
  CHECK(!scene.link->key_set(kRound).ok());
  CHECK(!scene.link->key_set(kRound).ok());
  REQUIRE(scene.waiter.waits.size() == 1);
  CHECK(scene.waiter.waits[0] > Milliseconds(18'000));
}

TEST_CASE("a client that is being stopped does not send again after its wait") {
  Scene scene;
  scene.service.answer = [](const Seen&) { return problem_response(503, ErrorCode::busy, "full"); };
  CHECK(!scene.link->key_set(kRound).ok());
  scene.waiter.go_on = false;
  CHECK(scene.link->key_set(kRound).error().code == ErrorCode::cancelled);
  scene.waiter.go_on = true;
  scene.http->cancel();
  CHECK(scene.link->key_set(kRound).error().code == ErrorCode::cancelled);
}

TEST_CASE("a coordinator with another roster is named as such") {
  Scene scene;
  scene.service.answer = [](const Seen&) {
    HttpResponse response = of_bytes(kMessage);
    response.headers.emplace_back("Bauta-Roster-Hash", to_hex(Digest{0xcd}));
    return response;
  };
  const auto answer = scene.link->invitation({});
  REQUIRE(!answer.ok());
  CHECK(answer.error().code == ErrorCode::wrong_context);
  CHECK(answer.error().message.find("roster") != std::string::npos);
}

TEST_CASE("an upload sends the file from its offset, reports progress and learns where to go on") {
  Scene scene;
  const testing::TemporaryDirectory folder;
  Bytes content(300'000);
  scene.random.fill(content);
  REQUIRE(write_file_atomically(folder / "v", content).ok());
  UploadFile file{folder / "v", 100'000, 200'000, {}};
  std::vector<std::uint64_t> progress;
  file.progress = [&](std::uint64_t sent) { progress.push_back(sent); };

  scene.service.answer = [](const Seen&) { return of_json(R"({"offset": 300000, "complete": true})"); };
  const auto state = scene.link->upload(kRound, file);
  REQUIRE(state.ok());
  CHECK(state->complete);
  const Seen seen = scene.service.last();
  CHECK(seen.method == "PUT");
  CHECK(seen.target == "/v1/rounds/12/3/update/vector");
  CHECK(find_header(seen.headers, "Upload-Offset") == "100000");
  CHECK(seen.body == Bytes(content.begin() + 100'000, content.end()));
  REQUIRE(!progress.empty());
  CHECK(progress.back() == 300'000);

  scene.service.refuse_upload = [](const HttpRequest&) {
    HttpResponse response = problem_response(409, ErrorCode::conflict, "another offset");
    response.headers.emplace_back("Upload-Offset", "65536");
    return std::optional(response);
  };
  const auto elsewhere = scene.link->upload(kRound, file);
  REQUIRE(elsewhere.ok());
  CHECK(elsewhere->offset == 65536);
  CHECK_FALSE(elsewhere->complete);

  scene.service.refuse_upload = [](const HttpRequest&) {
    return std::optional(problem_response(409, ErrorCode::late, "the phase is over"));
  };
  CHECK(scene.link->upload(kRound, file).error().code == ErrorCode::late);
}

TEST_CASE("an upload that fails without getting on is tried ever more rarely, though the header before it is welcome") {
  Scene scene;
  const testing::TemporaryDirectory folder;
  REQUIRE(write_file_atomically(folder / "v", Bytes(1000)).ok());
  scene.service.answer = [](const Seen&) { return of_json(R"({"offset": 0, "complete": false})"); };
  scene.service.refuse_upload = [](const HttpRequest&) {
    return std::optional(problem_response(507, ErrorCode::disk_full, "the coordinator's disk is full"));
  };
  for (int i = 0; i < 6; ++i) {
    REQUIRE(scene.link->send_update(kRound, kMessage).ok());
    CHECK(!scene.link->upload(kRound, {folder / "v", 0, 1000, {}}).ok());
  }
  REQUIRE(scene.waiter.waits.size() == 5);
  CHECK(scene.waiter.waits[4] > 2 * scene.waiter.waits[0]);
}

TEST_CASE("the sum must have exactly the length of the round's vector") {
  Scene scene;
  std::vector<std::uint64_t> sent(5000);
  for (std::uint64_t& word : sent) word = scene.random.next();
  const ByteView bytes = wire_bytes(sent);
  scene.service.answer = [&](const Seen&) { return make_response(200, "application/octet-stream", as_text(bytes)); };
  std::vector<std::uint64_t> words(5000);
  REQUIRE(scene.link->aggregate_vector(kRound, words).ok());
  CHECK(words == sent);
  std::vector<std::uint64_t> longer(5001);
  CHECK(!scene.link->aggregate_vector(kRound, longer).ok());
  std::vector<std::uint64_t> shorter(4999);
  CHECK(!scene.link->aggregate_vector(kRound, shorter).ok());
}

TEST_CASE("an answer on the upload without an offset is malformed") {
  Scene scene;
  for (const char* body : {"", "[]", "{}", R"({"offset": -1})", R"({"offset": "7"})", "{\"offset\": 1"}) {
    CAPTURE(body);
    scene.service.answer = [&](const Seen&) { return of_json(body); };
    const auto state = scene.link->upload_state(kRound);
    REQUIRE(!state.ok());
    CHECK(state.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("a coordinator that is not there is unreachable, and asked again with care") {
  Scene scene;
  scene.server.reset();
  for (int i = 0; i < 3; ++i) {
    const auto answer = scene.link->invitation({});
    REQUIRE(!answer.ok());
    CHECK(answer.error().code == ErrorCode::unreachable);
    CHECK(is_temporary(answer.error().code));
  }
  CHECK(scene.waiter.waits.size() == 2);
}
