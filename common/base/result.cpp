#include "common/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace bauta {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::oversized: return "oversized";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::forbidden: return "forbidden";
    case ErrorCode::revoked: return "revoked";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::wrong_phase: return "wrong_phase";
    case ErrorCode::wrong_context: return "wrong_context";
    case ErrorCode::bad_signature: return "bad_signature";
    case ErrorCode::not_in_cohort: return "not_in_cohort";
    case ErrorCode::late: return "late";
    case ErrorCode::refused_by_policy: return "refused_by_policy";
    case ErrorCode::equivocation: return "equivocation";
    case ErrorCode::bad_share: return "bad_share";
    case ErrorCode::audit_answer: return "audit_answer";
    case ErrorCode::audit_proof: return "audit_proof";
    case ErrorCode::audit_sum: return "audit_sum";
    case ErrorCode::audit_refused: return "audit_refused";
    case ErrorCode::threshold_lost: return "threshold_lost";
    case ErrorCode::out_of_range: return "out_of_range";
    case ErrorCode::not_finite: return "not_finite";
    case ErrorCode::busy: return "busy";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::unreachable: return "unreachable";
    case ErrorCode::tls: return "tls";
    case ErrorCode::io: return "io";
    case ErrorCode::disk_full: return "disk_full";
    case ErrorCode::database: return "database";
    case ErrorCode::newer_schema: return "newer_schema";
    case ErrorCode::bad_data: return "bad_data";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
}

Error with_context(std::string_view context, Error error) {
  error.message = std::string(context) + ": " + error.message;
  return error;
}

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "invariant broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace bauta
