// What this client can prove of a refused invitation or answer. A candidate is kept only where the verifier of its kind
// convicts, the same one that judges the file on another machine; everything else is a line in the log.
#pragma once

#include <string_view>
#include <vector>

#include "client/storage/client_store.h"
#include "common/evidence/evidence_kind.h"

namespace bauta::client {

/// All kinds that `bauta-client evidence verify` judges.
const std::vector<EvidenceKind>& client_evidence_kinds();

/// An invitation against the descriptor accepted before (empty: none), and against the plan that came along.
std::vector<EvidenceFile> evidence_in_invitation(const Roster& roster, ByteView accepted_descriptor,
                                                 ByteView invitation);

/// An answer to be stored under `key` (client_round.h) against the attempt's `messages` so far: another one for the
/// same phase, or one that lies.
std::vector<EvidenceFile> evidence_in_answer(const Roster& roster, const StoredItems& messages, std::string_view key,
                                             ByteView answer);

/// Kind "audit": a chunk of the sum that is not the sum of the uploads. "aggregate", and "audit", the encoded `shown`.
EvidenceFile evidence_of_audit(const Roster& roster, ByteView aggregate, const AuditEvidence& shown);

/// "descriptor" and the coordinator's sets and certificate, as far as they are in `messages`: what files of all kinds
/// against it are made of.
EvidenceFile evidence_of_attempt(const Roster& roster, std::string_view kind, const StoredItems& messages);

}  // namespace bauta::client
