#include "client/agent/local_commands.h"

#include <fmt/format.h>

#include "client/agent/latches.h"
#include "client/agent/model_shelf.h"
#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/crypto/system_random.h"
#include "common/evidence/evidence_folder.h"
#include "common/masking/round_context.h"
#include "common/membership/roster_files.h"

namespace bauta::client {
namespace {

Result<ClientStore> open_store(const ClientSettings& settings) {
  SystemRandom random;
  return ClientStore::open(settings.store, random);
}

WallTime now() { return SystemClock().wall(); }

std::string utc(WallTime time) {
  return format_time(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

Status check_reason(const std::string& reason) {
  if (!reason.empty() && reason.size() <= 1000) return {};
  return Error{ErrorCode::invalid_argument, "--reason: 1 to 1000 bytes that say why; they are kept for ever"};
}

Result<std::string> release_model(const ClientSettings& settings, const std::string& model_hash,
                                  const std::string& reason) {
  BAUTA_RETURN_IF_ERROR(check_reason(reason));
  const auto digest = digest_from_hex(model_hash);
  if (!digest) return Error{ErrorCode::invalid_argument, "--model: 64 hexadecimal digits are needed"};
  BAUTA_TRY(ClientStore store, open_store(settings));
  BAUTA_TRY(const auto latched, signed_survivors(store, *digest));
  if (!latched) return Error{ErrorCode::not_found, "this client holds no signature on the model " + model_hash};
  BAUTA_RETURN_IF_ERROR(
      store.release_latch(signed_survivors_key(*digest), "release", "model " + to_hex(*digest) + ": " + reason, now()));
  return fmt::format("released: another set of survivors may be signed on the model {}\n", to_hex(*digest));
}

Result<std::string> release_run(const ClientSettings& settings, const std::string& run_id, const std::string& reason) {
  BAUTA_RETURN_IF_ERROR(check_reason(reason));
  BAUTA_TRY(ClientStore store, open_store(settings));
  BAUTA_TRY(const bool distrusted, is_distrusted(store, run_id));
  if (!distrusted) return Error{ErrorCode::not_found, "this client does not distrust the run " + run_id};
  BAUTA_RETURN_IF_ERROR(store.release_latch(distrusted_key(run_id), "release", "run " + run_id + ": " + reason, now()));
  return fmt::format("released: rounds of the run {} are accepted again\n", run_id);
}

Result<std::string> resume_after(const ClientSettings& settings, std::uint64_t round_no) {
  // There is no way back from this promise, so a slip of the pen must not lock the client out for ever.
  if (round_no > kMaxRoundNo) {
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("resume-after {}: give the last round's number, at most {}; the coordinator's operator sees "
                    "it in `bauta rounds`",
                    round_no, kMaxRoundNo)};
  }
  SystemRandom random;
  BAUTA_TRY(ClientStore store, ClientStore::open(settings.store, random));
  BAUTA_RETURN_IF_ERROR(store.resume_after(round_no, now(), random));
  return fmt::format("this client takes part in rounds after {} only\n", round_no);
}

Result<std::string> status(const ClientSettings& settings) {
  BAUTA_TRY(const ClientStore store, ClientStore::look(settings.store));
  BAUTA_TRY(const ModelShelf shelf, ModelShelf::open(settings.store.state_directory));
  std::string text = fmt::format("partner             {}\nstate               {}{}\n", settings.name,
                                 settings.store.state_directory.string(),
                                 store.restored() ? " (restored from a backup: run resume-after)" : "");
  BAUTA_TRY(const auto accepted, accepted_invitation(store));
  text += fmt::format("last round accepted {}\n", accepted ? to_string(accepted->id) : "none");
  BAUTA_TRY(const auto under_way, store.rounds_under_way());
  for (const auto& [round_no, attempt] : under_way) {
    BAUTA_TRY(const StoredItems items, store.load(round_no, attempt));
    text += fmt::format("round under way     {} ({} items in the outbox)\n", to_string(RoundId{round_no, attempt}),
                        items.size());
  }
  if (const auto& model = shelf.current()) {
    text += fmt::format("model               {}, after round {} ({} aggregates)\n", to_hex(model->hash),
                        model->round_no, model->state.steps);
    BAUTA_TRY(const auto latched, signed_survivors(store, model->hash));
    if (latched) text += fmt::format("survivors signed    {} on this model\n", to_hex(*latched));
  } else {
    text += "model               none\n";
  }
  BAUTA_TRY(const auto releases, store.releases());
  for (const Release& release : releases) {
    text += fmt::format("released            {} {} {}\n", utc(release.created_at), release.command, release.detail);
  }
  BAUTA_TRY(const auto evidence, list_evidence(settings.store.state_directory));
  for (const std::filesystem::path& file : evidence) text += fmt::format("evidence            {}\n", file.string());
  return text;
}

Result<std::string> allow_plan(const ClientSettings& settings, const std::filesystem::path& file) {
  BAUTA_TRY(const std::string text, read_text_file(file, kMaxPlanBytes));
  auto plan = parse_plan(text);
  if (!plan.ok()) return with_context(file.string(), std::move(plan).error());
  BAUTA_TRY(const auto roster, read_roster(settings.roster));
  if (const Status judged = judge_plan(settings.policy, *plan, static_cast<std::uint32_t>(roster->size()));
      !judged.ok()) {
    return with_context(file.string() + " could not be accepted even with all partners of the roster", judged.error());
  }
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.store.state_directory));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(allowed_plans_folder(settings)));
  const std::string hash = to_hex(plan_hash(text));
  BAUTA_RETURN_IF_ERROR(write_file_atomically(allowed_plans_folder(settings) / (hash + ".toml"), as_bytes(text)));
  return fmt::format("{}  {}\nallowed; a running client sees it after its next start\n", hash, plan->name);
}

}  // namespace bauta::client
