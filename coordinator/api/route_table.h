// Every route in one line: verb, path, who may, how long a body, and the function that answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/federation/roster.h"
#include "common/net/http_service.h"

namespace bauta::coordinator {

enum class Access : std::uint8_t {
  partner,         ///< mutual TLS, in the roster, not revoked
  operator_token,  ///< a live bearer token
  anyone,
};

struct BodyLimit {
  enum class Kind : std::uint8_t {
    none,
    bytes,    ///< at most `value` bytes
    message,  ///< max_message_bytes(value, cohort)
    vector,   ///< streamed, at most the round's packed vector
  };
  Kind kind = Kind::none;
  std::uint64_t value = 0;
};

/// Path segments in braces are parameters: "/v1/rounds/{round}/{attempt}".
struct RouteSpec {
  std::string_view method;
  std::string_view path;
  Access access;
  BodyLimit body;
};

/// One request on its way through a handler.
struct Call {
  HttpRequest& request;
  std::vector<std::string_view> parameters;  ///< in the order of the path
  PartnerIndex partner = 0;                  ///< set where Access::partner
  std::string operator_name;                 ///< set where Access::operator_token
};

template <class Endpoints>
struct Route {
  RouteSpec spec;
  Reply (Endpoints::*handler)(Call& call);
};

/// The parameters when `segments` are an instance of `path`.
std::optional<std::vector<std::string_view>> match_path(std::string_view path, std::span<const std::string> segments);

/// What no route answers: 404, or 405 with Allow when `allowed` (comma-separated verbs) is not empty.
HttpResponse no_route(const HttpRequest& request, std::string_view allowed);

/// Null when no route fits; `allowed` then lists the verbs that would.
template <class Endpoints>
const Route<Endpoints>* find_route(std::span<const Route<Endpoints>> routes, const HttpRequest& request,
                                   std::vector<std::string_view>* parameters, std::string* allowed) {
  for (const Route<Endpoints>& route : routes) {
    auto found = match_path(route.spec.path, request.segments);
    if (!found) continue;
    if (route.spec.method == request.method) {
      if (parameters) *parameters = *std::move(found);
      return &route;
    }
    if (allowed) *allowed += (allowed->empty() ? "" : ", ") + std::string(route.spec.method);
  }
  return nullptr;
}

template <class Endpoints>
std::vector<RouteSpec> specs_of(std::span<const Route<Endpoints>> routes) {
  std::vector<RouteSpec> specs;
  for (const Route<Endpoints>& route : routes) specs.push_back(route.spec);
  return specs;
}

}  // namespace bauta::coordinator
