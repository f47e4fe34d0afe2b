#include "coordinator/api/error_response.h"

#include "common/net/problem.h"

namespace bauta::coordinator {

HttpResponse protocol_problem(const Error& error) {
  int status = http_status(error.code);
  if (error.code == ErrorCode::late) status = 409;
  if (error.code == ErrorCode::bad_signature || error.code == ErrorCode::wrong_context) status = 422;
  HttpResponse response = problem_response(status, error.code, told_to_peer(error));
  if (status == 503) response.headers.emplace_back("Retry-After", "2");
  return response;
}

Error own_failure(Error error) {
  if (!is_own_failure(error.code)) error.code = ErrorCode::internal;
  return error;
}

HttpResponse gone(std::string_view reason) { return problem_response(410, ErrorCode::late, reason); }

HttpResponse json_response(int status, std::string_view json) {
  return make_response(status, "application/json", json);
}

}  // namespace bauta::coordinator
