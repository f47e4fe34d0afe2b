// One connection of the blocking client: a non-blocking socket, with TLS or without, that waits with poll(2) so that
// deadlines and cancel() always get through. Only for common/net.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/result.h"
#include "common/net/http_client.h"

namespace bauta {

/// Lets another thread end a wait. Thread-safe.
class Interrupt {
 public:
  Interrupt();
  void raise();
  void lower();
  bool raised() const { return raised_; }
  int fd() const { return event_.get(); }

 private:
  FileDescriptor event_;
  std::atomic<bool> raised_{false};
};

class ClientConnection {
 public:
  /// `tls` null: plain. Errors: unreachable, tls, timeout, cancelled.
  static Result<std::unique_ptr<ClientConnection>> open(const HttpClientSettings& settings, SSL_CTX* tls,
                                                        Interrupt& interrupt, SteadyTime deadline);
  /// Says goodbye when the connection is still in order.
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  struct Progress {
    std::size_t bytes = 0;
    bool ended = false;  ///< the peer closed in order; reading only
    short wait_for = 0;  ///< poll(2) events when nothing could be done
  };
  /// Never blocks. Errors: unreachable (reset, closed without a goodbye), tls.
  Result<Progress> read_some(MutableByteView into);
  Result<Progress> write_some(ByteView bytes);
  /// Errors: timeout, cancelled.
  Status wait(short events, SteadyTime deadline) const;

 private:
  ClientConnection(FileDescriptor socket, std::string where, Interrupt& interrupt)
      : socket_(std::move(socket)), where_(std::move(where)), interrupt_(interrupt) {}
  Status start_tls(const HttpClientSettings& settings, SSL_CTX* context, SteadyTime deadline);
  Result<Progress> tls_outcome(int result, bool handshake);
  Error tls_failure(bool handshake);

  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  FileDescriptor socket_;
  std::string where_;  ///< "host:port" for error texts
  std::string name_;   ///< that the certificate must hold
  Interrupt& interrupt_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool broken_ = false;
};

}  // namespace bauta
