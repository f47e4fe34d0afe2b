// Errors on the wire: RFC 9457 problem+json, and the one table from error code to HTTP status.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/net/http_types.h"

namespace bauta {

int http_status(ErrorCode code);
/// "Not Found"; "Unknown" for a status that this project does not use.
std::string_view reason_phrase(int status);

/// Whether this side failed (its disk, its database), not the peer's request.
bool is_own_failure(ErrorCode code);
/// What a peer is told of an error: its message, or for failures of this side only that the log says why.
std::string_view told_to_peer(const Error& error);

/// {"type":"urn:bauta:problem:<code>","title":…,"status":…,"code":…,"detail":…}
HttpResponse problem_response(int status, ErrorCode code, std::string_view detail);
HttpResponse problem_response(const Error& error);

/// The other way: what a response that is not 2xx says. Falls back on the status when the body is no problem+json.
Error error_from_response(const HttpResponse& response);

}  // namespace bauta
