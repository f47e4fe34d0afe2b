// A request's head from bytes as they come in. Pure: no sockets, no clock; fuzzed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"
#include "common/net/http_types.h"

namespace bauta {

struct RequestHeadLimits {
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_headers = 64;
  std::size_t max_target_bytes = 2048;
};

struct RequestHead {
  HttpRequest request;  ///< without peer, remote_address and body
  bool has_length = false;
  bool keep_alive = false;
  bool expect_continue = false;
};

/// Why a head is refused, ready to be answered.
struct RequestHeadError {
  int status = 400;
  ErrorCode code = ErrorCode::malformed;
  std::string detail;
};

class RequestHeadParser {
 public:
  explicit RequestHeadParser(const RequestHeadLimits& limits);
  ~RequestHeadParser();
  RequestHeadParser(const RequestHeadParser&) = delete;
  RequestHeadParser& operator=(const RequestHeadParser&) = delete;

  enum class State : std::uint8_t { need_more, complete, failed };
  /// `buffered` is all that has come in and was not consumed before; `consumed` is how much of it is done with.
  State feed(std::string_view buffered, std::size_t& consumed);
  /// After complete: the head, or why it breaks the rules of this project (RFC 9112 §3, §6: origin-form targets, one
  /// Host, one decimal Content-Length, no Transfer-Encoding).
  std::variant<RequestHead, RequestHeadError> take();
  /// After failed.
  const RequestHeadError& error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bauta
