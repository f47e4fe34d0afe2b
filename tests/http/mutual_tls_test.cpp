#include <doctest/doctest.h>

#include "common/net/tls_check.h"
#include "tests/http/listener_fixture.h"
#include "tests/http/raw_peer.h"

namespace bauta {
namespace {

using namespace testing;
using Kind = HttpEvent::Kind;

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_CASE("a partner's certificate says who asks, and one connection carries many requests") {
  TlsListener listener;
  listener.start();
  const auto client = listener.tls_client();
  REQUIRE(client->own_identity());
  CHECK(client->own_identity()->partner_id == "grocer");
  CHECK(must(client->send(get("/who"))).text() == "grocer");
  const auto first = must(client->send(get("/from")));
  const auto second = must(client->send(get("/from")));
  CHECK(first.text() == second.text());
  CHECK(listener.service.on_control);
  const auto event = listener.observer.wait_for(Kind::request_done);
  CHECK(event.partner_id == "grocer");
  CHECK(event.path == "/who");
  CHECK(event.status == 200);
}

TEST_CASE("an encrypted key opens with its passphrase") {
  TlsListener listener;
  encrypt_key(listener.coordinator.key_file, listener.folder / "locked.key", "open sesame");
  std::FILE* file = std::fopen((listener.folder / "passphrase").c_str(), "w");
  std::fputs("open sesame\n", file);
  std::fclose(file);
  listener.settings.tls->key_file = listener.folder / "locked.key";
  listener.settings.tls->passphrase_file = listener.folder / "passphrase";
  listener.start();
  CHECK(must(listener.tls_client()->send(get("/hello"))).text() == "hello");
}

TEST_CASE("a client of another authority is refused, and both sides can say why") {
  TlsListener listener;
  listener.start();
  const TestAuthority other(listener.folder / "other", "ca");
  const auto stranger = other.partner("grocer");
  const auto response = listener.tls_client(listener.client_tls(stranger))->send(get("/hello"));
  REQUIRE_FALSE(response.ok());
  CHECK(response.error().code == ErrorCode::tls);
  CHECK(response.error().message.find("refused our certificate") != std::string::npos);
  const auto event = listener.observer.wait_for(Kind::handshake_failed);
  CHECK(event.detail.find("partner-grocer") != std::string::npos);
  CHECK(event.log);
  CHECK(listener.service.handled == 0);
}

TEST_CASE("a client without a certificate is refused") {
  TlsListener listener;
  listener.start();
  auto tls = listener.client_tls();
  tls.certificate_file.clear();
  tls.key_file.clear();
  const auto response = listener.tls_client(tls)->send(get("/hello"));
  REQUIRE_FALSE(response.ok());
  CHECK(response.error().code == ErrorCode::tls);
  CHECK(response.error().message.find("none is configured here") != std::string::npos);
  listener.observer.wait_for(Kind::handshake_failed);
  CHECK(listener.service.handled == 0);
}

TEST_CASE("the check of a partner's files says beforehand what the coordinator would refuse") {
  TlsListener listener;
  const WallTime now = SystemClock().wall();
  const auto own = listener.client_tls();
  CHECK(check_tls(own, now).ok());
  const auto refused = [&](const IssuedCertificate& certificate, const std::string& words) {
    auto tls = own;
    tls.certificate_file = certificate.certificate_file;
    tls.key_file = certificate.key_file;
    const Status checked = check_tls(tls, now);
    REQUIRE_FALSE(checked.ok());
    CAPTURE(checked.error().message);
    CHECK(checked.error().message.find(words) != std::string::npos);
  };
  const TestAuthority foreign(listener.folder / "other", "ca");
  refused(foreign.partner("shop-1"), "does not hold before the CA");
  refused(listener.authority.issue({"server-only", {"URI:urn:bauta:partner:shop-1"}, "serverAuth"}), "clientAuth");
}

TEST_CASE("a client that speaks TLS 1.2 at most is refused") {
  TlsListener listener;
  listener.start();
  RawClient client(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &listener.partner;
  tls.max_version = TLS1_2_VERSION;
  CHECK_FALSE(client.start_tls(tls));
  const auto event = listener.observer.wait_for(Kind::handshake_failed);
  CHECK(event.detail.find("unsupported protocol") != std::string::npos);
}

TEST_CASE("an expired certificate is refused by the server, and at load by its owner") {
  TlsListener listener;
  listener.start();
  CertificateOrder order;
  order.file_stem = "expired";
  order.alternative_names = {"URI:urn:bauta:partner:grocer"};
  order.valid_from = -std::chrono::hours(48);
  order.valid_until = -std::chrono::hours(24);
  const auto expired = listener.authority.issue(order);

  auto settings = listener.client_settings();
  settings.tls = listener.client_tls(expired);
  const auto refused = HttpClient::create(settings, listener.clock);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("expired.pem expired on") != std::string::npos);

  RawClient client(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &expired;
  // In TLS 1.3 the client's own handshake ends before the server has looked at the certificate.
  if (client.start_tls(tls)) {
    client.send(kHello);
    CHECK(client.read_all().empty());
  }
  const auto event = listener.observer.wait_for(Kind::handshake_failed);
  CHECK(event.detail.find("expired") != std::string::npos);
}

TEST_CASE("a certificate of the right authority that is no partner's is refused") {
  TlsListener listener;
  listener.start();
  CertificateOrder order;
  order.file_stem = "odd";
  SUBCASE("without a URI") {}
  SUBCASE("the coordinator's URI") { order.alternative_names = {"URI:urn:bauta:coordinator"}; }
  SUBCASE("two URIs") { order.alternative_names = {"URI:urn:bauta:partner:a", "URI:urn:bauta:partner:b"}; }
  SUBCASE("without extended key usage") {
    order.alternative_names = {"URI:urn:bauta:partner:grocer"};
    order.extended_key_usage.clear();
  }
  SUBCASE("for servers only") {
    order.alternative_names = {"URI:urn:bauta:partner:grocer"};
    order.extended_key_usage = "serverAuth";
  }
  const auto odd = listener.authority.issue(order);
  RawClient client(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &odd;
  if (client.start_tls(tls)) {
    client.send(kHello);
    CHECK(client.read_all().empty());
  }
  CHECK_FALSE(listener.observer.wait_for(Kind::handshake_failed).detail.empty());
  CHECK(listener.service.handled == 0);
}

TEST_CASE("a client refuses a server that is not the coordinator it asked for") {
  TlsListener listener;
  std::string expected;
  auto tls_settings = listener.client_tls();
  std::string name;
  SUBCASE("another authority's") {
    const TestAuthority other(listener.folder / "other", "ca");
    tls_settings.ca_file = other.certificate_file();
    expected = "certificate";
  }
  SUBCASE("another name") {
    name = "elsewhere.example";
    expected = "hostname mismatch";
  }
  SUBCASE("no coordinator") {
    CertificateOrder order;
    order.file_stem = "impostor";
    order.alternative_names = {"URI:urn:bauta:partner:grocer", "IP:127.0.0.1"};
    order.extended_key_usage = "serverAuth";
    const auto impostor = listener.authority.issue(order);
    listener.settings.tls->certificate_file = impostor.certificate_file;
    listener.settings.tls->key_file = impostor.key_file;
    // With a client CA the listener itself would refuse to start under this name.
    listener.settings.tls->client_ca_file.clear();
    expected = "names a partner";
  }
  listener.start();
  auto settings = listener.client_settings();
  settings.server_name = name;
  settings.tls = tls_settings;
  const auto response = listener.client(settings)->send(get("/hello"));
  REQUIRE_FALSE(response.ok());
  CHECK(response.error().code == ErrorCode::tls);
  CHECK(response.error().message.find(expected) != std::string::npos);
  CHECK(listener.service.handled == 0);
}

TEST_CASE("no session can be resumed past the certificate check") {
  TlsListener listener;
  listener.start();
  RawClient client(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &listener.partner;
  REQUIRE(client.start_tls(tls));
  REQUIRE(client.send(kHello));
  CHECK(client.read_until("hello").starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK_FALSE(client.has_resumable_session());
}

TEST_CASE("a body that ends without close_notify is never taken for whole") {
  TlsListener listener;
  listener.start();
  RawClient client(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &listener.partner;
  REQUIRE(client.start_tls(tls));
  REQUIRE(client.send("PUT /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nthe first part"));
  client.close();
  const auto event = listener.observer.wait_for(Kind::connection_lost);
  CHECK(event.detail.find("without TLS close_notify") != std::string::npos);
  CHECK(event.partner_id == "grocer");
  REQUIRE(listener.service.upload->dropped.wait());
  CHECK(listener.service.upload->dropped_on_control);
  // What came is kept for resuming.
  CHECK(as_text(listener.service.upload->copy()) == "the first part");
  CHECK_FALSE(listener.service.upload->finished);
  CHECK(listener.service.handled == 0);
}

TEST_CASE("a slow peer is told 408 within TLS") {
  TlsListener listener;
  listener.settings.header_timeout = Milliseconds(500);
  listener.settings.body_idle_timeout = Milliseconds(100);
  listener.start();
  RawClient client(listener.server->port());
  RawClient::Tls tls;
  tls.certificate = &listener.partner;
  REQUIRE(client.start_tls(tls));
  SUBCASE("header") { client.send("GET /hello HTT"); }
  SUBCASE("body") { client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc"); }
  SUBCASE("streamed body") { client.send("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc"); }
  CHECK(client.read_all().find("HTTP/1.1 408 ") == 0);
}

TEST_CASE("plain HTTP on the TLS port and silence on it cost a handshake, nothing more") {
  TlsListener listener;
  listener.settings.handshake_timeout = Milliseconds(100);
  listener.start();
  SUBCASE("plain HTTP") {
    RawClient client(listener.server->port());
    client.send(kHello);
    CHECK(client.read_all().find("HTTP/1.1 200") == std::string::npos);
  }
  SUBCASE("silence") {
    RawClient client(listener.server->port());
    CHECK(client.read_all().empty());
    CHECK(listener.observer.wait_for(Kind::handshake_failed).detail.find("longer than 100 ms") != std::string::npos);
  }
  listener.observer.wait_for(Kind::handshake_failed);
  listener.server.reset();
}

TEST_CASE("a server-only listener takes clients without a certificate") {
  TlsListener listener;
  listener.settings.tls->client_ca_file.clear();
  listener.start();
  auto tls = listener.client_tls();
  tls.certificate_file.clear();
  tls.key_file.clear();
  CHECK(must(listener.tls_client(tls)->send(get("/who"))).text() == "nobody");
}

}  // namespace
}  // namespace bauta
