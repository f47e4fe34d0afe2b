// A roster change as files, the same on a partner's machine and on the coordinator's: the new roster.toml, one file for
// each signature, and the record of what was replaced and by whose signatures in rosters/ of the state directory.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/membership/roster_change.h"

namespace bauta {

/// Errors name the file.
Result<std::shared_ptr<const Roster>> read_roster(const std::filesystem::path& file);

struct RosterProposal {
  std::shared_ptr<const Roster> current;
  std::shared_ptr<const Roster> next;
  std::vector<Bytes> signatures;  ///< as they came, unchecked
};
/// Reads them all; checks no more than that they can be read.
Result<RosterProposal> read_roster_proposal(const std::filesystem::path& current, const std::filesystem::path& next,
                                            const std::vector<std::filesystem::path>& signatures);

/// "rosters/VERSION-HASH.toml" of the roster in force and, beside it, the signatures that end it. Repeated, it changes
/// nothing.
Status keep_roster_record(const std::filesystem::path& state_directory, const RosterProposal& proposal);

/// Name, version, hash, how many sign a change, and everybody's key and weight; `self` (may be empty) is marked.
std::string describe(const Roster& roster, std::string_view self = {});

/// Differences, a line each, and who signed; for the person who applies the change.
std::string describe(const RosterProposal& proposal, const RosterSignatures& signatures);

}  // namespace bauta
