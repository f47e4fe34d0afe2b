#include "client/agent/roster_commands.h"

#include <fmt/format.h>

#include "client/agent/identity.h"
#include "client/agent/latches.h"
#include "client/agent/local_commands.h"
#include "common/base/file.h"
#include "common/crypto/system_random.h"
#include "common/masking/round_id.h"
#include "common/masking/transcript.h"
#include "common/membership/roster_files.h"

namespace bauta::client {
namespace {

Result<ClientStore> open_store(const ClientSettings& settings) {
  SystemRandom random;
  return ClientStore::open(settings.store, random);
}

/// No attempt may be bound to the roster in force when it changes.
Status end_attempts(ClientStore& store, bool abandon) {
  BAUTA_TRY(const auto under_way, store.rounds_under_way());
  for (const auto& [round_no, attempt] : under_way) {
    if (!abandon) {
      return Error{ErrorCode::busy,
                   fmt::format("attempt {} is under way under the roster in force: run the client until it is over "
                               "(`bauta-client status`), or give it up with --abandon",
                               to_string(RoundId{round_no, attempt}))};
    }
    BAUTA_RETURN_IF_ERROR(store.erase(round_no, attempt));
  }
  return {};
}

/// The latch first: after a crash in between the daemon does not start, and the same command again ends the change.
Status pin(ClientStore& store, const ClientSettings& settings, const Roster& next, std::string_view command,
           std::string_view detail) {
  BAUTA_RETURN_IF_ERROR(store.put_logged_latch(kPinnedRosterLatch, next.hash, command, detail, SystemClock().wall()));
  return write_file_atomically(settings.roster, as_bytes(next.text));
}

std::string after_change(const ClientSettings& settings, const Roster& next) {
  if (next.find(settings.name)) return fmt::format("pinned: {}\n", to_hex(next.hash));
  return fmt::format("pinned: {}\nthis client (\"{}\") is not in it and can take part no more\n", to_hex(next.hash),
                     settings.name);
}

Status refuse_second_signature(const std::filesystem::path& record, const Roster& current, const Roster& next) {
  const auto former = read_file(record, kMaxRosterSignatureBytes);
  if (!former.ok()) return former.error().code == ErrorCode::not_found ? Status() : Status(former.error());
  const auto blob = decode<SignedBlob>(*former);
  const auto change = blob.ok() ? decode<RosterChange>(blob->payload) : Result<RosterChange>(blob.error());
  if (!change.ok()) return with_context(record.string(), change.error());
  if (change->from != current.hash || change->to == next.hash) return {};
  return Error{ErrorCode::conflict,
               fmt::format("this client has signed another successor of the roster in force, {}; with both, two halves "
                           "of the federation could go on under different rosters. --again, if that one is withdrawn",
                           to_hex(change->to))};
}

/// Beside a running client, too. A client that has never run has pinned nothing yet.
Status check_pin(const ClientSettings& settings, const Roster& roster) {
  const auto store = ClientStore::look(settings.store);
  if (!store.ok()) return store.error().code == ErrorCode::not_found ? Status() : Status(store.error());
  return check_pinned_roster(*store, roster);
}

}  // namespace

Result<std::string> show_roster(const ClientSettings& settings) {
  BAUTA_TRY(const auto roster, read_roster(settings.roster));
  BAUTA_RETURN_IF_ERROR(check_pin(settings, *roster));
  return describe(*roster, settings.name);
}

Result<std::string> sign_roster(const ClientSettings& settings, const std::filesystem::path& next,
                                const std::filesystem::path& out, bool again) {
  BAUTA_TRY(const RosterProposal proposal, read_roster_proposal(settings.roster, next, {}));
  BAUTA_RETURN_IF_ERROR(check_pin(settings, *proposal.current));
  BAUTA_RETURN_IF_ERROR(judge_succession(*proposal.current, *proposal.next));
  std::string text = describe(proposal, {});
  if (out.empty()) return text + "nothing signed: add --out FILE if you agree with every line\n";
  BAUTA_TRY(const Identity identity, read_identity(settings));
  const std::filesystem::path folder = settings.store.state_directory / "rosters";
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.store.state_directory));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(folder));
  const std::filesystem::path record =
      folder / fmt::format("own-{}.signature", to_hex(proposal.current->hash).substr(0, 16));
  if (!again) BAUTA_RETURN_IF_ERROR(refuse_second_signature(record, *proposal.current, *proposal.next));
  const Bytes signature = sign_roster_change(*identity.roster, *proposal.next, *identity.signing_key, identity.self);
  BAUTA_RETURN_IF_ERROR(write_file_atomically(record, signature));
  BAUTA_RETURN_IF_ERROR(write_file_atomically(out, signature));
  return text + fmt::format("signed by {}: {}\n", settings.name, out.string());
}

Result<std::string> apply_roster(const ClientSettings& settings, const std::filesystem::path& next,
                                 const std::vector<std::filesystem::path>& signatures, bool abandon) {
  BAUTA_TRY(const RosterProposal proposal, read_roster_proposal(settings.roster, next, signatures));
  BAUTA_TRY(ClientStore store, open_store(settings));
  // A change that was cut off has latched its result already.
  BAUTA_TRY(const auto pinned, pinned_roster(store));
  if (!pinned || *pinned != proposal.next->hash) BAUTA_RETURN_IF_ERROR(check_pinned_roster(store, *proposal.current));
  const RosterSignatures counted = count_roster_signatures(*proposal.current, *proposal.next, proposal.signatures);
  BAUTA_RETURN_IF_ERROR(check_roster_change(*proposal.current, *proposal.next, counted));
  BAUTA_RETURN_IF_ERROR(end_attempts(store, abandon));
  BAUTA_RETURN_IF_ERROR(keep_roster_record(settings.store.state_directory, proposal));
  BAUTA_RETURN_IF_ERROR(pin(store, settings, *proposal.next, "roster apply",
                            fmt::format("version {}, {}{}", proposal.next->version, to_hex(proposal.next->hash),
                                        abandon ? "; the attempt under way was abandoned" : "")));
  return describe(proposal, counted) + after_change(settings, *proposal.next);
}

Result<std::string> trust_roster(const ClientSettings& settings, const std::filesystem::path& next,
                                 const std::string& reason, bool abandon) {
  BAUTA_RETURN_IF_ERROR(check_reason(reason));
  BAUTA_TRY(const auto trusted, read_roster(next));
  BAUTA_TRY(ClientStore store, open_store(settings));
  BAUTA_RETURN_IF_ERROR(end_attempts(store, abandon));
  std::string text;
  // The file in force may be missing or damaged: that is one reason for this command.
  if (auto proposal = read_roster_proposal(settings.roster, next, {}); proposal.ok()) {
    BAUTA_RETURN_IF_ERROR(keep_roster_record(settings.store.state_directory, *proposal));
    text = describe(*proposal, {});
  }
  BAUTA_RETURN_IF_ERROR(pin(store, settings, *trusted, "roster trust",
                            fmt::format("version {}, {}: {}", trusted->version, to_hex(trusted->hash), reason)));
  return text + after_change(settings, *trusted);
}

Status check_pinned_roster(const ClientStore& store, const Roster& roster) {
  BAUTA_TRY(const auto pinned, pinned_roster(store));
  if (!pinned || *pinned == roster.hash) return {};
  return Error{ErrorCode::refused_by_policy,
               fmt::format("the roster file is {}, but this client has pinned {}; a roster changes by `bauta-client "
                           "roster apply` with the partners' signatures, or by `bauta-client roster trust`",
                           to_hex(roster.hash), to_hex(*pinned))};
}

Status start_with_roster(ClientStore& store, const Roster& roster) {
  BAUTA_TRY(const auto pinned, pinned_roster(store));
  return pinned ? check_pinned_roster(store, roster) : store.put_latch(kPinnedRosterLatch, roster.hash);
}

}  // namespace bauta::client
