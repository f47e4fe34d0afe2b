#include "common/net/problem.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace bauta {

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::malformed: return 400;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::forbidden:
    case ErrorCode::revoked:
    case ErrorCode::bad_signature:
    case ErrorCode::not_in_cohort:
    case ErrorCode::refused_by_policy: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::timeout: return 408;
    case ErrorCode::conflict:
    case ErrorCode::wrong_phase:
    case ErrorCode::wrong_context:
    case ErrorCode::equivocation: return 409;
    case ErrorCode::late: return 410;
    case ErrorCode::oversized: return 413;
    case ErrorCode::bad_share:
    case ErrorCode::audit_answer:
    case ErrorCode::audit_proof:
    case ErrorCode::audit_sum:
    case ErrorCode::audit_refused:
    case ErrorCode::threshold_lost:
    case ErrorCode::out_of_range:
    case ErrorCode::not_finite:
    case ErrorCode::bad_data: return 422;
    case ErrorCode::busy:
    case ErrorCode::cancelled: return 503;
    case ErrorCode::disk_full: return 507;
    case ErrorCode::unreachable:
    case ErrorCode::tls:
    case ErrorCode::io:
    case ErrorCode::database:
    case ErrorCode::newer_schema:
    case ErrorCode::internal: return 500;
  }
  return 500;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

HttpResponse problem_response(int status, ErrorCode code, std::string_view detail) {
  nlohmann::ordered_json problem;
  problem["type"] = fmt::format("urn:bauta:problem:{}", to_string(code));
  problem["title"] = reason_phrase(status);
  problem["status"] = status;
  problem["code"] = to_string(code);
  problem["detail"] = detail;
  // The detail may quote bytes of the peer: what is not UTF-8 is replaced, never thrown about.
  return make_response(status, "application/problem+json",
                       problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

bool is_own_failure(ErrorCode code) { return http_status(code) >= 500 && http_status(code) != 503; }

std::string_view told_to_peer(const Error& error) {
  return is_own_failure(error.code) ? "the server failed on this request; its log says why"
                                    : std::string_view(error.message);
}

HttpResponse problem_response(const Error& error) {
  return problem_response(http_status(error.code), error.code, error.message);
}

namespace {

ErrorCode code_from_status(int status) {
  switch (status) {
    case 401: return ErrorCode::unauthenticated;
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 408: return ErrorCode::timeout;
    case 409: return ErrorCode::conflict;
    case 410: return ErrorCode::late;
    case 413: return ErrorCode::oversized;
    case 429:
    case 503: return ErrorCode::busy;
    case 507: return ErrorCode::disk_full;
    default: return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_argument;
  }
}

std::optional<ErrorCode> code_from_name(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    if (to_string(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

}  // namespace

Error error_from_response(const HttpResponse& response) {
  Error error{code_from_status(response.status),
              fmt::format("the server answered {} {}", response.status, reason_phrase(response.status))};
  if (!response.content_type.starts_with("application/problem+json")) return error;
  const auto problem = nlohmann::json::parse(response.text(), nullptr, false);
  if (!problem.is_object()) return error;
  if (const auto code = problem.find("code"); code != problem.end() && code->is_string()) {
    error.code = code_from_name(code->get_ref<const std::string&>()).value_or(error.code);
  }
  if (const auto detail = problem.find("detail"); detail != problem.end() && detail->is_string()) {
    error.message = detail->get<std::string>();
    // One line, whatever the peer wrote.
    std::string line;
    for (const char c : error.message) {
      if (c == '\n') line += ';';
      line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    error.message = std::move(line);
  }
  return error;
}

}  // namespace bauta
