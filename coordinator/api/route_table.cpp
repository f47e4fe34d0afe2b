#include "coordinator/api/route_table.h"

#include <fmt/format.h>

#include "common/net/problem.h"

namespace bauta::coordinator {

std::optional<std::vector<std::string_view>> match_path(std::string_view path, std::span<const std::string> segments) {
  std::vector<std::string_view> parameters;
  std::size_t index = 0;
  while (!path.empty()) {
    path.remove_prefix(1);  // every path begins with '/', and so does what is left behind each segment
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view expected = path.substr(0, end);
    path.remove_prefix(end);
    if (index == segments.size()) return std::nullopt;
    const std::string& segment = segments[index++];
    if (expected.starts_with('{')) {
      parameters.emplace_back(segment);
    } else if (expected != segment) {
      return std::nullopt;
    }
  }
  if (index != segments.size()) return std::nullopt;
  return parameters;
}

HttpResponse no_route(const HttpRequest& request, std::string_view allowed) {
  if (allowed.empty()) return problem_response(404, ErrorCode::not_found, fmt::format("there is no {}", request.path));
  HttpResponse response = problem_response(405, ErrorCode::invalid_argument,
                                           fmt::format("{} is not possible on {}", request.method, request.path));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace bauta::coordinator
