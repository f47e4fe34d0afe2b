#include <doctest/doctest.h>

#include <fstream>
#include <thread>

#include "tests/http/listener_fixture.h"
#include "tests/http/raw_peer.h"

namespace bauta {
namespace {

using namespace testing;
using Kind = HttpEvent::Kind;

TEST_CASE("an exception of the service costs one request, not the process") {
  Listener listener;
  listener.start();
  const auto client = listener.client();
  const auto response = must(client->send(get("/throw")));
  CHECK(response.status == 500);
  CHECK(error_from_response(response).code == ErrorCode::internal);
  CHECK(response.text().find("a bug") == std::string_view::npos);
  CHECK(listener.observer.wait_for(Kind::service_failed).detail == "exception: a bug");
  CHECK(must(client->send(get("/hello"))).status == 200);
}

TEST_CASE("a header value of the service cannot begin a line of its own") {
  Listener listener;
  listener.service.on_handle = [](HttpRequest&) {
    auto response = make_response(200, "text/plain", "x");
    response.headers.emplace_back("Location", "/a\r\nSet-Cookie: evil");
    return response;
  };
  listener.start();
  const auto response = must(listener.client()->send(get("/split")));
  CHECK_FALSE(response.header("set-cookie"));
  CHECK(response.header("location") == "/a  Set-Cookie: evil");
}

TEST_CASE("a body that a disk thread makes is sent as any other, and one that cannot be made is an error") {
  Listener listener;
  std::atomic<bool> off_control{true};
  std::atomic<int> alive{0};
  listener.service.on_handle = [&](HttpRequest& request) {
    auto response = make_response(200, "text/plain", "");
    // Gone as soon as the answer is out.
    ++alive;
    const std::shared_ptr<void> held(nullptr, [&](void*) { --alive; });
    response.make_body = [&, path = request.path, held]() -> Result<Bytes> {
      off_control = off_control && !listener.service.control().is_current_thread();
      if (path == "/fails") return Error{ErrorCode::io, "a broken disk at /secret"};
      if (path == "/throws") throw std::runtime_error("a bug");
      return Bytes(700'000, 'x');
    };
    return response;
  };
  listener.start();
  const auto client = listener.client();
  const auto made = must(client->send(get("/made")));
  CHECK(made.status == 200);
  CHECK(made.body == Bytes(700'000, 'x'));
  const auto failed = must(client->send(get("/fails")));
  CHECK(failed.status == 500);
  CHECK(failed.text().find("/secret") == std::string_view::npos);
  const auto threw = must(client->send(get("/throws")));
  CHECK(threw.status == 500);
  CHECK(must(client->send(get("/hello"))).status == 200);
  CHECK(alive == 0);
  CHECK(off_control);
}

TEST_CASE("a long poll ends when there is news") {
  Listener listener;
  listener.start();
  std::thread notifier([&] {
    listener.service.waiting.wait();
    listener.service.signal->notify();
  });
  CHECK(must(listener.client()->send(get("/wait"))).text() == "news");
  notifier.join();
  CHECK(listener.service.handled == 2);
}

TEST_CASE("news between looking and waiting is not slept through") {
  Listener listener;
  listener.service.on_handle = [&](HttpRequest& request) -> Reply {
    if (request.waited) return make_response(200, "text/plain", "slept");
    const auto seen = listener.service.signal->version();
    if (seen > 0) return make_response(200, "text/plain", "awake");
    listener.service.signal->notify();
    return WaitFor{listener.service.signal, seen, Milliseconds(25'000)};
  };
  listener.start();
  CHECK(must(listener.client()->send(get("/race"))).text() == "awake");
}

TEST_CASE("a long poll without news is answered when its time is up, woken in vain or not") {
  Listener listener;
  std::atomic<int> calls{0};
  listener.service.on_handle = [&](HttpRequest& request) -> Reply {
    ++calls;
    if (request.waited) return make_response(200, "text/plain", "nothing new");
    // Every look makes noise, as if others were being served meanwhile.
    if (calls < 5) listener.service.signal->notify();
    return WaitFor{listener.service.signal, listener.service.signal->version() - (calls < 5 ? 1 : 0),
                   Milliseconds(100)};
  };
  listener.start();
  CHECK(must(listener.client()->send(get("/poll"))).text() == "nothing new");
  CHECK(calls == 6);
}

TEST_CASE("a service that waits although its time is up is stopped") {
  Listener listener;
  listener.service.on_handle = [&](HttpRequest&) -> Reply {
    return WaitFor{listener.service.signal, listener.service.signal->version(), Milliseconds(10)};
  };
  listener.start();
  CHECK(must(listener.client()->send(get("/forever"))).status == 500);
}

TEST_CASE("a large body is streamed to its sink and answered once it is whole") {
  TlsListener listener;
  listener.start();
  Bytes large(3 * 1024 * 1024 + 17);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24);
  const auto path = listener.folder / "large";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(large.data()), static_cast<std::streamsize>(large.size()));
  HttpCall call;
  call.method = "PUT";
  call.target = "/upload";
  std::size_t offset = 0;
  SUBCASE("from memory") { call.body = large; }
  SUBCASE("from a file") { call.body = FileRegion{path, 0, large.size()}; }
  SUBCASE("from the middle of a file") {
    offset = 1'000'001;
    call.body = FileRegion{path, offset, large.size() - offset};
  }
  std::uint64_t told = 0;
  call.progress = [&](std::uint64_t sent) {
    CHECK(sent > told);
    told = sent;
  };
  const auto client = listener.tls_client();
  CHECK(must(client->send(call)).status == 201);
  CHECK(told == large.size() - offset);
  CHECK(listener.service.upload->copy() == Bytes(large.begin() + static_cast<std::ptrdiff_t>(offset), large.end()));
  REQUIRE(listener.service.upload->dropped.wait());
  CHECK(listener.service.upload->dropped_on_control);
  CHECK(must(client->send(get("/hello"))).status == 200);
}

TEST_CASE("an upload refused at its head is answered before the body is sent") {
  Listener listener;
  listener.service.on_open = [](const HttpRequest& head) -> std::optional<HttpResponse> {
    CHECK(head.content_length == 8 * 1024 * 1024);
    return problem_response(409, ErrorCode::conflict, "other bytes were accepted before");
  };
  listener.start();
  std::uint64_t sent = 0;
  auto call = send_body("PUT", "/upload", Bytes(8 * 1024 * 1024));
  call.progress = [&](std::uint64_t so_far) { sent = so_far; };
  const auto response = must(listener.client()->send(call));
  CHECK(response.status == 409);
  CHECK(error_from_response(response).code == ErrorCode::conflict);
  CHECK(error_from_response(response).message == "other bytes were accepted before");
  CHECK(sent == 0);
}

TEST_CASE("a body over the limit is refused before it is read, and the client gets to know") {
  TlsListener listener;
  listener.start();
  const auto client = listener.tls_client();
  const auto response = must(client->send(send_body("POST", "/echo", Bytes(64 * 1024 + 1))));
  CHECK(response.status == 413);
  CHECK(error_from_response(response).code == ErrorCode::oversized);
  CHECK(listener.service.handled == 0);
  CHECK(must(client->send(get("/hello"))).status == 200);
}

TEST_CASE("a sink that fails in the middle of the body is answered with its code, and only the log says more") {
  TlsListener listener;
  listener.service.on_write = [] { return Status(Error{ErrorCode::disk_full, "no space left in the spool"}); };
  listener.start();
  const auto client = listener.tls_client();
  const auto response = must(client->send(send_body("PUT", "/upload", Bytes(16 * 1024 * 1024))));
  CHECK(response.status == 507);
  CHECK(error_from_response(response).code == ErrorCode::disk_full);
  CHECK(error_from_response(response).message == "the server failed on this request; its log says why");
  CHECK(listener.observer.wait_for(HttpEvent::Kind::service_failed).detail == "no space left in the spool");
  REQUIRE(listener.service.upload->dropped.wait());
  CHECK(listener.service.upload->dropped_on_control);
  CHECK(listener.service.handled == 0);
  CHECK(must(client->send(get("/hello"))).status == 200);
}

TEST_CASE("uploads over the slots are told to come back later, and the slot is free afterwards") {
  Listener listener;
  listener.settings.max_upload_slots = 1;
  listener.start();
  RawClient slow(listener.server->port());
  slow.send("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(slow.read_until("\r\n\r\n").find(" 100 ") == 8);
  const auto client = listener.client();
  const auto refused = must(client->send(send_body("PUT", "/upload", Bytes(100))));
  CHECK(refused.status == 503);
  CHECK(refused.header("retry-after") == "2");
  slow.send("abcd");
  CHECK(slow.read_until("stored").find("HTTP/1.1 201 ") == 0);
  listener.service.upload = std::make_shared<UploadRecord>();
  CHECK(must(client->send(send_body("PUT", "/upload", Bytes(100)))).status == 201);
}

TEST_CASE("an empty upload is an upload too") {
  Listener listener;
  listener.start();
  CHECK(must(listener.client()->send(send_body("PUT", "/upload", Bytes()))).status == 201);
}

TEST_CASE("a file is streamed from disk, whole or in part, and its absence is no crash") {
  TlsListener listener;
  const auto path = listener.folder / "model";
  std::string content(1'000'000, 'm');
  content += "end";
  std::ofstream(path, std::ios::binary) << content;
  listener.service.on_handle = [&](HttpRequest& request) -> Reply {
    HttpResponse response;
    response.content_type = "application/octet-stream";
    if (request.path == "/file") response.file = FileRegion{path, 0, content.size()};
    if (request.path == "/part") response.file = FileRegion{path, content.size() - 5, 5};
    if (request.path == "/long") response.file = FileRegion{path, 1, content.size()};
    if (request.path == "/lost") response.file = FileRegion{listener.folder / "lost", 0, 1};
    return response;
  };
  listener.start();
  const auto client = listener.tls_client();
  CHECK(must(client->send(get("/file"))).text() == content);
  CHECK(must(client->send(get("/part"))).text() == "mmend");
  CHECK(must(client->send(get("/long"))).status == 500);
  CHECK(must(client->send(get("/lost"))).status == 500);
  HttpCall head = get("/file");
  head.method = "HEAD";
  const auto response = must(client->send(head));
  CHECK(response.header("content-length") == std::to_string(content.size()));
  CHECK(response.body.empty());
}

TEST_CASE("draining answers long polls, lets an upload finish, closes the idle and takes nobody new") {
  TlsListener listener;
  listener.settings.shutdown_timeout = Milliseconds(200);
  listener.start();
  const auto idle = listener.tls_client();
  CHECK(must(idle->send(get("/hello"))).status == 200);

  std::optional<HttpResponse> polled;
  std::thread poll([&, client = listener.tls_client()] { polled = must(client->send(get("/wait"))); });
  REQUIRE(listener.service.waiting.wait());

  RawClient uploading(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &listener.partner;
  REQUIRE(uploading.start_tls(tls));
  uploading.send("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(uploading.read_until("\r\n\r\n").find(" 100 ") == 8);
  uploading.send("half");

  const auto port = listener.server->port();
  std::thread drain([&] { listener.server->drain(); });
  poll.join();
  REQUIRE(polled);
  CHECK(polled->status == 503);
  CHECK(polled->header("retry-after"));
  uploading.send("more");
  const auto answer = uploading.read_all();
  CHECK(answer.find("HTTP/1.1 201 ") == 0);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  drain.join();
  CHECK(listener.server->open_connections() == 0);
  auto settings = listener.client_settings();
  settings.port = port;
  settings.tls = listener.client_tls();
  const auto late = listener.client(settings)->send(get("/hello"));
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == ErrorCode::unreachable);
}

TEST_CASE("draining cuts off what outlasts its grace") {
  Listener listener;
  listener.settings.drain_grace = Milliseconds(50);
  listener.start();
  RawClient stuck(listener.server->port());
  stuck.send("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(stuck.read_until("\r\n\r\n").find(" 100 ") == 8);
  stuck.send("half");
  listener.server->drain();
  CHECK(listener.server->open_connections() == 0);
  CHECK(stuck.read_all().empty());
  REQUIRE(listener.service.upload->dropped.wait());
  CHECK_FALSE(listener.service.upload->finished);
}

TEST_CASE("a port in use, a bad address and missing files are one line that says what to do") {
  TlsListener listener;
  listener.start();
  HttpServerSettings settings;
  settings.name = "partner";
  std::string expected;
  SUBCASE("port") {
    settings.port = listener.server->port();
    expected = "set another port";
  }
  SUBCASE("address") {
    settings.address = "localhost";
    expected = "'localhost' is no IP address";
  }
  SUBCASE("files") {
    settings.tls = TlsServerSettings{listener.folder / "nowhere.pem", listener.folder / "nowhere.key", {}, {}};
    expected = "nowhere.pem";
  }
  const auto started =
      HttpServer::start(settings, listener.service, listener.io, listener.control, listener.clock, listener.observer);
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().message.find("partner listener: ") == 0);
  CHECK(started.error().message.find(expected) != std::string::npos);
  CHECK(started.error().message.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace bauta
