// A finished round from its record alone: what everybody in U2 has seen of it, checked again by anybody who has the
// roster. For later audits, and for whoever is shown the evidence of one.
#pragma once

#include "client/round/audit.h"

namespace bauta::client {

/// No secrets of anybody, but those that the round has published.
struct FinishedRound {
  RoundContext context;
  AcceptedKeys u1;
  AcceptedHeaders u2;
  AcceptedSurvivors u3;
  Aggregate aggregate;
  Bytes aggregate_blob;  ///< as signed
};

/// Checks the signatures of the coordinator and of every partner, that each set follows from the one before, and the
/// published secrets. Not whether the sum is right: that is what audits are for. Errors: those of the phases.
Result<FinishedRound> open_record(std::shared_ptr<const Roster> roster, ByteView record);

/// Whether `evidence` (an encoded AuditEvidence) convicts the coordinator that has signed `aggregate`: the failed
/// check, as an error audit_answer, audit_proof or audit_sum. Ok: it proves nothing. Other errors: it is no evidence of
/// a round of this roster.
Status check_audit_evidence(const std::shared_ptr<const Roster>& roster, ByteView aggregate, ByteView evidence);

}  // namespace bauta::client
