#include "tests/http/raw_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "common/base/result.h"

namespace bauta::testing {

namespace {

constexpr timeval kPatience{30, 0};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  const auto address = loopback(port);
  BAUTA_CHECK(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

bool RawClient::start_tls(const Tls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, tls.max_version);
  if (tls.certificate != nullptr) {
    BAUTA_CHECK(SSL_CTX_use_certificate_file(context, tls.certificate->certificate_file.c_str(), SSL_FILETYPE_PEM) ==
                1);
    BAUTA_CHECK(SSL_CTX_use_PrivateKey_file(context, tls.certificate->key_file.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  ssl_.reset(SSL_new(context));
  SSL_CTX_free(context);
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), result);
    const bool flushed = flush();
    if (result == 1) return flushed;
    if (error != SSL_ERROR_WANT_READ || !flushed || !receive()) return false;
  }
}

bool RawClient::flush() {
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const int length = BIO_read(SSL_get_wbio(ssl_.get()), buffer.data(), static_cast<int>(buffer.size()));
    if (length <= 0) return true;
    if (!send_all(socket_.get(), std::string_view(buffer.data(), static_cast<std::size_t>(length)))) return false;
  }
}

bool RawClient::receive() {
  std::array<char, 16 * 1024> buffer;
  const auto received = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (received <= 0) return false;
  BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(received));
  return true;
}

bool RawClient::send(std::string_view bytes) {
  if (!ssl_) return send_all(socket_.get(), bytes);
  ERR_clear_error();
  if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) return false;
  return flush();
}

std::optional<std::string> RawClient::read_some() {
  std::array<char, 16 * 1024> buffer;
  if (!ssl_) {
    const auto received = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received <= 0) return std::nullopt;
    return std::string(buffer.data(), static_cast<std::size_t>(received));
  }
  while (true) {
    ERR_clear_error();
    const int length = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (length > 0) return std::string(buffer.data(), static_cast<std::size_t>(length));
    if (SSL_get_error(ssl_.get(), length) != SSL_ERROR_WANT_READ || !receive()) return std::nullopt;
  }
}

std::string RawClient::read_all() {
  std::string all;
  while (auto piece = read_some()) all += *piece;
  return all;
}

std::string RawClient::read_until(std::string_view mark) {
  std::string all;
  while (all.find(mark) == std::string::npos) {
    auto piece = read_some();
    if (!piece) break;
    all += *piece;
  }
  return all;
}

bool RawClient::readable_within(int milliseconds) const {
  pollfd waited{socket_.get(), POLLIN, 0};
  return poll(&waited, 1, milliseconds) > 0;
}

bool RawClient::has_resumable_session() const {
  return ssl_ && SSL_get0_session(ssl_.get()) != nullptr && SSL_SESSION_is_resumable(SSL_get0_session(ssl_.get())) == 1;
}

RawServer::RawServer(std::function<void(int socket)> serve)
    : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  BAUTA_CHECK(bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BAUTA_CHECK(listen(listening_.get(), 8) == 0);
  socklen_t length = sizeof address;
  BAUTA_CHECK(getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, serve = std::move(serve)] {
    while (true) {
      const FileDescriptor accepted(accept(listening_.get(), nullptr, nullptr));
      if (!accepted.valid()) return;
      setsockopt(accepted.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
      serve(accepted.get());
    }
  });
}

RawServer::~RawServer() {
  shutdown(listening_.get(), SHUT_RDWR);
  thread_.join();
}

std::string read_head(int socket) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const auto received = recv(socket, buffer.data(), buffer.size(), 0);
    if (received <= 0) break;
    head.append(buffer.data(), static_cast<std::size_t>(received));
  }
  return head;
}

void write_text(int socket, std::string_view text) { send_all(socket, text); }

}  // namespace bauta::testing
