// What answers the requests of one listener.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "common/net/http_types.h"

namespace bauta {

/// What a route allows its body to be.
struct BodyRule {
  std::uint64_t max_bytes = 0;  ///< a longer Content-Length is answered 413 before the body is read
  bool streamed = false;        ///< true: goes to open_upload()'s sink and needs an upload slot
};

using UploadDecision = std::variant<HttpResponse, std::unique_ptr<BodySink>>;

/// Synchronous functions; an exception is answered 500 and logged, the process goes on.
class HttpService {
 public:
  virtual ~HttpService() = default;
  /// I/O thread: must not block or touch state of the control thread. Decides by method and route alone.
  virtual BodyRule body_rule(const HttpRequest& head) const = 0;
  /// Control thread, streamed bodies only, before the body is read: refuse with a response, or say where it goes.
  virtual UploadDecision open_upload(const HttpRequest& head) = 0;
  /// Control thread. Called again with the same request after a WaitFor.
  virtual Reply handle(HttpRequest& request) = 0;
};

}  // namespace bauta
