#include "common/net/http_types.h"

#include <strings.h>

#include <algorithm>

namespace bauta {

std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

HttpResponse make_response(int status, std::string content_type, std::string_view body) {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body.assign(body.begin(), body.end());
  return response;
}

}  // namespace bauta
