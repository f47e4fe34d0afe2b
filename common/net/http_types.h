// Requests and responses as the rest of the project sees them: plain values, no Boost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/crypto/certificate.h"
#include "common/net/body_sink.h"
#include "common/net/wake_signal.h"

namespace bauta {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The first value under that name (case-insensitive), or nothing.
std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name);

/// Bytes [offset, offset + length) of a file.
struct FileRegion {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct HttpRequest {
  std::string method;                                      ///< upper case; HEAD arrives as GET with head_only set
  std::string target;                                      ///< as received
  std::string path;                                        ///< percent-decoded; matches "/" + segments joined by "/"
  std::vector<std::string> segments;                       ///< of the path, decoded, never empty, ".", ".." or with '/'
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  HttpHeaders headers;
  std::uint64_t content_length = 0;
  bool head_only = false;
  std::optional<CertificateIdentity> peer;  ///< from the verified client certificate; none without mutual TLS
  std::string remote_address;               ///< "127.0.0.1:40312"
  Bytes body;                               ///< empty for a streamed body
  std::unique_ptr<BodySink> upload;         ///< a streamed body after its finish() succeeded
  bool waited = false;                      ///< the long poll's time is up: answer now

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
  /// The first value under that name (exact), or nothing.
  std::optional<std::string_view> query_value(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  ///< not sent when empty
  HttpHeaders headers;       ///< besides Content-Type, Content-Length, Connection and Date, which the server writes
  Bytes body;
  std::optional<FileRegion> file;  ///< streamed from disk instead of `body`
  /// Makes `body` on a disk thread when it is about to be sent: for what takes reading and hashing. Must touch nothing
  /// of the control thread; an error is answered instead. Lives until the response is sent or given up.
  std::function<Result<Bytes>()> make_body;

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
  std::string_view text() const { return as_text(body); }
};

/// `body` as it is, with its type.
HttpResponse make_response(int status, std::string content_type, std::string_view body);

/// Instead of an answer: "call me again when `signal` has left version `seen`, or with request.waited after `at_most`".
/// The time of one request's first WaitFor counts; later ones do not prolong it.
struct WaitFor {
  std::shared_ptr<WakeSignal> signal;
  std::uint64_t seen = 0;
  Milliseconds at_most{25'000};
};

using Reply = std::variant<HttpResponse, WaitFor>;

}  // namespace bauta
