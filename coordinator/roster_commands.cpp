#include "coordinator/roster_commands.h"

#include <fmt/format.h>

#include "common/base/file.h"
#include "common/membership/roster_files.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/round_journal.h"
#include "coordinator/storage/round_store.h"

namespace bauta::coordinator {
namespace {

Status refuse_open_attempt(SqliteDatabase& database) {
  BAUTA_TRY(const std::vector<RoundKey> kept, RoundJournal(database).open_rounds());
  for (const RoundKey key : kept) {
    BAUTA_TRY(const RoundRow row, RoundStore(database).get(key.round_no, key.attempt));
    if (row.state != RoundState::open) continue;
    return Error{ErrorCode::busy,
                 fmt::format("round {}, attempt {} is open under the roster in force, in phase {}: start the "
                             "coordinator, `bauta runs stop` its run and let the attempt end, or give it up with "
                             "--abandon",
                             key.round_no, key.attempt, row.phase)};
  }
  return {};
}

}  // namespace

Result<std::string> show_roster(const Settings& settings) {
  BAUTA_TRY(const auto roster, read_roster(settings.roster));
  return describe(*roster);
}

Result<std::string> apply_roster(const Settings& settings, const std::filesystem::path& next,
                                 const std::vector<std::filesystem::path>& signatures, bool abandon) {
  BAUTA_TRY(const RosterProposal proposal, read_roster_proposal(settings.roster, next, signatures));
  const RosterSignatures counted = count_roster_signatures(*proposal.current, *proposal.next, proposal.signatures);
  BAUTA_RETURN_IF_ERROR(check_roster_change(*proposal.current, *proposal.next, counted));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.state_dir));
  BAUTA_TRY(const FileDescriptor lock, lock_directory(settings.state_dir));
  BAUTA_TRY(SqliteDatabase database, open_database(settings.state_dir));
  if (!abandon) BAUTA_RETURN_IF_ERROR(refuse_open_attempt(database));
  BAUTA_RETURN_IF_ERROR(keep_roster_record(settings.state_dir, proposal));
  BAUTA_RETURN_IF_ERROR(write_file_atomically(settings.roster, as_bytes(proposal.next->text)));
  std::string text = describe(proposal, counted) + "in force from the next start on\n";
  if (proposal.next->coordinator_key.spki() != proposal.current->coordinator_key.spki()) {
    text += "it names another key for this coordinator: set [signing] key before that\n";
  }
  return text;
}

}  // namespace bauta::coordinator
