#include "coordinator/api/health_endpoints.h"

#include "common/net/problem.h"

namespace bauta::coordinator {

std::span<const Route<HealthEndpoints>> HealthEndpoints::routes() {
  using E = HealthEndpoints;
  static constexpr Route<E> kRoutes[] = {
      {{"GET", "/healthz", Access::anyone, {}}, &E::healthz},
      {{"GET", "/readyz", Access::anyone, {}}, &E::readyz},
      {{"GET", "/metrics", Access::anyone, {}}, &E::metrics},
  };
  return kRoutes;
}

Reply HealthEndpoints::handle(HttpRequest& request) {
  std::vector<std::string_view> parameters;
  std::string allowed;
  const auto* route = find_route(routes(), request, &parameters, &allowed);
  if (!route) return no_route(request, allowed);
  Call call{request, std::move(parameters), 0, {}};
  return (this->*route->handler)(call);
}

// Answered on the control thread: a control thread that hangs is not healthy.
Reply HealthEndpoints::healthz(Call&) { return make_response(200, "text/plain", "ok\n"); }

Reply HealthEndpoints::readyz(Call&) {
  if (ready_) return make_response(200, "text/plain", "ready\n");
  return problem_response({ErrorCode::busy, "the coordinator is starting or shutting down"});
}

Reply HealthEndpoints::metrics(Call&) {
  return make_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text());
}

}  // namespace bauta::coordinator
