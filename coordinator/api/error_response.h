// Errors of the round protocol as responses: where a status depends on more than the error's code.
#pragma once

#include "common/net/http_types.h"
#include "coordinator/round/round.h"

namespace bauta::coordinator {

/// For partners: 409 late (the phase is over), 422 for signatures and contexts that do not hold; else as http_status.
/// What fails on the coordinator's own side is for its log only.
HttpResponse protocol_problem(const Error& error);

/// An error of the coordinator's own stores: whatever its code, no partner's request is to blame for it.
Error own_failure(Error error);

/// 410: nothing more will ever come of this attempt.
HttpResponse gone(std::string_view reason);

HttpResponse json_response(int status, std::string_view json);

}  // namespace bauta::coordinator
