// A connection with or without TLS, as the session's coroutines use it. Only for common/net; I/O thread.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/crypto/certificate.h"

namespace bauta {

class Transport {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  struct Outcome {
    std::size_t bytes = 0;
    std::string failure;  ///< empty: it went well
    bool ended = false;   ///< the peer closed in order
    bool ok() const { return failure.empty() && !ended; }
  };

  virtual ~Transport() = default;
  /// Empty, or why it failed.
  virtual boost::asio::awaitable<std::string> handshake() = 0;
  /// At least one byte unless it fails.
  virtual boost::asio::awaitable<Outcome> read_some(MutableByteView into) = 0;
  /// All of it.
  virtual boost::asio::awaitable<Outcome> write(ByteView bytes) = 0;
  /// Says that nothing more will be sent.
  virtual boost::asio::awaitable<void> shutdown() = 0;
  /// After handshake(); none where no client certificate is asked for.
  virtual std::optional<CertificateIdentity> peer() const = 0;
  virtual Socket& socket() = 0;
};

std::unique_ptr<Transport> make_plain_transport(Transport::Socket socket);
std::unique_ptr<Transport> make_tls_transport(Transport::Socket socket, SSL_CTX* context);

/// Reads and drops what the peer still sends below TLS, until it closes or the socket is cancelled: a socket that is
/// closed with unread bytes resets the connection, and the peer loses our last answer.
boost::asio::awaitable<void> discard_input(Transport::Socket& socket);

}  // namespace bauta
