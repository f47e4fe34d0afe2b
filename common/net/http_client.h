// A blocking HTTP/1.1 client with one kept connection, for the partner's agent and the operator's command.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/net/http_types.h"
#include "common/net/tls_settings.h"

namespace bauta {

struct HttpClientSettings {
  std::string host;  ///< name or IP address to connect to
  std::uint16_t port = 0;
  std::string server_name;  ///< the name the certificate must hold (and SNI, when no IP address); empty: `host`
  std::optional<TlsClientSettings> tls;  ///< none: plain HTTP
  Milliseconds connect_timeout{10'000};  ///< TCP and TLS; resolving the name is not bounded by it
  Milliseconds idle_timeout{60'000};     ///< without any progress on the wire, long polls included
  std::uint64_t max_response_bytes = 16 * 1024 * 1024;
};

struct HttpCall {
  std::string method = "GET";
  std::string target = "/";
  HttpHeaders headers;
  /// A file region is streamed from disk; over 64 KiB it is announced with "Expect: 100-continue".
  std::variant<Bytes, FileRegion> body;
  std::optional<Milliseconds> timeout;               ///< of the whole call
  std::optional<Milliseconds> idle_timeout;          ///< instead of the client's
  std::optional<std::uint64_t> bytes_per_second;     ///< upper bound for sending the body
  std::function<void(std::uint64_t sent)> progress;  ///< bytes of the body so far; on the calling thread
  BodySink* sink = nullptr;                          ///< takes the body of a 2xx response instead of response.body
  std::optional<std::uint64_t> max_response_bytes;   ///< instead of the client's
};

/// Whoever can send a call: the client below, or a simulation without a network.
class HttpCaller {
 public:
  virtual ~HttpCaller() = default;
  virtual Result<HttpResponse> send(const HttpCall& call) = 0;
};

/// One call at a time; cancel() and reset() from any thread.
class HttpClient final : public HttpCaller {
 public:
  /// Reads and checks the TLS files; does not connect. Errors: invalid_argument, io, tls.
  static Result<std::unique_ptr<HttpClient>> create(HttpClientSettings settings, const Clock& clock);
  ~HttpClient() override;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Any HTTP status is a value, also one that arrives while the body is still being sent. Connects when needed, and
  /// once more when a kept connection turns out to be closed before any byte of a response (every call of the
  /// protocol is idempotent). Errors: unreachable, tls (with the reason, also when the server refused our
  /// certificate), timeout, cancelled, malformed, oversized, io (the body's file), and whatever the sink returns.
  Result<HttpResponse> send(const HttpCall& call) override;

  /// The call under way, and every later one until reset(), returns cancelled.
  void cancel();
  void reset();

  /// Who our own certificate says we are; none without one.
  const std::optional<CertificateIdentity>& own_identity() const;

  struct Impl;

 private:
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bauta
