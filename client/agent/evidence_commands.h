// `bauta-client evidence`: what lies in the state directory, and the judgement of a file on any machine.
#pragma once

#include <filesystem>
#include <string>

#include "client/agent/client_settings.h"

namespace bauta::client {

enum class EvidenceVerdict : int {
  convicts = 0,
  proves_nothing = 1,
  unreadable = 2,  ///< no evidence file, or none that this version understands
};

struct JudgedEvidence {
  EvidenceVerdict verdict = EvidenceVerdict::unreadable;
  std::string text;  ///< to be printed
};

/// Needs nothing but the file. `roster` (empty: none) is the roster.toml by whose hash the file's own is accepted;
/// without it the text says which hash is to be compared.
JudgedEvidence judge_evidence_file(const std::filesystem::path& file, const std::filesystem::path& roster);

/// One line a file with what it proves.
Result<std::string> list_evidence_files(const ClientSettings& settings);

}  // namespace bauta::client
