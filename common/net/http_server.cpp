#include "common/net/http_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "common/net/http_server_impl.h"
#include "common/net/http_session.h"

namespace bauta {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr double kLogBurst = 20;
constexpr double kLogsPerSecond = 2;

/// Accepting goes on whatever happens: out of descriptors, a peer that is gone already, no memory.
asio::awaitable<void> accept_loop(std::shared_ptr<HttpServer::Impl> server) {
  constexpr Milliseconds kFirstPause{10};
  constexpr Milliseconds kLongestPause{1000};
  Milliseconds pause = kFirstPause;
  while (!server->draining) {
    error_code failure;
    tcp::socket socket = co_await server->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failure));
    if (server->draining) break;
    if (failure) {
      HttpEvent event;
      event.kind = HttpEvent::Kind::accept_failed;
      event.detail = failure.message();
      server->report(std::move(event));
      server->accept_pause.expires_after(pause);
      co_await server->accept_pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
      pause = std::min(pause * 2, kLongestPause);
      continue;
    }
    pause = kFirstPause;
    HttpSession::start(server, std::move(socket));
  }
}

}  // namespace

HttpServer::Impl::Impl(HttpServerSettings with, HttpService& to, IoThread& on, Worker& control_thread,
                       const Clock& time, HttpObserver& watched_by)
    : settings(std::move(with)),
      service(to),
      io(on.impl()),
      control(control_thread),
      clock(time),
      observer(watched_by),
      acceptor(io.context),
      accept_pause(io.context) {}

Status HttpServer::Impl::open() {
  if (settings.tls) {
    auto context = make_server_context(*settings.tls, clock.wall());
    if (!context) return with_context(fmt::format("{} listener", settings.name), context.error());
    tls = std::move(context).value();
  }
  error_code failure;
  const auto address = asio::ip::make_address(settings.address, failure);
  if (failure) {
    return Error{ErrorCode::invalid_argument, fmt::format("{} listener: '{}' is no IP address: use for example 0.0.0.0",
                                                          settings.name, settings.address)};
  }
  const tcp::endpoint endpoint(address, settings.port);
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (!failure) port = acceptor.local_endpoint(failure).port();
  if (failure) {
    return Error{ErrorCode::io, fmt::format("{} listener: cannot listen on {} port {}: {}{}", settings.name,
                                            settings.address, settings.port, failure.message(),
                                            failure == asio::error::address_in_use
                                                ? "; set another port or stop the program that has it"
                                                : "")};
  }
  return {};
}

void HttpServer::Impl::start_accepting() {
  accepting = true;
  auto self = shared_from_this();
  auto ended = [self](std::exception_ptr thrown) {
    if (thrown) {
      HttpEvent event;
      event.kind = HttpEvent::Kind::accept_failed;
      event.detail = "the accept loop threw an exception and ended";
      self->report(std::move(event));
    }
    self->accept_loop_ended();
  };
  asio::co_spawn(io.context, accept_loop(self), std::move(ended));
}

void HttpServer::Impl::begin_drain() {
  if (draining) return;
  draining = true;
  error_code ignored;
  acceptor.close(ignored);
  accept_pause.cancel();
  for (auto* session : sessions) session->drain();
}

void HttpServer::Impl::cut_all() {
  begin_drain();
  for (auto* session : sessions) session->cut();
}

bool HttpServer::Impl::wait_until_empty(std::optional<Milliseconds> at_most) {
  std::unique_lock lock(mutex);
  const auto empty = [this] { return !accepting && open_connections == 0; };
  if (at_most) return emptied.wait_for(lock, *at_most, empty);
  emptied.wait(lock, empty);
  return true;
}

void HttpServer::Impl::add_session(HttpSession& session) {
  sessions.insert(&session);
  ++sessions_of[session.remote_host()];
  const std::scoped_lock lock(mutex);
  open_connections = sessions.size();
}

void HttpServer::Impl::remove_session(HttpSession& session) {
  if (sessions.erase(&session) > 0) {
    const auto of_host = sessions_of.find(session.remote_host());
    if (--of_host->second == 0) sessions_of.erase(of_host);
  }
  const std::scoped_lock lock(mutex);
  open_connections = sessions.size();
  emptied.notify_all();
}

void HttpServer::Impl::accept_loop_ended() {
  const std::scoped_lock lock(mutex);
  accepting = false;
  emptied.notify_all();
}

void HttpServer::Impl::report(HttpEvent event) {
  event.listener = settings.name;
  if (event.kind != HttpEvent::Kind::request_done) {
    auto& allowance = allowances_[static_cast<std::size_t>(event.kind)];
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> since = now - allowance.refilled;
    allowance.tokens = std::min(kLogBurst, allowance.tokens + since.count() * kLogsPerSecond);
    allowance.refilled = now;
    event.log = allowance.tokens >= 1;
    if (event.log) {
      allowance.tokens -= 1;
      event.left_out = std::exchange(allowance.left_out, 0);
    } else {
      ++allowance.left_out;
    }
  }
  observer.on_event(event);
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerSettings settings, HttpService& service, IoThread& io,
                                                      Worker& control, const Clock& clock, HttpObserver& observer) {
  auto impl = std::make_shared<Impl>(std::move(settings), service, io, control, clock, observer);
  BAUTA_RETURN_IF_ERROR(impl->open());
  impl->start_accepting();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  BAUTA_CHECK(!impl_->control.is_current_thread());  // it would wait for itself
  asio::post(impl_->io.context, [impl = impl_] { impl->cut_all(); });
  impl_->wait_until_empty(std::nullopt);
}

std::uint16_t HttpServer::port() const { return impl_->port; }

std::size_t HttpServer::open_connections() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->open_connections;
}

void HttpServer::begin_drain() {
  asio::post(impl_->io.context, [impl = impl_] { impl->begin_drain(); });
}

void HttpServer::drain() {
  begin_drain();
  if (impl_->wait_until_empty(impl_->settings.drain_grace)) return;
  asio::post(impl_->io.context, [impl = impl_] { impl->cut_all(); });
  impl_->wait_until_empty(std::nullopt);
}

std::string_view to_string(HttpEvent::Kind kind) {
  switch (kind) {
    case HttpEvent::Kind::request_done: return "request_done";
    case HttpEvent::Kind::request_refused: return "request_refused";
    case HttpEvent::Kind::connection_lost: return "connection_lost";
    case HttpEvent::Kind::connection_refused: return "connection_refused";
    case HttpEvent::Kind::handshake_failed: return "handshake_failed";
    case HttpEvent::Kind::service_failed: return "service_failed";
    case HttpEvent::Kind::accept_failed: return "accept_failed";
  }
  return "unknown";
}

}  // namespace bauta
