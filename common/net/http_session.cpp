#include "common/net/http_session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "common/base/file.h"
#include "common/net/problem.h"

namespace bauta {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 16 * 1024;    // one TLS record
constexpr std::size_t kPieceBytes = 256 * 1024;  // to the disk and back
/// A slow sender's bytes are handed on at least this often, so that the sink can end an upload that is of no use any
/// more.
constexpr Milliseconds kPieceTime{1'000};
constexpr Milliseconds kCancelPatience{100};

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

/// Runs a function of the service, whose exceptions cost it the request only.
template <class Function>
void guard(std::string& failure, Function&& function) {
  try {
    function();
  } catch (const std::exception& thrown) {
    failure = fmt::format("exception: {}", thrown.what());
  } catch (...) {
    failure = "exception of an unknown type";
  }
}

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, 256));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return shown;
}

/// A service's value must not be able to begin a header line of its own.
std::string header_text(std::string_view text) {
  std::string safe(text);
  std::replace_if(
      safe.begin(), safe.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return safe;
}

/// RFC 9110 §5.6.7.
std::string http_date(WallTime now) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(parts.tm_wday)],
                     parts.tm_mday, kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool has_no_body(int status) { return status == 204 || status == 304; }

class UploadSlot {
 public:
  explicit UploadSlot(std::size_t& used) : used_(used) { ++used_; }
  ~UploadSlot() { --used_; }
  UploadSlot(const UploadSlot&) = delete;
  UploadSlot& operator=(const UploadSlot&) = delete;

 private:
  std::size_t& used_;
};

}  // namespace

void AsyncEvent::set() {
  set_ = true;
  timer_.cancel();
}

asio::awaitable<void> AsyncEvent::wait_until(SteadyTime deadline) {
  error_code ignored;
  while (!set_ && steady_now() < deadline) {
    timer_.expires_at(deadline);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void HttpSession::start(std::shared_ptr<HttpServer::Impl> server, Transport::Socket socket) {
  error_code failure;
  const auto endpoint = socket.remote_endpoint(failure);
  const auto host =
      endpoint.address().is_v6() ? fmt::format("[{}]", endpoint.address().to_string()) : endpoint.address().to_string();
  const auto remote = failure ? std::string("unknown") : fmt::format("{}:{}", host, endpoint.port());
  const auto of_host = server->sessions_of.find(endpoint.address());
  std::string too_many;
  if (server->sessions.size() >= server->settings.max_connections) {
    too_many = fmt::format("{} connections are open already (max_connections)", server->sessions.size());
  } else if (of_host != server->sessions_of.end() && of_host->second >= server->settings.max_connections_per_address) {
    too_many =
        fmt::format("{} connections of this address are open already (max_connections_per_address)", of_host->second);
  }
  if (!too_many.empty()) {
    HttpEvent event;
    event.kind = HttpEvent::Kind::connection_refused;
    event.remote_address = remote;
    event.detail = std::move(too_many);
    server->report(std::move(event));
    socket.close(failure);
    return;
  }
  socket.set_option(asio::ip::tcp::no_delay(true), failure);
  auto& context = server->io.context;
  auto session = std::make_shared<HttpSession>(server, std::move(socket), remote, endpoint.address());
  server->add_session(*session);
  auto ended = [session](std::exception_ptr thrown) { session->end(thrown); };
  asio::co_spawn(context, session->run(), std::move(ended));
}

void HttpSession::end(std::exception_ptr thrown) {
  if (thrown) {
    guard(detail_, [&] { std::rethrow_exception(thrown); });
    report(HttpEvent::Kind::connection_lost);
  }
  error_code ignored;
  transport_->socket().close(ignored);
  ended_ = true;
  watchdog_.cancel();
  server_->remove_session(*this);
}

HttpSession::HttpSession(std::shared_ptr<HttpServer::Impl> server, Transport::Socket socket, std::string remote_address,
                         boost::asio::ip::address remote_host)
    : server_(std::move(server)),
      transport_(server_->tls ? make_tls_transport(std::move(socket), server_->tls.get())
                              : make_plain_transport(std::move(socket))),
      remote_address_(std::move(remote_address)),
      remote_host_(std::move(remote_host)),
      done_(server_->io.context),
      woken_(server_->io.context),
      watchdog_(server_->io.context) {}

void HttpSession::drain() {
  if (idle_) arm_until(steady_now());
  woken_.set();
}

void HttpSession::cut() {
  error_code ignored;
  transport_->socket().close(ignored);
  woken_.set();
}

// The watchdog.

void HttpSession::arm_until(SteadyTime deadline) {
  timed_out_ = false;
  deadline_ = deadline;
  if (deadline_ < watch_due_) watch();
}

void HttpSession::arm_for_body(SteadyTime started, std::uint64_t received) {
  const auto& settings = server_->settings;
  auto deadline = steady_now() + settings.body_idle_timeout;
  if (settings.min_body_rate > 0) {
    constexpr std::uint64_t kDayMilliseconds = 24 * 60 * 60 * 1000;
    const Milliseconds paid_for(std::min(kDayMilliseconds, received * 1000 / settings.min_body_rate));
    deadline = std::min(deadline, started + settings.body_rate_grace + paid_for);
  }
  arm_until(deadline);
}

void HttpSession::watch() {
  watch_due_ = deadline_;
  watchdog_.expires_at(deadline_);
  watchdog_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (!failure && !self->ended_) self->on_watch();
  });
}

void HttpSession::on_watch() {
  watch_due_ = SteadyTime::max();
  if (deadline_ == SteadyTime::max()) return;
  if (steady_now() >= deadline_) {
    error_code ignored;
    if (timed_out_) {
      transport_->socket().close(ignored);
    } else {
      timed_out_ = true;
      transport_->socket().cancel(ignored);
    }
    deadline_ = steady_now() + kCancelPatience;
  }
  watch();
}

// The connection.

HttpSession::Task HttpSession::run() {
  const bool greeted = co_await greet();
  if (greeted) {
    bool more = true;
    while (more) more = co_await serve_one();
  }
  co_await part();
}

asio::awaitable<bool> HttpSession::greet() {
  arm(server_->settings.handshake_timeout);
  const std::string failure = co_await transport_->handshake();
  if (timed_out_) {
    detail_ = fmt::format("the handshake took longer than {} ms", server_->settings.handshake_timeout.count());
  } else {
    detail_ = failure;
  }
  disarm();
  if (!detail_.empty()) {
    linger_ = true;  // a refused client must be able to read the alert
    report(HttpEvent::Kind::handshake_failed);
    co_return false;
  }
  peer_ = transport_->peer();
  co_return true;
}

HttpSession::Task HttpSession::part() {
  arm(server_->settings.shutdown_timeout);
  co_await transport_->shutdown();
  if (linger_ && !timed_out_) co_await discard_input(transport_->socket());
  disarm();
}

asio::awaitable<bool> HttpSession::serve_one() {
  request_ = HttpRequest();
  response_ = HttpResponse();
  head_ = RequestHead();
  detail_.clear();
  unread_ = bytes_in_ = bytes_out_ = 0;
  failed_service_ = refused_ = false;
  sent_status_ = 0;

  if (buffered_.empty()) {
    if (server_->draining) co_return false;
    idle_ = true;
    // A kept connection may rest; a new one has no reason to.
    arm(served_any_ ? server_->settings.idle_timeout : server_->settings.header_timeout);
    const bool begun = co_await fill();
    idle_ = false;
    if (!begun) co_return false;
  }
  served_any_ = true;
  started_ = steady_now();
  arm(server_->settings.header_timeout);
  Step step = co_await read_head();
  if (step == Step::go_on) step = co_await read_body();
  disarm();
  if (step == Step::go_on) step = co_await ask_service();
  bool keep = false;
  if (step != Step::lost) {
    keep = step == Step::go_on && head_.keep_alive && !server_->draining;
    if (step == Step::answer) linger_ = true;
    const bool sent = co_await send_response(keep);
    response_ = HttpResponse();
    if (!sent) {
      step = Step::lost;
      keep = false;
    }
    disarm();
  }
  if (request_.upload) co_await drop_sink(request_.upload);
  if (step == Step::lost) {
    report(HttpEvent::Kind::connection_lost);
  } else if (failed_service_) {
    report(HttpEvent::Kind::service_failed);
  } else {
    report(refused_ ? HttpEvent::Kind::request_refused : HttpEvent::Kind::request_done);
  }
  co_return keep;
}

HttpSession::NextStep HttpSession::read_head() {
  RequestHeadLimits limits;
  limits.max_header_bytes = server_->settings.max_header_bytes;
  limits.max_headers = server_->settings.max_headers;
  limits.max_target_bytes = server_->settings.max_target_bytes;
  RequestHeadParser parser(limits);
  auto state = RequestHeadParser::State::need_more;
  while (state != RequestHeadParser::State::complete) {
    std::size_t consumed = 0;
    state = parser.feed(as_text(buffered_), consumed);
    buffered_.erase(buffered_.begin(), buffered_.begin() + static_cast<std::ptrdiff_t>(consumed));
    if (state == RequestHeadParser::State::failed) {
      const auto& error = parser.error();
      co_return refuse(error.status, error.code, error.detail);
    }
    if (state == RequestHeadParser::State::need_more) {
      const bool more = co_await fill();
      if (!more) co_return reading_failed("header");
    }
  }
  auto taken = parser.take();
  if (const auto* error = std::get_if<RequestHeadError>(&taken)) {
    co_return refuse(error->status, error->code, error->detail);
  }
  head_ = std::get<RequestHead>(std::move(taken));
  request_ = std::move(head_.request);
  request_.peer = peer_;
  request_.remote_address = remote_address_;
  co_return Step::go_on;
}

HttpSession::NextStep HttpSession::read_body() {
  BodyRule rule;
  std::string failure;
  guard(failure, [&] { rule = server_->service.body_rule(request_); });
  if (!failure.empty()) co_return service_failed(failure);
  unread_ = request_.content_length;
  if (unread_ > rule.max_bytes) {
    co_return refuse(413, ErrorCode::oversized,
                     fmt::format("the body has {} bytes, but at most {} are taken here", unread_, rule.max_bytes));
  }
  if (rule.streamed) {
    if (!head_.has_length) co_return refuse(411, ErrorCode::malformed, "a Content-Length is needed here");
    co_return co_await receive_upload();
  }
  if (unread_ == 0) co_return Step::go_on;
  Step step = co_await say_continue();
  const auto body_started = steady_now();
  while (step == Step::go_on) {
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(unread_, buffered_.size()));
    const auto end = buffered_.begin() + static_cast<std::ptrdiff_t>(taken);
    request_.body.insert(request_.body.end(), buffered_.begin(), end);
    buffered_.erase(buffered_.begin(), end);
    unread_ -= taken;
    if (unread_ == 0) break;
    arm_for_body(body_started, request_.body.size());
    const bool more = co_await fill();
    if (!more) step = reading_failed("body");
  }
  co_return step;
}

HttpSession::NextStep HttpSession::say_continue() {
  if (!head_.expect_continue || !buffered_.empty()) co_return Step::go_on;
  arm(server_->settings.write_timeout);
  const bool sent = co_await send(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
  co_return sent ? Step::go_on : Step::lost;
}

HttpSession::NextStep HttpSession::receive_upload() {
  disarm();
  if (server_->draining) co_return refuse_busy("the server is shutting down");
  if (server_->upload_slots_used >= server_->settings.max_upload_slots) {
    co_return refuse_busy(fmt::format("{} uploads are under way already", server_->upload_slots_used));
  }
  const UploadSlot slot(server_->upload_slots_used);
  std::string failure;
  UploadDecision decision;
  std::function<void()> open = [&] { guard(failure, [&] { decision = server_->service.open_upload(request_); }); };
  const bool opened = co_await run_on(server_->control, open);
  if (!opened) co_return refuse_busy("the server is shutting down");
  if (!failure.empty()) co_return service_failed(failure);
  if (auto* answer = std::get_if<HttpResponse>(&decision)) {
    response_ = std::move(*answer);
    co_return Step::answer;
  }
  request_.upload = std::get<std::unique_ptr<BodySink>>(std::move(decision));
  if (!request_.upload) co_return service_failed("open_upload() gave no sink");
  Step step = co_await say_continue();
  if (step == Step::go_on) step = co_await stream_to_sink();
  // A sink that saw the end goes to handle(); any other is given back before the answer, so that a client that tries
  // again does not meet its own first try.
  if (step != Step::go_on) co_await drop_sink(request_.upload);
  co_return step;
}

HttpSession::NextStep HttpSession::stream_to_sink() {
  BodySink& sink = *request_.upload;
  const auto capacity = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, unread_));
  Bytes piece;
  auto body_started = steady_now();
  std::uint64_t received = 0;
  std::string failure;
  Status written;
  std::function<void()> write = [&] { guard(failure, [&] { written = sink.write(piece); }); };
  std::function<void()> finish = [&] { guard(failure, [&] { written = sink.finish(); }); };
  bool finished = false;
  while (!finished) {
    bool broken = false;
    std::size_t filled = 0;
    piece.resize(capacity);
    const auto piece_ends = steady_now() + kPieceTime;
    while (!broken && filled < capacity && unread_ > 0 && (filled == 0 || steady_now() < piece_ends)) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(capacity - filled, unread_));
      std::size_t got = std::min(wanted, buffered_.size());
      if (got > 0) {
        const auto end = buffered_.begin() + static_cast<std::ptrdiff_t>(got);
        std::copy(buffered_.begin(), end, piece.begin() + static_cast<std::ptrdiff_t>(filled));
        buffered_.erase(buffered_.begin(), end);
      } else {
        arm_for_body(body_started, received);
        const MutableByteView into(piece.data() + filled, wanted);
        const Transport::Outcome outcome = co_await transport_->read_some(into);
        count_read(outcome);
        got = outcome.bytes;
        broken = !outcome.ok() || timed_out_;
      }
      filled += got;
      received += got;
      unread_ -= got;
    }
    const bool timed_out = timed_out_;
    disarm();
    piece.resize(filled);
    // What came before the connection broke is written too: the sender resumes behind it.
    const auto before = steady_now();
    finished = !broken && unread_ == 0;
    bool ran = true;
    if (filled > 0) ran = co_await run_on(server_->io.disk, write);
    if (ran && finished && failure.empty() && written.ok()) ran = co_await run_on(server_->io.disk, finish);
    body_started += steady_now() - before;  // our own disk is not the sender's fault
    if (!ran) co_return refuse_busy("the server is shutting down");
    if (!failure.empty()) co_return service_failed(failure);
    if (!written.ok()) co_return answer_error(written.error());
    if (broken) {
      timed_out_ = timed_out;
      co_return reading_failed("body");
    }
  }
  co_return Step::go_on;
}

HttpSession::NextStep HttpSession::ask_service() {
  std::optional<SteadyTime> wait_ends;
  std::string failure;
  Reply reply;
  std::function<void()> handle = [&] {
    guard(failure, [&] { reply = server_->service.handle(request_); });
    // The sink's destructor belongs to this thread.
    if (!failure.empty() || std::holds_alternative<HttpResponse>(reply)) request_.upload.reset();
  };
  while (true) {
    request_.waited = wait_ends && steady_now() >= *wait_ends;
    const bool ran = co_await run_on(server_->control, handle);
    if (!ran) co_return refuse_busy("the server is shutting down");
    if (!failure.empty()) co_return service_failed(failure);
    if (auto* response = std::get_if<HttpResponse>(&reply)) {
      response_ = std::move(*response);
      if (response_.status < 200 || response_.status > 599) {
        co_return service_failed(fmt::format("the service answered with status {}", response_.status));
      }
      co_return Step::go_on;
    }
    if (request_.waited) co_return service_failed("the service wants to wait though its time is up");
    const WaitFor wait = std::get<WaitFor>(reply);
    if (!wait_ends) wait_ends = steady_now() + std::min(wait.at_most, server_->settings.max_wait);
    woken_.clear();
    if (!server_->draining) {
      const WakeSignal::Subscription subscription = subscribe(wait);
      co_await woken_.wait_until(*wait_ends);
    }
    if (server_->draining) co_return refuse_busy("the server is shutting down");
  }
}

WakeSignal::Subscription HttpSession::subscribe(const WaitFor& wait) {
  if (!wait.signal) return WakeSignal::Subscription();
  return wait.signal->subscribe(wait.seen, [weak = weak_from_this(), &context = server_->io.context] {
    asio::post(context, [weak] {
      if (const auto self = weak.lock()) self->woken_.set();
    });
  });
}

// Reading and writing.

void HttpSession::count_read(const Transport::Outcome& outcome) {
  bytes_in_ += outcome.bytes;
  if (!outcome.ok()) detail_ = outcome.ended ? "the peer closed the connection" : outcome.failure;
}

asio::awaitable<bool> HttpSession::fill() {
  const auto had = buffered_.size();
  buffered_.resize(had + kReadBytes);
  const MutableByteView into(buffered_.data() + had, kReadBytes);
  const Transport::Outcome outcome = co_await transport_->read_some(into);
  buffered_.resize(had + outcome.bytes);
  count_read(outcome);
  co_return outcome.ok() && !timed_out_;
}

HttpSession::Step HttpSession::reading_failed(std::string_view what) {
  if (timed_out_) return refuse(408, ErrorCode::timeout, fmt::format("the {} came too slowly", what));
  detail_ = fmt::format("{} in the middle of the {}", detail_, what);
  return Step::lost;
}

asio::awaitable<bool> HttpSession::send(ByteView bytes) {
  const Transport::Outcome outcome = co_await transport_->write(bytes);
  bytes_out_ += outcome.bytes;
  const bool sent = outcome.ok() && !timed_out_;
  if (!sent) detail_ = timed_out_ ? "the peer did not take the response in time" : outcome.failure;
  co_return sent;
}

std::string HttpSession::response_head(bool keep) {
  const auto length = response_.file ? response_.file->length : response_.body.size();
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response_.status, reason_phrase(response_.status),
                                 http_date(server_->clock.wall()));
  if (!has_no_body(response_.status)) head += fmt::format("Content-Length: {}\r\n", length);
  if (!response_.content_type.empty()) head += fmt::format("Content-Type: {}\r\n", header_text(response_.content_type));
  for (const auto& [name, value] : response_.headers) {
    head += fmt::format("{}: {}\r\n", header_text(name), header_text(value));
  }
  head += keep ? "\r\n" : "Connection: close\r\n\r\n";
  return head;
}

HttpSession::Task HttpSession::make_body() {
  Status made;
  std::string failure;
  std::function<void()> make = [&] {
    guard(failure, [&] {
      auto body = response_.make_body();
      if (body.ok()) {
        response_.body = *std::move(body);
      } else {
        made = std::move(body).error();
      }
    });
  };
  const bool ran = co_await run_on(server_->io.disk, make);
  if (!ran) {
    refuse_busy("the server is shutting down");
  } else if (!failure.empty()) {
    service_failed(failure);
  } else if (!made.ok()) {
    answer_error(made.error());
  }
}

asio::awaitable<bool> HttpSession::send_response(bool keep) {
  FileDescriptor file;
  if (response_.make_body) co_await make_body();
  const bool with_body = !request_.head_only && !has_no_body(response_.status);
  if (response_.file && with_body) {
    Status found;
    const FileRegion region = *response_.file;
    std::function<void()> open = [&] {
      auto opened = open_file(region.path, O_RDONLY);
      if (!opened) {
        found = opened.error();
        return;
      }
      file = std::move(opened).value();
      struct stat state {};
      if (fstat(file.get(), &state) != 0) {
        found = file_error("read", region.path, errno);
      } else if (static_cast<std::uint64_t>(state.st_size) < region.offset ||
                 static_cast<std::uint64_t>(state.st_size) - region.offset < region.length) {
        found = Error{ErrorCode::io, fmt::format("{} is shorter than it should be", region.path.string())};
      }
    };
    const bool ran = co_await run_on(server_->io.disk, open);
    if (!ran) {
      refuse_busy("the server is shutting down");
    } else if (!found.ok()) {
      service_failed(found.error().message);
    }
  }
  const std::string head = response_head(keep);
  Bytes first(head.begin(), head.end());
  std::size_t sent = 0;
  if (with_body && !response_.file) {
    sent = std::min(response_.body.size(), kPieceBytes);
    append(first, ByteView(response_.body).first(sent));
  }
  sent_status_ = response_.status;
  arm(server_->settings.write_timeout);
  bool going = co_await send(first);
  while (going && with_body && !response_.file && sent < response_.body.size()) {
    const ByteView piece = ByteView(response_.body).subspan(sent, std::min(response_.body.size() - sent, kPieceBytes));
    arm(server_->settings.write_timeout);
    going = co_await send(piece);
    sent += piece.size();
  }
  if (!going || !with_body || !response_.file) co_return going;

  std::uint64_t offset = response_.file->offset;
  std::uint64_t left = response_.file->length;
  Bytes piece;
  bool readable = true;
  std::function<void()> read = [&] {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kPieceBytes)));
    const auto got = pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
    readable = got > 0;
    piece.resize(readable ? static_cast<std::size_t>(got) : 0);
  };
  while (going && left > 0) {
    disarm();
    const bool ran = co_await run_on(server_->io.disk, read);
    if (!ran || !readable) {
      detail_ = fmt::format("cannot read {} any further", response_.file->path.string());
      co_return false;
    }
    arm(server_->settings.write_timeout);
    going = co_await send(piece);
    offset += piece.size();
    left -= piece.size();
  }
  co_return going;
}

// Other threads.

bool HttpSession::post_to(Worker& worker, std::function<void()>& work) {
  done_.clear();
  return worker.post([self = shared_from_this(), &work]() mutable {
    work();
    auto& context = self->server_->io.context;
    asio::post(context, [self = std::move(self)] { self->done_.set(); });
  });
}

asio::awaitable<bool> HttpSession::run_on(Worker& worker, std::function<void()>& work) {
  const bool posted = post_to(worker, work);
  if (posted) co_await done_.wait_until(SteadyTime::max());
  co_return posted;
}

HttpSession::Task HttpSession::drop_sink(std::unique_ptr<BodySink>& sink) {
  std::function<void()> drop = [&] { sink.reset(); };
  const bool ran = co_await run_on(server_->control, drop);
  if (!ran) sink.reset();
}

// Answers of our own.

HttpSession::Step HttpSession::refuse(int status, ErrorCode code, std::string_view detail) {
  response_ = problem_response(status, code, detail);
  detail_ = detail;
  refused_ = true;
  return Step::answer;
}

HttpSession::Step HttpSession::refuse_busy(std::string_view detail) {
  refuse(503, ErrorCode::busy, detail);
  response_.headers.emplace_back("Retry-After", fmt::format("{}", server_->settings.retry_after_seconds));
  return Step::answer;
}

HttpSession::Step HttpSession::service_failed(std::string_view detail) {
  return answer_error({ErrorCode::internal, std::string(detail)});
}

// The sender's fault or ours: that is in the code.
HttpSession::Step HttpSession::answer_error(const Error& error) {
  refuse(http_status(error.code), error.code, told_to_peer(error));
  detail_ = error.message;
  failed_service_ = is_own_failure(error.code);
  return Step::answer;
}

void HttpSession::report(HttpEvent::Kind kind) {
  HttpEvent event;
  event.kind = kind;
  event.remote_address = remote_address_;
  if (peer_) event.partner_id = peer_->partner_id;
  event.method = request_.head_only ? "HEAD" : printable(request_.method);
  event.path = printable(request_.path);
  event.status = sent_status_;
  event.bytes_in = bytes_in_;
  event.bytes_out = bytes_out_;
  if (started_ != SteadyTime()) {
    event.duration = std::chrono::duration_cast<Milliseconds>(steady_now() - started_);
  }
  event.detail = printable(detail_);
  server_->report(std::move(event));
}

}  // namespace bauta
