#include "common/net/response_parser.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace bauta {

namespace http = boost::beast::http;

struct ResponseParser::Impl {
  http::response_parser<http::buffer_body> parser;
};

namespace {
Error malformed(const boost::system::error_code& failure) {
  if (failure == http::error::header_limit) {
    return Error{ErrorCode::oversized, "the header of the response is too long"};
  }
  return Error{ErrorCode::malformed, fmt::format("the answer is no HTTP response: {}", failure.message())};
}
}  // namespace

ResponseParser::ResponseParser(bool to_head_request, std::size_t max_header_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  impl_->parser.body_limit(boost::none);
  impl_->parser.eager(false);
  impl_->parser.skip(to_head_request);
}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

Result<std::size_t> ResponseParser::feed(ByteView data, Bytes& body) {
  auto& parser = impl_->parser;
  std::size_t consumed = 0;
  const bool had_head = parser.is_header_done();
  while (consumed < data.size() && !parser.is_done()) {
    if (!had_head && parser.is_header_done()) break;
    const ByteView rest = data.subspan(consumed);
    const std::size_t had = body.size();
    if (had_head) {
      body.resize(had + rest.size());
      parser.get().body().data = body.data() + had;
      parser.get().body().size = rest.size();
    }
    boost::system::error_code failure;
    consumed += parser.put(boost::asio::buffer(rest.data(), rest.size()), failure);
    if (had_head) body.resize(had + rest.size() - parser.get().body().size);
    if (failure == http::error::need_more) break;
    if (failure && failure != http::error::need_buffer) return malformed(failure);
  }
  return consumed;
}

Status ResponseParser::end_of_input() {
  if (done()) return {};
  const Error incomplete{ErrorCode::malformed, "the connection ended before the end of the response"};
  if (!impl_->parser.got_some()) return incomplete;
  boost::system::error_code failure;
  impl_->parser.put_eof(failure);
  if (failure) return incomplete;
  return {};
}

bool ResponseParser::head_done() const { return impl_->parser.is_header_done(); }
bool ResponseParser::done() const { return impl_->parser.is_done(); }
bool ResponseParser::keep_alive() const { return impl_->parser.keep_alive() && !impl_->parser.need_eof(); }

std::optional<std::uint64_t> ResponseParser::content_length() const {
  const auto length = impl_->parser.content_length();
  if (!length) return std::nullopt;
  return *length;
}

HttpResponse ResponseParser::head() const {
  HttpResponse response;
  const auto& message = impl_->parser.get();
  response.status = static_cast<int>(message.result_int());
  response.content_type = std::string(message[http::field::content_type]);
  for (const auto& field : message) response.headers.emplace_back(field.name_string(), field.value());
  return response;
}

}  // namespace bauta
