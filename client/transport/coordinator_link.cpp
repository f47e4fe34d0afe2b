#include "client/transport/coordinator_link.h"

namespace bauta::client {

bool is_temporary(ErrorCode code) {
  switch (code) {
    case ErrorCode::busy:
    case ErrorCode::timeout:
    case ErrorCode::unreachable:
    case ErrorCode::tls:
    case ErrorCode::wrong_phase:
    case ErrorCode::internal: return true;
    default: return false;
  }
}

}  // namespace bauta::client
