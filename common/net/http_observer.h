// How a listener tells log and metrics what happened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace bauta {

struct HttpEvent {
  enum class Kind : std::uint8_t {
    request_done,     ///< the service answered
    request_refused,  ///< the server answered in the service's stead, for example 413 or 503, or an upload was refused
    connection_lost,  ///< the peer vanished or was too slow in the middle of a request or response
    connection_refused,  ///< over the connection limit
    handshake_failed,
    service_failed,  ///< an exception or a broken reply of the service, or its disk; answered 500 or 507
    accept_failed,
  };
  Kind kind = Kind::request_done;
  std::string listener;
  std::string remote_address;
  std::string partner_id;  ///< empty when not known
  std::string method;
  std::string path;  ///< without the query; printable ASCII
  int status = 0;    ///< 0: none was sent
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  Milliseconds duration{0};
  std::string detail;  ///< why, one line
  /// False: count it, but write no line, because too many of its kind come in; a flood of refusals must not fill the
  /// disk. `left_out` is how many lines of its kind were left out since the last one that was written.
  bool log = true;
  std::uint64_t left_out = 0;
};

/// "request_done" and so on.
std::string_view to_string(HttpEvent::Kind kind);

/// Called on the I/O thread; must not block.
class HttpObserver {
 public:
  virtual ~HttpObserver() = default;
  virtual void on_event(const HttpEvent& event) = 0;
};

}  // namespace bauta
