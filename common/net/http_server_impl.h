// What the sessions of one listener share; only for common/net. I/O thread unless it says otherwise.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "common/net/http_server.h"
#include "common/net/io_thread_impl.h"
#include "common/net/tls_context.h"

namespace bauta {

class HttpSession;

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  Impl(HttpServerSettings with, HttpService& to, IoThread& on, Worker& control_thread, const Clock& time,
       HttpObserver& watched_by);

  /// Before the I/O thread knows of it.
  Status open();
  void start_accepting();
  void begin_drain();
  void cut_all();
  /// Thread-safe: waits until nothing of this listener is left, or `at_most` has passed.
  bool wait_until_empty(std::optional<Milliseconds> at_most);
  void add_session(HttpSession& session);
  void remove_session(HttpSession& session);
  void accept_loop_ended();
  /// Fills in listener, log and left_out.
  void report(HttpEvent event);

  const HttpServerSettings settings;
  HttpService& service;
  IoThread::Impl& io;
  Worker& control;
  const Clock& clock;
  HttpObserver& observer;
  SslContext tls;
  boost::asio::ip::tcp::acceptor acceptor;
  boost::asio::steady_timer accept_pause;
  std::uint16_t port = 0;
  bool draining = false;
  std::size_t upload_slots_used = 0;
  std::set<HttpSession*> sessions;
  std::map<boost::asio::ip::address, std::size_t> sessions_of;  ///< never zero

  std::mutex mutex;  ///< guards the three below, for other threads' eyes
  std::condition_variable emptied;
  bool accepting = false;
  std::size_t open_connections = 0;

 private:
  /// A few lines of each kind at once, then so many a second.
  struct LogAllowance {
    double tokens = 20;
    SteadyTime refilled{};
    std::uint64_t left_out = 0;
  };
  std::array<LogAllowance, 7> allowances_;
};

}  // namespace bauta
