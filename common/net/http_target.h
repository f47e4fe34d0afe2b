// The request target (RFC 9112 §3.2.1, origin form only), decoded and bounded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace bauta {

struct Target {
  std::string path;                   ///< "/" + segments joined by "/"
  std::vector<std::string> segments;  ///< decoded; never empty, ".", "..", with '/' or a control character
  std::vector<std::pair<std::string, std::string>> query;
};

inline constexpr std::size_t kMaxTargetSegments = 32;
inline constexpr std::size_t kMaxTargetParameters = 32;

/// "/v1/runs/7?page=x": one leading slash, no empty segment (but one trailing slash is dropped), no fragment, valid
/// percent-escapes, '+' in the query is a space, decoded text is UTF-8 without control characters. Errors: malformed.
Result<Target> parse_target(std::string_view text);

/// For building targets: everything but RFC 3986 "unreserved" is escaped.
std::string percent_encode(std::string_view text);

}  // namespace bauta
