#include "common/net/client_connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

#include "common/net/tls_context.h"

namespace bauta {

namespace {

std::string system_words(int code) { return std::generic_category().message(code); }

Error unreachable(std::string message) { return Error{ErrorCode::unreachable, std::move(message)}; }

// OpenSSL's own socket BIO uses write(2): a closed peer would raise SIGPIPE and end the process. Hence one of our own.

struct SocketState {
  int fd = -1;
  bool ended = false;
};

int bio_write(BIO* bio, const char* data, int length) {
  auto* state = static_cast<SocketState*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto sent = send(state->fd, data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int length) {
  auto* state = static_cast<SocketState*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto received = recv(state->fd, data, static_cast<std::size_t>(length), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (received == 0) state->ended = true;
  return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<SocketState*>(BIO_get_data(bio))->ended ? 1 : 0;
  return 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

int bio_destroy(BIO* bio) {
  delete static_cast<SocketState*>(BIO_get_data(bio));
  BIO_set_data(bio, nullptr);
  return 1;
}

BIO* make_socket_bio(int fd) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bauta socket");
    BAUTA_CHECK(made != nullptr);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    BIO_meth_set_destroy(made, bio_destroy);
    return made;
  }();
  BIO* bio = BIO_new(method);
  BAUTA_CHECK(bio != nullptr);
  BIO_set_data(bio, new SocketState{fd, false});
  return bio;
}

Status wait_on(int fd, short events, SteadyTime deadline, const Interrupt& interrupt, const std::string& where) {
  while (true) {
    if (interrupt.raised()) return Error{ErrorCode::cancelled, fmt::format("the call to {} was cancelled", where)};
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Error{ErrorCode::timeout, fmt::format("{} did not answer in time", where)};
    std::array<pollfd, 2> waited{{{fd, events, 0}, {interrupt.fd(), POLLIN, 0}}};
    // Rounded up, or the last millisecond would be a busy loop.
    const auto milliseconds = std::min<std::int64_t>(left.count() / 1'000'000 + 1, 60'000);
    const int ready = poll(waited.data(), waited.size(), static_cast<int>(milliseconds));
    if (ready < 0 && errno != EINTR) return Error{ErrorCode::io, fmt::format("poll: {}", system_words(errno))};
    if (ready > 0 && waited[0].revents != 0 && !interrupt.raised()) return {};
  }
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<FileDescriptor> connect_to(const addrinfo& address, SteadyTime deadline, const Interrupt& interrupt,
                                  const std::string& where) {
  FileDescriptor socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket.valid()) return unreachable(fmt::format("cannot open a socket: {}", system_words(errno)));
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  int failure = 0;
  if (connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) {
      failure = errno;
    } else {
      BAUTA_RETURN_IF_ERROR(wait_on(socket.get(), POLLOUT, deadline, interrupt, where));
      socklen_t length = sizeof failure;
      getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &length);
    }
  }
  if (failure != 0) {
    return unreachable(fmt::format("cannot connect to {}: {}; check address and port, and that the server runs", where,
                                   system_words(failure)));
  }
  return socket;
}

bool is_ip_address(const std::string& name) {
  in6_addr ignored{};
  return inet_pton(AF_INET, name.c_str(), &ignored) == 1 || inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

}  // namespace

Interrupt::Interrupt() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { BAUTA_CHECK(event_.valid()); }

void Interrupt::raise() {
  raised_ = true;
  // Fails only when the counter is full, and then it is raised already.
  [[maybe_unused]] const int ignored = eventfd_write(event_.get(), 1);
}

void Interrupt::lower() {
  raised_ = false;
  eventfd_t value = 0;
  [[maybe_unused]] const int ignored = eventfd_read(event_.get(), &value);
}

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(const HttpClientSettings& settings, SSL_CTX* tls,
                                                                 Interrupt& interrupt, SteadyTime deadline) {
  const auto where = fmt::format("{}:{}", settings.host, settings.port);
  if (interrupt.raised()) return Error{ErrorCode::cancelled, fmt::format("the call to {} was cancelled", where)};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(settings.port);
  if (const int failure = getaddrinfo(settings.host.c_str(), port.c_str(), &hints, &found); failure != 0) {
    return unreachable(fmt::format("cannot find the address of '{}': {}", settings.host, gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  Result<FileDescriptor> socket = unreachable(fmt::format("'{}' has no address", settings.host));
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    socket = connect_to(*address, deadline, interrupt, where);
    if (socket.ok() || socket.error().code != ErrorCode::unreachable) break;
  }
  if (!socket.ok()) return std::move(socket).error();
  std::unique_ptr<ClientConnection> connection(new ClientConnection(std::move(socket).value(), where, interrupt));
  if (tls != nullptr) BAUTA_RETURN_IF_ERROR(connection->start_tls(settings, tls, deadline));
  return connection;
}

ClientConnection::~ClientConnection() {
  if (!ssl_ || broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

Status ClientConnection::start_tls(const HttpClientSettings& settings, SSL_CTX* context, SteadyTime deadline) {
  name_ = settings.server_name.empty() ? settings.host : settings.server_name;
  ssl_.reset(SSL_new(context));
  BAUTA_CHECK(ssl_ != nullptr);
  BIO* bio = make_socket_bio(socket_.get());
  SSL_set_bio(ssl_.get(), bio, bio);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_.get());
  bool named = false;
  if (is_ip_address(name_)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(verify, name_.c_str()) == 1;
  } else {
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    named = X509_VERIFY_PARAM_set1_host(verify, name_.c_str(), name_.size()) == 1 &&
            SSL_set_tlsext_host_name(ssl_.get(), name_.c_str()) == 1;
  }
  if (!named) return Error{ErrorCode::invalid_argument, fmt::format("'{}' is no name a certificate can hold", name_)};
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return {};
    BAUTA_TRY(const Progress progress, tls_outcome(result, true));
    if (progress.ended) {
      broken_ = true;
      return Error{ErrorCode::tls, fmt::format("{} ended the TLS handshake", where_)};
    }
    auto waited = wait(progress.wait_for, deadline);
    if (!waited) {
      broken_ = true;
      return waited;
    }
  }
}

Error ClientConnection::tls_failure(bool handshake) {
  broken_ = true;
  const unsigned long error = ERR_peek_error();
  const auto refusal = certificate_refusal(ssl_.get());
  if (!refusal.empty()) {
    ERR_clear_error();
    return Error{ErrorCode::tls, fmt::format("the certificate of {} is refused (it must be signed by the configured "
                                             "CA and be issued for '{}'; is this the right port?): {}",
                                             where_, name_, refusal)};
  }
  const auto alert = peer_alert(error);
  if (!alert.empty()) {
    const bool certificate = is_certificate_alert(error);
    ERR_clear_error();
    if (certificate && SSL_get_certificate(ssl_.get()) == nullptr) {
      return Error{ErrorCode::tls,
                   fmt::format("{} wants a client certificate, and none is configured here (TLS alert '{}'): "
                               "is this the port of the partner listener?",
                               where_, alert)};
    }
    if (certificate) {
      return Error{ErrorCode::tls,
                   fmt::format("the coordinator refused our certificate (TLS alert '{}' from {}): check that this "
                               "federation's CA issued it with the extended key usage clientAuth, and that it has not "
                               "expired",
                               alert, where_)};
    }
    return Error{ErrorCode::tls, fmt::format("{} sent the TLS alert '{}'", where_, alert)};
  }
  const int reason = ERR_GET_REASON(error);
  const auto words = take_openssl_error();
  if (handshake && reason == SSL_R_WRONG_VERSION_NUMBER) {
    return Error{ErrorCode::tls, fmt::format("{} does not speak TLS 1.3: check the port", where_)};
  }
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return unreachable(fmt::format("{} closed the connection without TLS close_notify", where_));
  }
  return Error{ErrorCode::tls, fmt::format("TLS with {} failed: {}", where_, words)};
}

Result<ClientConnection::Progress> ClientConnection::tls_outcome(int result, bool handshake) {
  const int system_error = errno;
  Progress progress;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: progress.wait_for = POLLIN; return progress;
    case SSL_ERROR_WANT_WRITE: progress.wait_for = POLLOUT; return progress;
    case SSL_ERROR_ZERO_RETURN: progress.ended = true; return progress;
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      ERR_clear_error();
      return unreachable(fmt::format("the connection to {} broke: {}", where_,
                                     system_error == 0 ? "closed by the server" : system_words(system_error)));
    default: return tls_failure(handshake);
  }
}

Result<ClientConnection::Progress> ClientConnection::read_some(MutableByteView into) {
  if (ssl_) {
    ERR_clear_error();
    errno = 0;
    Progress progress;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &progress.bytes);
    if (result == 1) return progress;
    return tls_outcome(result, false);
  }
  Progress progress;
  const auto received = recv(socket_.get(), into.data(), into.size(), 0);
  if (received > 0) {
    progress.bytes = static_cast<std::size_t>(received);
  } else if (received == 0) {
    progress.ended = true;
  } else if (errno == EAGAIN || errno == EINTR) {
    progress.wait_for = POLLIN;
  } else {
    return unreachable(fmt::format("the connection to {} broke: {}", where_, system_words(errno)));
  }
  return progress;
}

Result<ClientConnection::Progress> ClientConnection::write_some(ByteView bytes) {
  if (ssl_) {
    ERR_clear_error();
    errno = 0;
    Progress progress;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &progress.bytes);
    if (result == 1) return progress;
    return tls_outcome(result, false);
  }
  Progress progress;
  const auto sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    progress.bytes = static_cast<std::size_t>(sent);
  } else if (errno == EAGAIN || errno == EINTR) {
    progress.wait_for = POLLOUT;
  } else {
    return unreachable(fmt::format("the connection to {} broke: {}", where_, system_words(errno)));
  }
  return progress;
}

Status ClientConnection::wait(short events, SteadyTime deadline) const {
  return wait_on(socket_.get(), events, deadline, interrupt_, where_);
}

}  // namespace bauta
