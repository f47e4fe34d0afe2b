// The verifier of evidence of the kind "false-answer": a set, certificate or aggregate that the coordinator has signed
// for an attempt, and that every client refuses, whoever it is.
#pragma once

#include "common/evidence/evidence_kind.h"

namespace bauta::client {

/// By the very checks that all clients make alike: it holds what its owner never signed, falls below the thresholds of
/// its own descriptor, contradicts the answers before it, or publishes a secret that nobody committed to.
Result<std::string> verify_false_answer(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);

}  // namespace bauta::client
