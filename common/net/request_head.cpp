#include "common/net/request_head.h"

#include <fmt/format.h>
#include <strings.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <limits>

#include "common/net/http_target.h"

namespace bauta {

namespace http = boost::beast::http;

struct RequestHeadParser::Impl {
  explicit Impl(const RequestHeadLimits& with) : limits(with) {
    parser.header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
    parser.body_limit(boost::none);
    parser.eager(false);
  }

  RequestHeadLimits limits;
  http::request_parser<http::empty_body> parser;
  std::size_t taken = 0;
  RequestHeadError error;
};

namespace {

/// Answers quote what the peer sent only as printable ASCII.
RequestHeadError refused(int status, ErrorCode code, std::string detail) {
  return RequestHeadError{status, code, std::move(detail)};
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

RequestHeadParser::RequestHeadParser(const RequestHeadLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestHeadParser::~RequestHeadParser() = default;

const RequestHeadError& RequestHeadParser::error() const { return impl_->error; }

RequestHeadParser::State RequestHeadParser::feed(std::string_view buffered, std::size_t& consumed) {
  auto& parser = impl_->parser;
  consumed = 0;
  boost::system::error_code failure;
  // Without "eager" put() stops after the start line has been taken and comes back for the fields.
  while (!parser.is_header_done()) {
    const auto rest = buffered.substr(consumed);
    const auto taken = parser.put(boost::asio::buffer(rest.data(), rest.size()), failure);
    consumed += taken;
    impl_->taken += taken;
    // Beast's own limit is for what it has not taken yet: fields in small pieces would pile up without end.
    const bool more = failure == http::error::need_more;
    const std::size_t arrived = impl_->taken + (more ? buffered.size() - consumed : 0);
    if (arrived > impl_->limits.max_header_bytes || (more && arrived == impl_->limits.max_header_bytes)) {
      failure = http::error::header_limit;
      break;
    }
    if (more) return State::need_more;
    if (failure) break;
  }
  if (!failure) return State::complete;
  if (failure == http::error::header_limit) {
    const bool past_start_line = impl_->taken > 0 || buffered.find('\n') != std::string_view::npos;
    impl_->error = past_start_line
                       ? refused(431, ErrorCode::oversized,
                                 fmt::format("the header is longer than {} bytes", impl_->limits.max_header_bytes))
                       : refused(414, ErrorCode::oversized,
                                 fmt::format("the target is longer than {} bytes", impl_->limits.max_target_bytes));
  } else if (failure == http::error::bad_version) {
    impl_->error = refused(505, ErrorCode::malformed, "only HTTP/1.1 is spoken here");
  } else {
    impl_->error = refused(400, ErrorCode::malformed, fmt::format("this is no HTTP request: {}", failure.message()));
  }
  return State::failed;
}

std::variant<RequestHead, RequestHeadError> RequestHeadParser::take() {
  const auto& message = impl_->parser.get();
  RequestHead head;
  HttpRequest& request = head.request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  if (message.version() != 11 && message.version() != 10) {
    return refused(505, ErrorCode::malformed, "only HTTP/1.1 is spoken here");
  }
  if (request.target.size() > impl_->limits.max_target_bytes) {
    return refused(414, ErrorCode::oversized,
                   fmt::format("the target is longer than {} bytes", impl_->limits.max_target_bytes));
  }

  std::size_t hosts = 0;
  std::size_t lengths = 0;
  bool encoded = false;
  for (const auto& field : message) {
    if (request.headers.size() == impl_->limits.max_headers) {
      return refused(431, ErrorCode::oversized, fmt::format("more than {} header fields", impl_->limits.max_headers));
    }
    switch (field.name()) {
      case http::field::host: ++hosts; break;
      case http::field::content_length: ++lengths; break;
      case http::field::transfer_encoding: encoded = true; break;
      default: break;
    }
    request.headers.emplace_back(field.name_string(), field.value());
  }
  if (encoded) {
    return refused(411, ErrorCode::malformed, "Transfer-Encoding is not taken: send the body with a Content-Length");
  }
  if (lengths > 1) return refused(400, ErrorCode::malformed, "more than one Content-Length");
  if (lengths == 1) {
    const auto length = parse_length(message[http::field::content_length]);
    if (!length) return refused(400, ErrorCode::malformed, "the Content-Length is no number");
    request.content_length = *length;
    head.has_length = true;
  }
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
    return refused(400, ErrorCode::malformed, "exactly one Host is needed");
  }
  if (const auto expect = request.header("Expect")) {
    if (expect->size() != 12 || strncasecmp(expect->data(), "100-continue", 12) != 0) {
      return refused(417, ErrorCode::malformed, "the only expectation met here is 100-continue");
    }
    head.expect_continue = message.version() == 11;
  }
  head.keep_alive = message.version() == 11 && message.keep_alive();

  auto target = parse_target(request.target);
  if (!target) return refused(400, target.error().code, target.error().message);
  request.path = std::move(target->path);
  request.segments = std::move(target->segments);
  request.query = std::move(target->query);
  if (request.method == "HEAD") {
    request.method = "GET";
    request.head_only = true;
  }
  return head;
}

}  // namespace bauta
