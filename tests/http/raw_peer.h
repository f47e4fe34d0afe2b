// Peers that break the rules: a client of raw bytes, with TLS or without, and a server of canned answers.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "common/base/file.h"
#include "tests/support/test_pki.h"

namespace bauta::testing {

class RawClient {
 public:
  /// Plain TCP to 127.0.0.1.
  explicit RawClient(std::uint16_t port);

  struct Tls {
    const IssuedCertificate* certificate = nullptr;
    int max_version = TLS1_3_VERSION;
  };
  /// False when the handshake fails. The server is not verified.
  bool start_tls(const Tls& tls);

  /// False when the peer is gone.
  bool send(std::string_view bytes);
  /// All up to the end of the connection.
  std::string read_all();
  /// Up to and with the first occurrence of `mark`, or to the end.
  std::string read_until(std::string_view mark);
  /// True when something (or the end) can be read within that time; how a slow sender paces itself.
  bool readable_within(int milliseconds) const;
  /// Ends the TCP connection without a TLS goodbye.
  void close() { socket_.reset(); }
  /// The server gave a ticket or let the session be resumed.
  bool has_resumable_session() const;

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  bool flush();
  bool receive();
  std::optional<std::string> read_some();

  FileDescriptor socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

/// Accepts one plain connection after the other and lets `serve` deal with it on its own thread.
class RawServer {
 public:
  explicit RawServer(std::function<void(int socket)> serve);
  ~RawServer();
  std::uint16_t port() const { return port_; }

 private:
  FileDescriptor listening_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// For RawServer: reads up to the end of the request's head, and writes.
std::string read_head(int socket);
void write_text(int socket, std::string_view text);

}  // namespace bauta::testing
