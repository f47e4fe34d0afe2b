// An audience for people to read and for programs to take over.
#pragma once

#include <string>

#include "client/scoring/audience.h"

namespace bauta::client {

/// What was understood, how many each step left out and why, and what to expect; one thing a line, no person's id.
std::string to_text(const AudienceReport& report);

/// The same as one JSON object, with the persons ({"rank", "person_id", "score", "probability"}) and the controls.
std::string to_json(const AudienceReport& report);

}  // namespace bauta::client
