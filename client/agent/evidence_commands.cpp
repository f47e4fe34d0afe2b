#include "client/agent/evidence_commands.h"

#include <fmt/format.h>

#include "client/agent/evidence.h"
#include "common/evidence/evidence_folder.h"
#include "common/membership/roster_files.h"

namespace bauta::client {
namespace {

struct OpenedEvidence {
  EvidenceFile file;
  std::shared_ptr<const Roster> roster;
};

Result<OpenedEvidence> open_evidence(const std::filesystem::path& path) {
  BAUTA_TRY(EvidenceFile file, read_evidence(path));
  auto roster = parse_roster(as_text(file.roster));
  if (!roster.ok()) return with_context(path.string() + ": the roster in it", std::move(roster).error());
  return OpenedEvidence{std::move(file), std::make_shared<const Roster>(*std::move(roster))};
}

}  // namespace

JudgedEvidence judge_evidence_file(const std::filesystem::path& file, const std::filesystem::path& roster) {
  const auto opened = open_evidence(file);
  if (!opened.ok()) return {EvidenceVerdict::unreadable, "UNREADABLE: " + opened.error().message + "\n"};
  const Roster& own = *opened->roster;
  std::string text = fmt::format("kind        {}\nfederation  {}\nroster      {}\n", opened->file.kind, own.federation,
                                 to_hex(own.hash));
  if (!roster.empty()) {
    const auto pinned = read_roster(roster);
    if (!pinned.ok()) return {EvidenceVerdict::unreadable, "UNREADABLE: " + pinned.error().message + "\n"};
    if ((*pinned)->hash != own.hash) {
      text += fmt::format("PROVES NOTHING: it rests on another roster than {}, which is {}\n", roster.string(),
                          to_hex((*pinned)->hash));
      return {EvidenceVerdict::proves_nothing, std::move(text)};
    }
  }
  const auto convicted = verify_evidence(client_evidence_kinds(), opened->roster, opened->file);
  if (!convicted.ok()) {
    text += fmt::format("PROVES NOTHING: {}\n", convicted.error().message);
    return {EvidenceVerdict::proves_nothing, std::move(text)};
  }
  text += fmt::format("PROVEN: {}\n", *convicted);
  if (roster.empty()) {
    text +=
        "Anybody can make up a roster and sign under it: compare the roster's hash above with your own, or give "
        "--roster FILE.\n";
  }
  return {EvidenceVerdict::convicts, std::move(text)};
}

Result<std::string> list_evidence_files(const ClientSettings& settings) {
  BAUTA_TRY(const auto files, list_evidence(settings.store.state_directory));
  std::string text;
  for (const std::filesystem::path& path : files) {
    const auto opened = open_evidence(path);
    const auto proven = opened.ok() ? verify_evidence(client_evidence_kinds(), opened->roster, opened->file)
                                    : Result<std::string>(opened.error());
    text += fmt::format("{}  {}\n", path.string(), proven.ok() ? *proven : "proves nothing: " + proven.error().message);
  }
  return text.empty() ? std::string("no evidence\n") : text;
}

}  // namespace bauta::client
