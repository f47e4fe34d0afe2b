// One listener: HTTP/1.1 over TLS 1.3 or plain TCP, in front of one HttpService.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/base/worker.h"
#include "common/net/http_observer.h"
#include "common/net/http_service.h"
#include "common/net/io_thread.h"
#include "common/net/tls_settings.h"

namespace bauta {

struct HttpServerSettings {
  std::string name = "http";  ///< of the listener, in the log and in error texts
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                ///< 0: any free one
  std::optional<TlsServerSettings> tls;  ///< none: plain HTTP

  Milliseconds handshake_timeout{10'000};
  Milliseconds header_timeout{10'000};  ///< of a new connection, then from a request's first byte to its header's end
  Milliseconds idle_timeout{75'000};    ///< of a kept connection between two requests
  Milliseconds body_idle_timeout{30'000};  ///< without any byte of the body
  Milliseconds write_timeout{30'000};      ///< per piece of at most 256 KiB
  Milliseconds shutdown_timeout{2'000};    ///< for the peer to take in our last words
  Milliseconds max_wait{30'000};           ///< bounds every WaitFor
  Milliseconds drain_grace{10'000};

  std::uint64_t min_body_rate = 1024;  ///< bytes a second, on average, once body_rate_grace is over
  Milliseconds body_rate_grace{10'000};

  std::size_t max_connections = 1024;
  std::size_t max_connections_per_address = 256;  ///< so that one host cannot keep all others out
  std::size_t max_upload_slots = 16;              ///< streamed bodies at a time; more are answered 503 with Retry-After
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_headers = 64;
  std::size_t max_target_bytes = 2048;
  int retry_after_seconds = 2;
};

/// Everything the server answers by itself is RFC 9457 problem+json.
class HttpServer {
 public:
  /// Listens at once. All references must outlive the server. Handlers run on `control`, which must not be stopped
  /// before the server is gone. Errors: invalid_argument, tls, io; one line that says how to mend it.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerSettings settings, HttpService& service, IoThread& io,
                                                   Worker& control, const Clock& clock, HttpObserver& observer);
  /// Closes every connection that drain() has not, and waits for the handlers under way. Not on the I/O or control
  /// thread.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  std::size_t open_connections() const;

  /// Stops accepting, answers waiting long polls with 503 and Retry-After, closes idle connections; requests under way
  /// go on. Returns at once; any thread.
  void begin_drain();
  /// begin_drain(), then waits until all connections have ended, cutting them off after drain_grace. Not on the I/O or
  /// control thread.
  void drain();

  struct Impl;

 private:
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace bauta
