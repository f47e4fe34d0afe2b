// What this client keeps of the rounds it took part in, so that they can be audited while the coordinator still has
// their uploads: the signed sets and the aggregate, public to everybody in U2.
#pragma once

#include <filesystem>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/masking/round_id.h"

namespace bauta::client {

struct KeptRound {
  RoundId id;
  Bytes record;  ///< a RoundRecord, encoded
};

/// Files state_directory/rounds/ROUND-ATTEMPT.record. Read beside the running client. Not fsync'd: one that a power cut
/// tore does not verify, and its round can no longer be audited; nothing else depends on it.
class RoundRecords {
 public:
  static Result<RoundRecords> open(const std::filesystem::path& state_directory);

  /// Forgets the rounds before the last kAuditRounds.
  Status keep(const RoundId& id, ByteView record) const;
  /// `not_found` naming the rounds that are kept.
  Result<KeptRound> read(std::uint64_t round_no) const;

 private:
  explicit RoundRecords(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path path_of(const RoundId& id) const;
  std::vector<RoundId> list() const;

  std::filesystem::path folder_;
};

}  // namespace bauta::client
