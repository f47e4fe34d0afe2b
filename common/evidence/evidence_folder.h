// The folder evidence/ of a state directory: TIME-KIND-HASH.evidence, one file for each lie that was detected.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/evidence/evidence_kind.h"

namespace bauta {

/// Who lies without end has been convicted long ago.
inline constexpr std::size_t kMostEvidenceFiles = 100;
/// Model and sum of a large round are in it; beyond this nothing is kept.
inline constexpr std::uint64_t kMaxEvidenceBytes = std::uint64_t{1} << 30;

struct KeptEvidence {
  std::filesystem::path file;
  std::string proves;
};

/// Keeps what the verifier of its kind convicts, the same one that judges the file on another machine. Durable when it
/// returns. Nothing where it proves nothing, the same is there already, the folder is full, or the file would be too
/// large.
Result<std::optional<KeptEvidence>> keep_evidence(const std::filesystem::path& state_directory,
                                                  std::span<const EvidenceKind> kinds,
                                                  const std::shared_ptr<const Roster>& roster, const EvidenceFile& file,
                                                  WallTime now);

/// Oldest first; empty where there is no folder.
Result<std::vector<std::filesystem::path>> list_evidence(const std::filesystem::path& state_directory);

/// Errors: not_found, io, malformed for what is no evidence file.
Result<EvidenceFile> read_evidence(const std::filesystem::path& file);

}  // namespace bauta
