#include "common/net/log_observer.h"

namespace bauta {

void LogObserver::on_event(const HttpEvent& event) {
  if (!event.log) return;
  const auto write = [&](auto member) {
    (log_.*member)(to_string(event.kind), {{"listener", event.listener},
                                           {"remote", event.remote_address},
                                           {"partner", event.partner_id},
                                           {"method", event.method},
                                           {"path", event.path},
                                           {"status", event.status},
                                           {"bytes_in", event.bytes_in},
                                           {"bytes_out", event.bytes_out},
                                           {"milliseconds", event.duration.count()},
                                           {"detail", event.detail},
                                           {"left_out", event.left_out}});
  };
  switch (event.kind) {
    case HttpEvent::Kind::request_done: return write(&Logger::debug);
    case HttpEvent::Kind::connection_lost: return write(&Logger::info);
    case HttpEvent::Kind::service_failed:
    case HttpEvent::Kind::accept_failed: return write(&Logger::error);
    default: return write(&Logger::warning);
  }
}

}  // namespace bauta
