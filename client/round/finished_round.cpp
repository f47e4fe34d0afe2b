#include "client/round/finished_round.h"

#include <algorithm>

#include "common/evidence/evidence_kind.h"
#include "common/masking/merkle.h"
#include "common/masking/packed_vector.h"
#include "common/masking/transcript.h"

namespace bauta::client {
Result<FinishedRound> open_record(std::shared_ptr<const Roster> roster, ByteView record) {
  BAUTA_TRY(auto blobs, decode<RoundRecord>(record));
  FinishedRound round;
  BAUTA_TRY(round.context, open_descriptor(std::move(roster), blobs.descriptor));
  BAUTA_TRY(round.u1, verify_key_set(round.context, blobs.key_set));
  BAUTA_TRY(round.u2, verify_header_set(round.context, round.u1, blobs.header_set));
  BAUTA_TRY(round.u3, verify_survivor_set(round.context, round.u1, round.u2, blobs.survivor_set));
  BAUTA_TRY(round.aggregate, verify_aggregate(round.context, round.u1, round.u2, round.u3, {}, blobs.aggregate));
  round.aggregate_blob = std::move(blobs.aggregate);
  return round;
}

Status check_audit_evidence(const std::shared_ptr<const Roster>& roster, ByteView aggregate, ByteView evidence) {
  BAUTA_TRY(const auto shown, decode<AuditEvidence>(evidence));
  BAUTA_TRY(const FinishedRound round, open_record(roster, shown.record));
  if (!std::ranges::equal(aggregate, round.aggregate_blob)) {
    return proves_nothing("the record is of another aggregate than the one it is held against");
  }
  const std::uint64_t chunks = chunk_count(round.context.layout());
  if (shown.chunk >= chunks || !verify_merkle_proof(round.aggregate.sum_root, chunks, shown.chunk,
                                                    merkle_leaf(shown.slice), shown.slice_proof)) {
    return Error{ErrorCode::bad_share, "the slice is not one of the sum that the coordinator signed"};
  }
  BAUTA_TRY(Audit audit, Audit::create(round.context, round.u1, round.u2, round.u3, round.aggregate));
  audit.begin(shown.chunk);
  for (const Bytes& answer : shown.answers) {
    if (const Status taken = audit.take(answer); !taken.ok()) {
      return audit.convicts() ? taken
                              : Status(proves_nothing("an answer is none to this audit: " + taken.error().message));
    }
  }
  if (!audit.complete()) return {};
  // A sum of another length than the round's is signed nonsense, of which no chunk is right.
  std::vector<std::uint64_t> slice(shown.slice.size() / 8);
  std::copy_n(shown.slice.begin(), slice.size() * 8, wire_bytes_mutable(slice).begin());
  return audit.compare(slice);
}

}  // namespace bauta::client
