// Listener events as log lines.
#pragma once

#include "common/base/log.h"
#include "common/net/http_observer.h"

namespace bauta {

/// Answered requests at debug level, lost connections as information, refusals as warnings, the service's own failures
/// as errors.
class LogObserver final : public HttpObserver {
 public:
  explicit LogObserver(const Logger& log) : log_(log) {}
  void on_event(const HttpEvent& event) override;

 private:
  const Logger& log_;
};

}  // namespace bauta
