#include <doctest/doctest.h>

#include <fstream>
#include <thread>

#include "tests/http/listener_fixture.h"
#include "tests/http/raw_peer.h"

namespace bauta {
namespace {

using namespace testing;

std::unique_ptr<HttpClient> client_of(std::uint16_t port, std::uint64_t max_response_bytes = 1024) {
  HttpClientSettings settings;
  settings.host = "127.0.0.1";
  settings.port = port;
  settings.max_response_bytes = max_response_bytes;
  auto client = HttpClient::create(settings, SystemClock());
  REQUIRE(client.ok());
  return std::move(client).value();
}

ErrorCode code_of(const Result<HttpResponse>& response) {
  REQUIRE_FALSE(response.ok());
  return response.error().code;
}

class MemorySink final : public BodySink {
 public:
  Status write(ByteView piece) override {
    append(bytes, piece);
    return on_write;
  }
  Status finish() override {
    finished = true;
    return {};
  }
  Bytes bytes;
  bool finished = false;
  Status on_write;
};

TEST_CASE("cancel ends a call that waits, and later ones, until reset") {
  TlsListener listener;
  listener.start();
  const auto client = listener.tls_client();
  std::thread canceller([&] {
    listener.service.waiting.wait();
    client->cancel();
  });
  CHECK(code_of(client->send(get("/wait"))) == ErrorCode::cancelled);
  canceller.join();
  CHECK(code_of(client->send(get("/hello"))) == ErrorCode::cancelled);
  client->reset();
  CHECK(must(client->send(get("/hello"))).text() == "hello");
}

TEST_CASE("cancel ends an upload") {
  Listener listener;
  listener.start();
  const auto client = listener.client();
  auto call = send_body("PUT", "/upload", Bytes(8 * 1024 * 1024));
  call.progress = [&](std::uint64_t sent) {
    if (sent >= 1024 * 1024) client->cancel();
  };
  call.bytes_per_second = 64 * 1024 * 1024;
  CHECK(code_of(client->send(call)) == ErrorCode::cancelled);
  listener.observer.wait_for(HttpEvent::Kind::connection_lost);
  CHECK(listener.service.handled == 0);
}

TEST_CASE("a call that takes too long ends with timeout") {
  Listener listener;
  listener.start();
  const auto client = listener.client();
  auto call = get("/wait");
  SUBCASE("the whole call") { call.timeout = Milliseconds(50); }
  SUBCASE("no progress") { call.idle_timeout = Milliseconds(50); }
  CHECK(code_of(client->send(call)) == ErrorCode::timeout);
  CHECK(must(client->send(get("/hello"))).status == 200);
}

TEST_CASE("an upload keeps to its rate") {
  Listener listener;
  listener.start();
  auto call = send_body("PUT", "/upload", Bytes(100'000));
  call.bytes_per_second = 400'000;
  const auto started = std::chrono::steady_clock::now();
  CHECK(must(listener.client()->send(call)).status == 201);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  // A quarter of a second, less the last piece, which goes out at once.
  CHECK(took.count() > 0.2);
}

TEST_CASE("a kept connection that the server closed meanwhile is replaced without a word") {
  std::atomic<int> connections{0};
  const RawServer server([&](int socket) {
    ++connections;
    read_head(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto client = client_of(server.port());
  CHECK(must(client->send(get("/"))).text() == "ok");
  CHECK(must(client->send(get("/"))).text() == "ok");
  CHECK(connections == 2);
}

TEST_CASE("a connection that breaks within the response is not tried again") {
  std::atomic<int> connections{0};
  const RawServer server([&](int socket) {
    ++connections;
    read_head(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok");
  });
  CHECK(code_of(client_of(server.port())->send(get("/"))) == ErrorCode::malformed);
  CHECK(connections == 1);
}

TEST_CASE("a server that closes without an answer is unreachable") {
  const RawServer server([&](int socket) { read_head(socket); });
  CHECK(code_of(client_of(server.port())->send(get("/"))) == ErrorCode::unreachable);
}

TEST_CASE("a response over the limit is not read to its end") {
  std::string answer;
  SUBCASE("announced") { answer = "HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n"; }
  SUBCASE("chunked") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string("401\r\n") + std::string(1025, 'x') +
             "\r\n0\r\n\r\n";
  }
  SUBCASE("up to the end of the connection") { answer = "HTTP/1.1 200 OK\r\n\r\n" + std::string(1025, 'x'); }
  SUBCASE("in its header") { answer = "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'); }
  const RawServer server([&](int socket) {
    read_head(socket);
    write_text(socket, answer);
  });
  CHECK(code_of(client_of(server.port())->send(get("/"))) == ErrorCode::oversized);
}

TEST_CASE("all ways to frame a response are understood") {
  std::string answer;
  SUBCASE("length") { answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"; }
  SUBCASE("chunked") {
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n3;x=y\r\nody\r\n0\r\nT: 1\r\n\r\n";
  }
  SUBCASE("end of the connection") { answer = "HTTP/1.1 200 OK\r\n\r\nbody"; }
  SUBCASE("after interim answers") {
    answer =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n"
        "Content-Length: 4\r\n\r\nbody";
  }
  const RawServer server([&](int socket) {
    read_head(socket);
    for (const char c : answer) write_text(socket, std::string_view(&c, 1));
  });
  CHECK(must(client_of(server.port())->send(get("/"))).text() == "body");
}

TEST_CASE("nonsense instead of a response is malformed") {
  const RawServer server([&](int socket) {
    read_head(socket);
    write_text(socket, "220 mail.example ESMTP\r\n");
  });
  CHECK(code_of(client_of(server.port())->send(get("/"))) == ErrorCode::malformed);
}

TEST_CASE("an answer that comes while the body is still on its way is returned") {
  // A server that knows nothing of 100-continue: reads the head and a little, answers and hangs up with bytes unread.
  const RawServer server([&](int socket) {
    read_head(socket);
    write_text(socket, "HTTP/1.1 100 Continue\r\n\r\n");
    read_head(socket);
    write_text(socket, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlong");
  });
  auto call = send_body("PUT", "/", Bytes(1024 * 1024, '\n'));
  std::get<Bytes>(call.body)[0] = '\r';
  std::get<Bytes>(call.body)[2] = '\r';
  call.bytes_per_second = 8 * 1024 * 1024;
  const auto response = must(client_of(server.port())->send(call));
  CHECK(response.status == 413);
  CHECK(response.text() == "long");
}

TEST_CASE("a download goes to its sink, and an error to the response") {
  Listener listener;
  listener.service.on_handle = [](HttpRequest& request) -> Reply {
    if (request.path == "/none") return problem_response(404, ErrorCode::not_found, "none");
    return make_response(200, "application/octet-stream", std::string(300'000, 'd'));
  };
  listener.start();
  const auto client = listener.client();
  MemorySink sink;
  auto call = get("/large");
  call.sink = &sink;
  SUBCASE("whole") {
    const auto response = must(client->send(call));
    CHECK(response.body.empty());
    CHECK(sink.bytes.size() == 300'000);
    CHECK(sink.finished);
  }
  SUBCASE("refused") {
    call.target = "/none";
    const auto response = must(client->send(call));
    CHECK(response.status == 404);
    CHECK(error_from_response(response).message == "none");
    CHECK(sink.bytes.empty());
    CHECK_FALSE(sink.finished);
  }
  SUBCASE("over the limit of this call") {
    call.max_response_bytes = 299'999;
    CHECK(code_of(client->send(call)) == ErrorCode::oversized);
    CHECK_FALSE(sink.finished);
  }
  SUBCASE("into a full disk") {
    sink.on_write = Error{ErrorCode::disk_full, "full"};
    CHECK(code_of(client->send(call)) == ErrorCode::disk_full);
    CHECK_FALSE(sink.finished);
  }
}

TEST_CASE("nobody at the port, no such host and no such file are said plainly") {
  std::uint16_t closed = 0;
  {
    const RawServer server([](int) {});
    closed = server.port();
  }
  const auto client = client_of(closed);
  const auto refused = client->send(get("/"));
  CHECK(code_of(refused) == ErrorCode::unreachable);
  CHECK(refused.error().message.find("Connection refused") != std::string::npos);

  HttpCall missing;
  missing.method = "PUT";
  missing.body = FileRegion{"/nonexistent/upload", 0, 1};
  CHECK(code_of(client->send(missing)) == ErrorCode::not_found);
}

TEST_CASE("a file that is shorter than promised is not sent") {
  Listener listener;
  listener.start();
  const TemporaryDirectory folder;
  std::ofstream(folder / "short") << "abc";
  HttpCall call;
  call.method = "PUT";
  call.target = "/upload";
  call.body = FileRegion{folder / "short", 1, 3};
  CHECK(code_of(listener.client()->send(call)) == ErrorCode::io);
  CHECK(listener.server->open_connections() == 0);
}

TEST_CASE("a call that could split the request is not sent") {
  Listener listener;
  listener.start();
  const auto client = listener.client();
  auto call = get("/hello");
  SUBCASE("target") { call.target = "/hello HTTP/1.1\r\nX: y"; }
  SUBCASE("header") { call.headers = {{"X", "y\r\nZ: w"}}; }
  SUBCASE("method") { call.method = "GET /hello"; }
  CHECK(code_of(client->send(call)) == ErrorCode::invalid_argument);
  CHECK(listener.server->open_connections() == 0);
}

}  // namespace
}  // namespace bauta
