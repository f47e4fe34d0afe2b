// A response from bytes as they come in; bodies with a length, chunked, or up to the end of the connection. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/net/http_types.h"

namespace bauta {

class ResponseParser {
 public:
  explicit ResponseParser(bool to_head_request, std::size_t max_header_bytes = 64 * 1024);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  /// Takes a prefix of `data`, appends what of it is body to `body`, and says how long the prefix was: all of it, or
  /// up to the response's end, the head's, or the last whole line. Present the rest again, with what follows it.
  /// Errors: malformed, oversized (the head).
  Result<std::size_t> feed(ByteView data, Bytes& body);
  /// The connection was closed in order. Error: malformed when the response is not complete.
  Status end_of_input();

  bool head_done() const;
  bool done() const;
  /// After the head: the connection may carry another request.
  bool keep_alive() const;
  std::optional<std::uint64_t> content_length() const;
  /// After the head: status, content type and headers.
  HttpResponse head() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bauta
