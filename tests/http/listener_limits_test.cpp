#include <doctest/doctest.h>

#include <random>

#include "tests/http/listener_fixture.h"
#include "tests/http/raw_peer.h"

namespace bauta {
namespace {

using namespace testing;
using Kind = HttpEvent::Kind;

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The whole answer to `request`, up to the end of the connection.
std::string answer_to(const Listener& listener, std::string_view request) {
  RawClient client(listener.server->port());
  client.send(request);
  return client.read_all();
}

TEST_CASE("a request that breaks a rule is answered with a problem and the end of the connection") {
  Listener listener;
  listener.start();
  struct Row {
    std::string request;
    std::string status;
  };
  const std::string host = " HTTP/1.1\r\nHost: localhost\r\n";
  const std::vector<Row> rows = {
      {"GET /hello" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "411"},
      {"POST /echo" + host + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "400"},
      {"POST /echo" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab", "400"},
      {"POST /echo" + host + "Content-Length: 2, 2\r\n\r\nab", "400"},
      {"POST /echo" + host + "Content-Length: +2\r\n\r\nab", "400"},
      {"POST /echo" + host + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab", "400"},
      {"POST /echo" + host + "Content-Length: 99999999999999999999999\r\n\r\n", "400"},
      {"POST /echo" + host + "Content-Length: 65537\r\n\r\n", "413"},
      {"PUT /upload" + host + "\r\n", "411"},
      {"PUT /upload" + host + "Content-Length: 100000000000\r\n\r\n", "413"},
      {"GET /hello" + host + "Content-Length: 1\r\n\r\nx", "413"},
      {"GET http://localhost/hello" + host + "\r\n", "400"},
      {"CONNECT localhost:443" + host + "\r\n", "400"},
      {"GET /a/../b" + host + "\r\n", "400"},
      {"GET /a%2fb" + host + "\r\n", "400"},
      {"GET /a%00" + host + "\r\n", "400"},
      {"GET /a%zz" + host + "\r\n", "400"},
      {"GET /a\x01" + host + "\r\n", "400"},
      {"GET /hello HTTP/1.1\r\n\r\n", "400"},
      {"GET /hello" + host + "Host: localhost\r\n\r\n", "400"},
      {"GET /hello HTTP/2.0\r\nHost: localhost\r\n\r\n", "505"},
      {"GET /hello" + host + "Expect: the-unexpected\r\n\r\n", "417"},
      {"GET /" + std::string(3000, 'a') + host + "\r\n", "414"},
      {"GET /" + std::string(30000, 'a') + host + "\r\n", "414"},
      {"GET /hello" + host + "X: " + std::string(30000, 'a') + "\r\n\r\n", "431"},
      {"GET /hello" + host + "X: \x01\r\n\r\n", "400"},
      {"GET /hello" + host + "No colon\r\n\r\n", "400"},
      {"\x16\x03\x01\x02", "400"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request.substr(0, 100));
    const auto answer = answer_to(listener, row.request);
    CHECK(answer.substr(0, 13) == "HTTP/1.1 " + row.status + " ");
    CHECK(answer.find("Content-Type: application/problem+json\r\n") != std::string::npos);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  }
  CHECK(listener.service.handled == 0);
  CHECK(listener.observer.wait_for(Kind::request_refused).status == 411);
  CHECK(must(listener.client()->send(get("/hello"))).status == 200);
}

TEST_CASE("more header fields than allowed are refused") {
  Listener listener;
  listener.settings.max_headers = 3;
  listener.start();
  CHECK(answer_to(listener, "GET /hello HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n").find(" 431 ") == 8);
}

TEST_CASE("a header that drips in below its deadline is answered 408") {
  Listener listener;
  listener.settings.header_timeout = Milliseconds(500);
  listener.start();
  RawClient client(listener.server->port());
  std::string drip = "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ";
  std::size_t sent = 0;
  // One byte every 5 ms, until the server has had enough.
  while (!client.readable_within(5)) {
    client.send(sent < drip.size() ? std::string_view(drip).substr(sent, 1) : "x");
    ++sent;
  }
  CHECK(client.read_all().find("HTTP/1.1 408 ") == 0);
  CHECK(listener.observer.wait_for(Kind::request_refused).detail == "the header came too slowly");
}

TEST_CASE("a body below the minimum rate is answered 408, though it never pauses for long") {
  Listener listener;
  listener.settings.body_rate_grace = Milliseconds(100);
  listener.settings.min_body_rate = 1'000'000;
  std::string head;
  SUBCASE("small") { head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n"; }
  SUBCASE("streamed") { head = "PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n"; }
  listener.start();
  RawClient client(listener.server->port());
  client.send(head);
  while (!client.readable_within(5)) client.send("x");
  CHECK(client.read_all().find("HTTP/1.1 408 ") == 0);
  CHECK(listener.service.handled == 0);
}

TEST_CASE("a body that stops coming is answered 408") {
  Listener listener;
  listener.settings.body_idle_timeout = Milliseconds(100);
  listener.start();
  CHECK(answer_to(listener, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").find(" 408 ") == 8);
}

TEST_CASE("an idle connection is closed without a word") {
  Listener listener;
  bool used = false;
  SUBCASE("that was used") {
    listener.settings.idle_timeout = Milliseconds(100);
    used = true;
  }
  SUBCASE("that never was") { listener.settings.header_timeout = Milliseconds(100); }
  listener.start();
  RawClient client(listener.server->port());
  if (used) {
    client.send(kHello);
    CHECK(client.read_until("hello").find(" 200 ") == 8);
  }
  CHECK(client.read_all().empty());
  CHECK(listener.observer.count(Kind::connection_lost) == 0);
}

TEST_CASE("a peer that does not take its response is cut off") {
  Listener listener;
  listener.settings.write_timeout = Milliseconds(100);
  listener.service.on_handle = [](HttpRequest&) {
    return make_response(200, "text/plain", std::string(64 * 1024 * 1024, 'x'));
  };
  listener.start();
  RawClient client(listener.server->port());
  client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(listener.observer.wait_for(Kind::connection_lost).detail == "the peer did not take the response in time");
}

TEST_CASE("a request that comes byte by byte is understood") {
  Listener listener;
  listener.start();
  RawClient client(listener.server->port());
  for (const char c :
       std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")) {
    REQUIRE(client.send(std::string_view(&c, 1)));
  }
  const auto answer = client.read_all();
  CHECK(answer.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(answer.ends_with("\r\n\r\nabc"));
}

TEST_CASE("requests in one packet are answered in order, and garbage behind them ends the connection") {
  Listener listener;
  listener.start();
  const auto answer = answer_to(listener, std::string(kHello) +
                                              "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                                              "\r\nabc" +
                                              "garbage\r\n\r\n");
  const auto first = answer.find("\r\n\r\nhello");
  const auto second = answer.find("\r\n\r\nabc");
  const auto third = answer.find("HTTP/1.1 400 ");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("random bytes and damaged requests never take the listener down") {
  Listener listener;
  listener.settings.header_timeout = Milliseconds(200);
  listener.settings.body_idle_timeout = Milliseconds(200);
  listener.settings.shutdown_timeout = Milliseconds(50);
  listener.start();
  std::mt19937 random(20261121);
  const std::string good = "POST /echo?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nabcd";
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good;
    if (i % 3 == 0) {
      for (char& c : bytes) c = static_cast<char>(random());
    } else {
      for (int j = 0; j < 3; ++j) bytes[random() % bytes.size()] = static_cast<char>(random());
      bytes.resize(1 + random() % bytes.size());
    }
    RawClient client(listener.server->port());
    client.send(bytes);
    client.close();
  }
  CHECK(must(listener.client()->send(get("/hello"))).text() == "hello");
  CHECK(listener.observer.count(Kind::service_failed) == 0);
}

TEST_CASE("one address cannot take all connections, and gets its place back once one has ended") {
  Listener listener;
  listener.settings.max_connections_per_address = 1;
  listener.start();
  auto first = std::make_unique<RawClient>(listener.server->port());
  first->send(kHello);
  CHECK(first->read_until("hello").find(" 200 ") == 8);
  RawClient second(listener.server->port());
  CHECK(second.read_all().empty());
  CHECK(listener.observer.wait_for(Kind::connection_refused).detail.find("max_connections_per_address") !=
        std::string::npos);
  first->close();
  while (listener.server->open_connections() > 0) std::this_thread::yield();
  CHECK(must(listener.client()->send(get("/hello"))).status == 200);
}

TEST_CASE("connections over the limit are refused, and welcome again once one has ended") {
  Listener listener;
  listener.settings.max_connections = 2;
  listener.start();
  RawClient first(listener.server->port());
  auto second = std::make_unique<RawClient>(listener.server->port());
  first.send(kHello);
  second->send(kHello);
  CHECK(first.read_until("hello").find(" 200 ") == 8);
  CHECK(second->read_until("hello").find(" 200 ") == 8);
  RawClient third(listener.server->port());
  CHECK(third.read_all().empty());
  CHECK(listener.observer.wait_for(Kind::connection_refused).detail.find("max_connections") != std::string::npos);
  second->close();
  while (listener.server->open_connections() > 1) std::this_thread::yield();
  CHECK(must(listener.client()->send(get("/hello"))).status == 200);
}

TEST_CASE("a flood of refusals is counted in full but logged only in part") {
  Listener listener;
  listener.start();
  std::size_t logged = 0;
  for (int i = 0; i < 60; ++i) answer_to(listener, "nonsense\r\n\r\n");
  while (listener.observer.count(Kind::request_refused) < 60) std::this_thread::yield();
  for (const auto& event : listener.observer.all()) logged += event.log ? 1 : 0;
  CHECK(logged >= 20);
  CHECK(logged < 60);
}

TEST_CASE("old and careful clients are served as they expect") {
  Listener listener;
  listener.start();
  SUBCASE("HTTP/1.0 gets its answer and the end of the connection") {
    CHECK(answer_to(listener, "GET /hello HTTP/1.0\r\n\r\n").ends_with("Connection: close\r\n\r\nhello"));
  }
  SUBCASE("HEAD gets the head alone") {
    const auto answer = answer_to(listener, "HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(answer.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
  }
  SUBCASE("100-continue is said before the body is asked for") {
    RawClient client(listener.server->port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    CHECK(client.read_until("\r\n\r\nabc").find("HTTP/1.1 200 ") == 0);
  }
}

}  // namespace
}  // namespace bauta
