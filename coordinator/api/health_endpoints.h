// The health listener, plain HTTP for probes and Prometheus: /healthz, /readyz, /metrics.
#pragma once

#include <atomic>
#include <span>

#include "common/net/http_service.h"
#include "coordinator/api/metrics.h"
#include "coordinator/api/route_table.h"

namespace bauta::coordinator {

class HealthEndpoints final : public HttpService {
 public:
  /// `metrics` must outlive this.
  explicit HealthEndpoints(Metrics& metrics) : metrics_(metrics) {}

  static std::span<const Route<HealthEndpoints>> routes();

  /// Any thread. Not ready before the start is done and once a drain has begun.
  void set_ready(bool ready) { ready_ = ready; }

  BodyRule body_rule(const HttpRequest&) const override { return {}; }
  UploadDecision open_upload(const HttpRequest& head) override { return no_route(head, ""); }
  Reply handle(HttpRequest& request) override;

 private:
  Reply healthz(Call& call);
  Reply readyz(Call& call);
  Reply metrics(Call& call);

  Metrics& metrics_;
  std::atomic<bool> ready_{false};
};

}  // namespace bauta::coordinator
