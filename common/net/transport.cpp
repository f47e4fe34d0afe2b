#include "common/net/transport.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/net/tls_context.h"

namespace bauta {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::string words(const error_code& failure) {
  if (failure.category() == asio::error::get_ssl_category()) {
    const auto alert = peer_alert(static_cast<unsigned long>(failure.value()));
    if (!alert.empty()) return fmt::format("the peer sent the TLS alert '{}'", alert);
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(failure.value()));
    return reason == nullptr ? failure.message() : std::string(reason);
  }
  if (failure == asio::ssl::error::stream_truncated) return "the connection ended without TLS close_notify";
  return failure.message();
}

template <class Stream>
class StreamTransport : public Transport {
 public:
  template <class... Arguments>
  explicit StreamTransport(Arguments&&... arguments) : stream_(std::forward<Arguments>(arguments)...) {}

  asio::awaitable<Outcome> read_some(MutableByteView into) override {
    Outcome outcome;
    error_code failure;
    const auto buffer = asio::buffer(into.data(), into.size());
    outcome.bytes = co_await stream_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failure));
    if (failure == asio::error::eof) {
      outcome.ended = true;
    } else if (failure) {
      outcome.failure = words(failure);
    }
    co_return outcome;
  }

  asio::awaitable<Outcome> write(ByteView bytes) override {
    Outcome outcome;
    error_code failure;
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    outcome.bytes = co_await asio::async_write(stream_, buffer, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) outcome.failure = words(failure);
    co_return outcome;
  }

 protected:
  Stream stream_;
};

class PlainTransport final : public StreamTransport<Transport::Socket> {
 public:
  using StreamTransport::StreamTransport;

  asio::awaitable<std::string> handshake() override { co_return std::string(); }
  asio::awaitable<void> shutdown() override {
    error_code ignored;
    stream_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }
  std::optional<CertificateIdentity> peer() const override { return std::nullopt; }
  Socket& socket() override { return stream_; }
};

class TlsTransport final : public StreamTransport<asio::ssl::stream<Transport::Socket>> {
 public:
  using StreamTransport::StreamTransport;

  asio::awaitable<std::string> handshake() override {
    error_code failure;
    co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      const auto refusal = certificate_refusal(ssl());
      co_return refusal.empty() ? words(failure) : refusal;
    }
    if ((SSL_get_verify_mode(ssl()) & SSL_VERIFY_PEER) != 0) {
      auto identity = peer_identity(ssl());
      if (!identity) co_return identity.error().message;
      peer_ = std::move(identity).value();
    }
    co_return std::string();
  }

  asio::awaitable<void> shutdown() override {
    error_code ignored;
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    stream_.next_layer().shutdown(Socket::shutdown_send, ignored);
  }
  std::optional<CertificateIdentity> peer() const override { return peer_; }
  Socket& socket() override { return stream_.next_layer(); }

 private:
  const SSL* ssl() const { return const_cast<TlsTransport*>(this)->stream_.native_handle(); }

  std::optional<CertificateIdentity> peer_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(Transport::Socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(Transport::Socket socket, SSL_CTX* context) {
  SSL* ssl = SSL_new(context);
  BAUTA_CHECK(ssl != nullptr);  // fails only without memory
  return std::make_unique<TlsTransport>(std::move(socket), ssl);
}

asio::awaitable<void> discard_input(Transport::Socket& socket) {
  std::array<std::uint8_t, 16 * 1024> dropped;
  error_code failure;
  const auto buffer = asio::buffer(dropped);
  while (!failure) co_await socket.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failure));
}

}  // namespace bauta
