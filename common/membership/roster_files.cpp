#include "common/membership/roster_files.h"

#include <fmt/format.h>

#include "common/base/file.h"

namespace bauta {

Result<std::shared_ptr<const Roster>> read_roster(const std::filesystem::path& file) {
  BAUTA_TRY(const std::string text, read_text_file(file, kMaxRosterBytes));
  auto roster = parse_roster(text);
  if (!roster.ok()) return with_context(file.string(), std::move(roster).error());
  return std::shared_ptr<const Roster>(std::make_shared<Roster>(*std::move(roster)));
}

Result<RosterProposal> read_roster_proposal(const std::filesystem::path& current, const std::filesystem::path& next,
                                            const std::vector<std::filesystem::path>& signatures) {
  RosterProposal proposal;
  BAUTA_TRY(proposal.current, read_roster(current));
  BAUTA_TRY(proposal.next, read_roster(next));
  for (const std::filesystem::path& file : signatures) {
    BAUTA_TRY(Bytes signature, read_file(file, kMaxRosterSignatureBytes));
    proposal.signatures.push_back(std::move(signature));
  }
  return proposal;
}

Status keep_roster_record(const std::filesystem::path& state_directory, const RosterProposal& proposal) {
  const std::filesystem::path folder = state_directory / "rosters";
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(folder));
  const std::string name = fmt::format("{}-{}", proposal.current->version, to_hex(proposal.current->hash));
  BAUTA_RETURN_IF_ERROR(write_file_atomically(folder / (name + ".toml"), as_bytes(proposal.current->text)));
  for (const Bytes& signature : proposal.signatures) {
    const auto signer = open_roster_signature(*proposal.current, *proposal.next, signature);
    if (!signer.ok()) continue;
    const std::string& partner = proposal.current->entries[*signer].partner_id;
    BAUTA_RETURN_IF_ERROR(write_file_atomically(folder / fmt::format("{}.{}.signature", name, partner), signature));
  }
  return {};
}

std::string describe(const Roster& roster, std::string_view self) {
  std::string text = fmt::format(
      "federation  {}\nversion     {}\nsha256      {}\ncoordinator {}\nchanges     need {} of {} partners' "
      "signatures\n",
      roster.federation, roster.version, to_hex(roster.hash), to_hex(roster.coordinator_key.fingerprint()),
      roster.change_signatures, roster.size());
  for (std::size_t i = 0; i < roster.size(); ++i) {
    const RosterEntry& entry = roster.entries[i];
    text += fmt::format("{:>4}  {:<32} weight {:<8} key {}{}\n", i, entry.partner_id, entry.weight,
                        to_hex(entry.signing_key.fingerprint()), entry.partner_id == self ? "  (this client)" : "");
  }
  return text;
}

std::string describe(const RosterProposal& proposal, const RosterSignatures& signatures) {
  std::string text = fmt::format("from  {}\nto    {}\n", to_hex(proposal.current->hash), to_hex(proposal.next->hash));
  for (const std::string& line : roster_differences(*proposal.current, *proposal.next)) text += "  " + line + "\n";
  for (const PartnerIndex signer : signatures.signers) {
    text += fmt::format("signed by {}\n", proposal.current->entries[signer].partner_id);
  }
  for (const std::string& reason : signatures.refused) text += fmt::format("not counted: {}\n", reason);
  return text;
}

}  // namespace bauta
