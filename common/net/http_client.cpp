#include "common/net/http_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/file.h"
#include "common/net/client_connection.h"
#include "common/net/response_parser.h"
#include "common/net/tls_context.h"

namespace bauta {

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
/// A body of so many bytes goes out in one record with the head; never an announced one.
constexpr std::size_t kWithHead = 4 * 1024;
constexpr std::uint64_t kAnnouncedBytes = 64 * 1024;
/// A server that knows nothing of 100-continue gets the body after this long (RFC 9110 §10.1.1).
constexpr Milliseconds kContinuePatience{5'000};
/// How long a broken upload's connection is searched for an answer that says why.
constexpr Milliseconds kLastWordsPatience{2'000};

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

bool is_plain_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

Status check_call(const HttpCall& call) {
  bool good = !call.method.empty() && call.target.starts_with('/') && is_plain_text(call.target) &&
              call.target.find(' ') == std::string::npos;
  good = good && std::all_of(call.method.begin(), call.method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  for (const auto& [name, value] : call.headers) {
    good = good && !name.empty() && name.find_first_of(": ") == std::string::npos && is_plain_text(name) &&
           is_plain_text(value);
  }
  if (good) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("'{} {}' is no request that can be sent", call.method, call.target)};
}

/// What is sent after the head.
class RequestBody {
 public:
  static Result<RequestBody> open(const std::variant<Bytes, FileRegion>& source) {
    RequestBody body;
    if (const auto* bytes = std::get_if<Bytes>(&source)) {
      body.bytes_ = *bytes;
      body.length_ = bytes->size();
      return body;
    }
    body.region_ = std::get<FileRegion>(source);
    body.length_ = body.region_.length;
    BAUTA_TRY(body.file_, open_file(body.region_.path, O_RDONLY));
    struct stat state {};
    if (fstat(body.file_.get(), &state) != 0) return file_error("read", body.region_.path, errno);
    const auto size = static_cast<std::uint64_t>(state.st_size);
    if (size < body.region_.offset || size - body.region_.offset < body.region_.length) return body.too_short();
    return body;
  }

  std::uint64_t length() const { return length_; }

  /// At most `limit` bytes from `offset` on.
  Result<ByteView> piece(std::uint64_t offset, std::size_t limit) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(limit, length_ - offset));
    if (!file_.valid()) return bytes_.subspan(static_cast<std::size_t>(offset), wanted);
    buffer_.resize(wanted);
    const auto got = pread(file_.get(), buffer_.data(), wanted, static_cast<off_t>(region_.offset + offset));
    if (got < 0) return file_error("read", region_.path, errno);
    if (got == 0) return too_short();
    return ByteView(buffer_).first(static_cast<std::size_t>(got));
  }

 private:
  Error too_short() const {
    return Error{ErrorCode::io, fmt::format("{} ends before byte {}", region_.path.string(), region_.offset + length_)};
  }

  ByteView bytes_;
  FileRegion region_;
  FileDescriptor file_;
  std::uint64_t length_ = 0;
  Bytes buffer_;
};

/// One request and its response on one connection.
class Exchange {
 public:
  Exchange(ClientConnection& connection, const HttpClientSettings& settings, const HttpCall& call, RequestBody& body,
           SteadyTime call_deadline)
      : connection_(connection),
        call_(call),
        body_(body),
        call_deadline_(call_deadline),
        idle_(call.idle_timeout.value_or(settings.idle_timeout)),
        max_response_(call.max_response_bytes.value_or(settings.max_response_bytes)),
        parser_(call.method == "HEAD") {
    head_ = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", call.method, call.target, host_field(settings));
    for (const auto& [name, value] : call.headers) head_ += fmt::format("{}: {}\r\n", name, value);
    if (body.length() > 0 || (call.method != "GET" && call.method != "HEAD")) {
      head_ += fmt::format("Content-Length: {}\r\n", body.length());
    }
    announced_ = body.length() > kAnnouncedBytes;
    if (announced_) head_ += "Expect: 100-continue\r\n";
    head_ += "\r\n";
    moved();
  }

  Result<HttpResponse> run() {
    auto sent = send_request();
    if (!sent.ok() && !answered_) {
      // The server may have said why before it hung up.
      if (sent.error().code != ErrorCode::unreachable) return std::move(sent).error();
      call_deadline_ = std::min(call_deadline_, steady_now() + kLastWordsPatience);
      auto read = read_response();
      if (answered_ && read.ok()) return std::move(response_);
      if (!read.ok() && read.error().code == ErrorCode::tls) return std::move(read).error();
      return std::move(sent).error();
    }
    BAUTA_RETURN_IF_ERROR(read_response());
    if (call_.sink != nullptr && is_success()) BAUTA_RETURN_IF_ERROR(call_.sink->finish());
    return std::move(response_);
  }

  bool saw_any_byte() const { return saw_any_byte_; }
  bool may_keep_connection() const { return all_sent_ && parser_.done() && parser_.keep_alive() && unparsed_.empty(); }

 private:
  static std::string host_field(const HttpClientSettings& settings) {
    const auto& name = settings.server_name.empty() ? settings.host : settings.server_name;
    return name.find(':') == std::string::npos ? fmt::format("{}:{}", name, settings.port)
                                               : fmt::format("[{}]:{}", name, settings.port);
  }

  bool is_success() const { return response_.status >= 200 && response_.status < 300; }
  void moved() { idle_deadline_ = steady_now() + idle_; }
  SteadyTime deadline() const { return std::min(call_deadline_, idle_deadline_); }

  Status send_request() {
    std::uint64_t offset = 0;
    if (!call_.bytes_per_second && body_.length() > 0 && body_.length() <= kWithHead) {
      BAUTA_TRY(const ByteView whole, body_.piece(0, kWithHead));
      head_ += as_text(whole);
      offset = whole.size();
    }
    BAUTA_RETURN_IF_ERROR(send(as_bytes(head_)));
    if (offset > 0 && !answered_ && call_.progress) call_.progress(offset);
    if (announced_) {
      const auto patience = std::min(deadline(), steady_now() + kContinuePatience);
      while (!answered_ && !may_continue_ && steady_now() < patience) {
        BAUTA_TRY(const short events, take_input());
        if (answered_ || may_continue_) break;
        const auto waited = connection_.wait(events, patience);
        if (!waited.ok() && (waited.error().code != ErrorCode::timeout || patience == deadline())) return waited;
      }
    }
    const auto started = steady_now();
    while (!answered_ && offset < body_.length()) {
      if (call_.bytes_per_second) BAUTA_RETURN_IF_ERROR(pace(started, offset));
      if (answered_) break;
      BAUTA_TRY(const ByteView piece, body_.piece(offset, piece_limit()));
      BAUTA_RETURN_IF_ERROR(send(piece));
      offset += piece.size();
      if (!answered_ && call_.progress) call_.progress(offset);
    }
    all_sent_ = offset == body_.length() && !cut_short_;
    return {};
  }

  std::size_t piece_limit() const {
    if (!call_.bytes_per_second) return kPieceBytes;
    // Small enough for about twenty pieces a second.
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(*call_.bytes_per_second / 20, 1, kPieceBytes));
  }

  /// Waits until `offset` bytes are allowed to have been sent.
  Status pace(SteadyTime started, std::uint64_t offset) {
    const auto rate = std::max<std::uint64_t>(1, *call_.bytes_per_second);
    const auto due = started + std::chrono::microseconds(offset * 1'000'000 / rate);
    while (!answered_ && steady_now() < due) {
      BAUTA_TRY(const short events, take_input());
      if (answered_) break;
      const auto until = std::min(due, call_deadline_);
      const auto waited = connection_.wait(events, until);
      if (!waited.ok() && (waited.error().code != ErrorCode::timeout || until == call_deadline_)) return waited;
    }
    moved();
    return {};
  }

  /// Stops without an error when the server answers before it has everything.
  Status send(ByteView bytes) {
    while (!bytes.empty()) {
      BAUTA_TRY(const short input_events, take_input());
      if (answered_) {
        cut_short_ = true;
        return {};
      }
      BAUTA_TRY(const ClientConnection::Progress progress, connection_.write_some(bytes));
      if (progress.bytes > 0) {
        bytes = bytes.subspan(progress.bytes);
        moved();
      } else {
        BAUTA_RETURN_IF_ERROR(connection_.wait(static_cast<short>(progress.wait_for | input_events), deadline()));
      }
    }
    return {};
  }

  /// Reads what is there without waiting. Returns the events to wait for to read more.
  Result<short> take_input() {
    while (!parser_.done() || !answered_) {
      BAUTA_TRY(const ClientConnection::Progress progress, connection_.read_some(input_));
      if (progress.ended) {
        if (!saw_any_byte_) return Error{ErrorCode::unreachable, "the server closed the connection without an answer"};
        BAUTA_RETURN_IF_ERROR(parser_.end_of_input());
        answered_ = true;
        break;
      }
      if (progress.bytes == 0) return progress.wait_for;
      saw_any_byte_ = true;
      moved();
      BAUTA_RETURN_IF_ERROR(parse(ByteView(input_).first(progress.bytes)));
    }
    return static_cast<short>(POLLIN);
  }

  Status parse(ByteView bytes) {
    // Mostly nothing was left over, and what has come is parsed where it lies.
    const bool left_over = !unparsed_.empty();
    if (left_over) {
      append(unparsed_, bytes);
      bytes = unparsed_;
    }
    std::size_t parsed = 0;
    while (parsed < bytes.size() && !(answered_ && parser_.done())) {
      const bool had_head = parser_.head_done();
      BAUTA_TRY(const std::size_t consumed, parser_.feed(bytes.subspan(parsed), piece_));
      if (consumed == 0) break;  // an unfinished line
      parsed += consumed;
      if (!had_head && parser_.head_done()) {
        BAUTA_RETURN_IF_ERROR(take_head());
      } else if (had_head) {
        BAUTA_RETURN_IF_ERROR(take_body());
      }
    }
    if (left_over) {
      unparsed_.erase(unparsed_.begin(), unparsed_.begin() + static_cast<std::ptrdiff_t>(parsed));
    } else {
      unparsed_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(parsed), bytes.end());
    }
    return {};
  }

  Status take_head() {
    auto head = parser_.head();
    if (head.status < 200) {
      // 100 Continue, or another interim answer that says nothing yet.
      may_continue_ = may_continue_ || head.status == 100;
      parser_ = ResponseParser(call_.method == "HEAD");
      return {};
    }
    response_ = std::move(head);
    answered_ = true;
    if (call_.method != "HEAD" && parser_.content_length().value_or(0) > max_response_) return too_long();
    return {};
  }

  Status take_body() {
    body_bytes_ += piece_.size();
    if (body_bytes_ > max_response_) return too_long();
    if (call_.sink != nullptr && is_success()) {
      if (!piece_.empty()) BAUTA_RETURN_IF_ERROR(call_.sink->write(piece_));
    } else {
      append(response_.body, piece_);
    }
    piece_.clear();
    return {};
  }

  Error too_long() const {
    return Error{ErrorCode::oversized,
                 fmt::format("the response to {} has more than {} bytes", call_.target, max_response_)};
  }

  Status read_response() {
    while (!answered_ || !parser_.done()) {
      BAUTA_TRY(const short events, take_input());
      if (answered_ && parser_.done()) break;
      BAUTA_RETURN_IF_ERROR(connection_.wait(events, deadline()));
    }
    return {};
  }

  ClientConnection& connection_;
  const HttpCall& call_;
  RequestBody& body_;
  SteadyTime call_deadline_;
  SteadyTime idle_deadline_;
  const Milliseconds idle_;
  const std::uint64_t max_response_;
  std::string head_;
  bool announced_ = false;

  ResponseParser parser_;
  HttpResponse response_;
  Bytes input_ = Bytes(16 * 1024);
  Bytes unparsed_;
  Bytes piece_;
  std::uint64_t body_bytes_ = 0;
  bool saw_any_byte_ = false;
  bool may_continue_ = false;
  bool answered_ = false;  ///< the final response's head is here
  bool cut_short_ = false;
  bool all_sent_ = false;
};

}  // namespace

struct HttpClient::Impl {
  HttpClientSettings settings;
  TlsClientContext tls;
  Interrupt interrupt;
  std::unique_ptr<ClientConnection> connection;
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::create(HttpClientSettings settings, const Clock& clock) {
  if (settings.host.empty() || settings.port == 0) {
    return Error{ErrorCode::invalid_argument, "the server's host and port must be set"};
  }
  auto impl = std::make_unique<Impl>();
  if (settings.tls) {
    BAUTA_TRY(impl->tls, make_client_context(*settings.tls, clock.wall()));
  }
  impl->settings = std::move(settings);
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

Result<HttpResponse> HttpClient::send(const HttpCall& call) {
  BAUTA_RETURN_IF_ERROR(check_call(call));
  BAUTA_TRY(RequestBody body, RequestBody::open(call.body));
  const auto deadline = call.timeout ? steady_now() + *call.timeout : SteadyTime::max();
  auto& connection = impl_->connection;
  while (true) {
    if (impl_->interrupt.raised()) return Error{ErrorCode::cancelled, "the call was cancelled"};
    const bool kept = connection != nullptr;
    if (!kept) {
      const auto connect_deadline = std::min(deadline, steady_now() + impl_->settings.connect_timeout);
      BAUTA_TRY(connection,
                ClientConnection::open(impl_->settings, impl_->tls.context.get(), impl_->interrupt, connect_deadline));
    }
    Exchange exchange(*connection, impl_->settings, call, body, deadline);
    auto response = exchange.run();
    if (!response.ok() || !exchange.may_keep_connection()) connection.reset();
    const bool was_closed =
        !response.ok() && response.error().code == ErrorCode::unreachable && !exchange.saw_any_byte();
    if (!kept || !was_closed) return response;
  }
}

void HttpClient::cancel() { impl_->interrupt.raise(); }
void HttpClient::reset() { impl_->interrupt.lower(); }
const std::optional<CertificateIdentity>& HttpClient::own_identity() const { return impl_->tls.own_identity; }

}  // namespace bauta
