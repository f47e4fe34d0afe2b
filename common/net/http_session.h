// One connection of a listener: requests one after the other, each with all its deadlines. Only for common/net.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/net/http_server_impl.h"
#include "common/net/request_head.h"
#include "common/net/transport.h"

namespace bauta {

/// Set once, waited for by one coroutine; I/O thread.
class AsyncEvent {
 public:
  explicit AsyncEvent(boost::asio::io_context& context) : timer_(context) {}
  void clear() { set_ = false; }
  void set();
  /// Returns when set, or at `deadline`.
  boost::asio::awaitable<void> wait_until(SteadyTime deadline);

 private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

/// All members run on the I/O thread. Keeps itself alive until its coroutine has ended.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  /// Takes over the connection; ends by itself.
  static void start(std::shared_ptr<HttpServer::Impl> server, Transport::Socket socket);

  HttpSession(std::shared_ptr<HttpServer::Impl> server, Transport::Socket socket, std::string remote_address,
              boost::asio::ip::address remote_host);

  /// Without the port.
  const boost::asio::ip::address& remote_host() const { return remote_host_; }

  /// Ends waiting: an idle connection closes, a long poll is answered.
  void drain();
  /// Closes the socket under whatever is going on.
  void cut();

 private:
  using Task = boost::asio::awaitable<void>;
  enum class Step : std::uint8_t {
    go_on,
    answer,  ///< response_ holds the server's own answer; the connection ends after it
    lost,    ///< nobody is left to answer; detail_ says why
  };
  using NextStep = boost::asio::awaitable<Step>;

  Task run();
  boost::asio::awaitable<bool> greet();
  boost::asio::awaitable<bool> serve_one();
  NextStep read_head();
  NextStep read_body();
  NextStep receive_upload();
  NextStep stream_to_sink();
  NextStep ask_service();
  NextStep say_continue();
  /// Reads more into buffered_; false after an error, end or timeout.
  boost::asio::awaitable<bool> fill();
  boost::asio::awaitable<bool> send(ByteView bytes);
  boost::asio::awaitable<bool> send_response(bool keep);
  /// The body that the response wants made, or the answer that it could not be made.
  Task make_body();
  boost::asio::awaitable<bool> send_file(FileRegion region);
  /// Runs `work` on `worker` and resumes here; false when the worker has stopped.
  boost::asio::awaitable<bool> run_on(Worker& worker, std::function<void()>& work);
  bool post_to(Worker& worker, std::function<void()>& work);
  /// Its destructor belongs to the control thread.
  Task drop_sink(std::unique_ptr<BodySink>& sink);
  Task part();
  void end(std::exception_ptr thrown);

  Step refuse(int status, ErrorCode code, std::string_view detail);
  Step refuse_busy(std::string_view detail);
  Step service_failed(std::string_view detail);
  Step answer_error(const Error& error);
  Step reading_failed(std::string_view what);
  void count_read(const Transport::Outcome& outcome);
  std::string response_head(bool keep);
  WakeSignal::Subscription subscribe(const WaitFor& wait);
  void report(HttpEvent::Kind kind);

  void arm(Milliseconds timeout) { arm_until(std::chrono::steady_clock::now() + timeout); }
  void arm_until(SteadyTime deadline);
  void disarm() { deadline_ = SteadyTime::max(); }
  void arm_for_body(SteadyTime started, std::uint64_t received);
  void watch();
  void on_watch();

  const std::shared_ptr<HttpServer::Impl> server_;
  const std::unique_ptr<Transport> transport_;
  const std::string remote_address_;
  const boost::asio::ip::address remote_host_;
  std::optional<CertificateIdentity> peer_;

  Bytes buffered_;  ///< read, not yet consumed
  HttpRequest request_;
  HttpResponse response_;
  RequestHead head_;  ///< all but its request
  SteadyTime started_{};
  std::uint64_t unread_ = 0;  ///< of the body
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::string detail_;
  bool failed_service_ = false;
  bool refused_ = false;
  int sent_status_ = 0;

  bool idle_ = false;
  bool served_any_ = false;
  bool linger_ = false;
  bool ended_ = false;
  AsyncEvent done_;
  AsyncEvent woken_;

  /// One timer for all deadlines: it looks whether the deadline has moved on and goes back to sleep. When one passes,
  /// the pending operation is cancelled, and 100 ms later, should that have missed it, the socket closed.
  boost::asio::steady_timer watchdog_;
  SteadyTime deadline_ = SteadyTime::max();
  SteadyTime watch_due_ = SteadyTime::max();
  bool timed_out_ = false;
};

}  // namespace bauta
