#include "client/agent/agent.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/agent/evidence.h"
#include "client/agent/latches.h"
#include "common/base/defence.h"
#include "common/base/file.h"
#include "common/base/secret_bytes.h"
#include "common/evidence/evidence_folder.h"

namespace bauta::client {
namespace {

/// The plan's text, kept with the attempt so that a restart needs nobody to send it again.
constexpr std::string_view kPlanItem = "plan";
constexpr Milliseconds kPauseAfterRefusal{1000};
constexpr std::uint64_t kModelFileOverhead = kMaxHeaderBytes + 4096;

template <class Items>
void wipe(Items& items) {
  for (auto& [key, bytes] : items) const WipeOnExit wiped(bytes);
}

// Who we are, or the roster we pinned, is not accepted at present: nothing is said of the round.
bool refuses_the_partner(ErrorCode code) {
  return code == ErrorCode::unauthenticated || code == ErrorCode::forbidden || code == ErrorCode::revoked ||
         code == ErrorCode::wrong_context;
}

// Whom an invitation claims to be for, before anything of it is believed: only to not ask for it again.
std::optional<RoundId> claimed_id(ByteView invitation) {
  const auto opened = decode<Invitation>(invitation);
  if (!opened.ok()) return std::nullopt;
  const auto blob = decode<SignedBlob>(opened->descriptor);
  if (!blob.ok()) return std::nullopt;
  const auto descriptor = decode<RoundDescriptor>(blob->payload);
  if (!descriptor.ok()) return std::nullopt;
  return RoundId{descriptor->round_no, descriptor->attempt};
}

}  // namespace

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::hello: return "hello";
    case Stage::invitation: return "invitation";
    case Stage::model: return "model";
    case Stage::keys: return "keys";
    case Stage::key_set: return "key_set";
    case Stage::training: return "training";
    case Stage::shares: return "shares";
    case Stage::share_package: return "share_package";
    case Stage::update_header: return "update_header";
    case Stage::upload: return "upload";
    case Stage::survivors: return "survivors";
    case Stage::statement: return "statement";
    case Stage::certificate: return "certificate";
    case Stage::unmask: return "unmask";
    case Stage::aggregate: return "aggregate";
    case Stage::sum: return "sum";
    case Stage::audit: return "audit";
  }
  return "unknown";
}

Agent::Agent(Membership membership, AgentSettings settings, AgentTools tools, TrainerFactory trainers,
             ModelShelf models, RoundRecords records)
    : membership_(std::move(membership)),
      settings_(std::move(settings)),
      tools_(tools),
      trainers_(std::move(trainers)),
      models_(std::move(models)),
      records_(std::move(records)) {}

Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::open(Membership membership, AgentSettings settings, AgentTools tools,
                                           TrainerFactory trainers) {
  if (tools.store.restored()) {
    return Error{ErrorCode::refused_by_policy,
                 "the state in " + settings.state_directory.string() +
                     " is a restored copy; find the last round this client took part in and run `bauta-client "
                     "resume-after ROUND`"};
  }
  BAUTA_TRY(ModelShelf models, ModelShelf::open(settings.state_directory));
  BAUTA_TRY(RoundRecords records, RoundRecords::open(settings.state_directory));
  BAUTA_RETURN_IF_ERROR(remove_temporaries(settings.state_directory / "models"));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.state_directory / "updates"));
  std::unique_ptr<Agent> agent(new Agent(std::move(membership), std::move(settings), tools, std::move(trainers),
                                         std::move(models), std::move(records)));
  BAUTA_RETURN_IF_ERROR(agent->resume());
  return agent;
}

std::optional<RoundId> Agent::attempt() const {
  if (!round_) return std::nullopt;
  return id();
}

Result<Progress> Agent::step() {
  switch (stage_) {
    case Stage::hello: return say_hello();
    case Stage::invitation: return wait_for_invitation();
    case Stage::model: return provide_model();
    case Stage::keys: return send_keys();
    case Stage::key_set: return fetch_key_set();
    case Stage::training: return train();
    case Stage::shares: return send_shares();
    case Stage::share_package: return fetch_share_package();
    case Stage::update_header: return announce_update();
    case Stage::upload: return upload();
    case Stage::survivors: return fetch_survivors();
    case Stage::statement: return send_statement();
    case Stage::certificate: return fetch_certificate();
    case Stage::unmask: return send_unmask();
    case Stage::aggregate: return fetch_aggregate();
    case Stage::sum: return fetch_sum();
    case Stage::audit: return audit_sum();
  }
  return Error{ErrorCode::internal, "unknown stage"};
}

// Taking up where the last process ended

Stage Agent::stage_of(const StoredItems& items) const {
  const auto has = [&](std::string_view key) { return items.contains(std::string(key)); };
  if (has(item::kUnmask)) return Stage::unmask;
  if (has(item::kCertify)) return Stage::statement;
  if (has(item::kSurvivorSet)) return Stage::certificate;
  if (has(item::kMaskedUpdate)) return Stage::update_header;
  if (has(item::kShareKeys)) return Stage::training;
  return Stage::keys;
}

Status Agent::resume() {
  BAUTA_TRY(const auto under_way, tools_.store.rounds_under_way());
  for (std::size_t i = 0; i + 1 < under_way.size(); ++i) {
    BAUTA_RETURN_IF_ERROR(tools_.store.erase(under_way[i].first, under_way[i].second));
  }
  const auto kept_update = [&]() -> std::filesystem::path { return round_ ? update_path() : std::filesystem::path(); };
  if (!under_way.empty()) {
    const auto [round_no, attempt] = under_way.back();
    BAUTA_TRY(StoredItems items, tools_.store.load(round_no, attempt));
    const Stage stage = stage_of(items);
    const Status opened = [&]() -> Status {
      const auto plan_text = items.find(std::string(kPlanItem));
      const auto descriptor = items.find(std::string(item::kDescriptor));
      if (plan_text == items.end() || descriptor == items.end()) {
        return Error{ErrorCode::database, "its plan or descriptor is missing in the store"};
      }
      const std::string text(as_text(plan_text->second));
      BAUTA_TRY(const Plan plan, parse_plan(text));
      BAUTA_TRY([[maybe_unused]] PlanInUse* const in_use, use_plan(text, plan));
      BAUTA_TRY(RoundContext context, open_descriptor(membership_.roster, descriptor->second));
      for (const auto& [key, bytes] : items) {
        if (!key.starts_with(item::kSecretPrefix)) messages_.emplace(key, bytes);
      }
      // Whether it vouches for the model stands in the message that it has signed.
      BAUTA_TRY(round_, ClientRound::open(membership_, std::move(context), {settings_.policy.honest_survivors}, items,
                                          tools_.random));
      return {};
    }();
    wipe(items);
    if (!opened.ok()) {
      tools_.log.warning("attempt over", {{"round", round_no},
                                          {"attempt", attempt},
                                          {"code", to_string(opened.error().code)},
                                          {"reason", opened.error().message}});
      round_.reset();
      messages_.clear();
      BAUTA_RETURN_IF_ERROR(tools_.store.erase(round_no, attempt));
    } else {
      after_hello_ = stage;
      tools_.log.info("resumed", {{"round", round_no}, {"attempt", attempt}, {"stage", to_string(stage)}});
    }
  }
  // Updates of attempts that are no more.
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.state_directory / "updates", ignored)) {
    if (entry.path() != kept_update()) BAUTA_RETURN_IF_ERROR(remove_file(entry.path()));
  }
  if (!round_) return {};
  // Crashed between the new model and the end of the attempt: everything is done but the erasing.
  const auto& current = models_.current();
  const RoundDescriptor& descriptor = round_->context().descriptor;
  if (after_hello_ == Stage::unmask && current && current->hash != descriptor.model_hash &&
      current->plan_hash == descriptor.plan_hash && current->round_no == descriptor.round_no) {
    BAUTA_RETURN_IF_ERROR(erase_attempt());
    after_hello_ = Stage::invitation;
  }
  return {};
}

// Before a round

Result<Progress> Agent::say_hello() {
  const Status answered = tools_.link.hello();
  if (!answered.ok()) {
    const ErrorCode code = answered.error().code;
    // Now, at the start, a refused certificate is a wrong set-up; later it may be one that is just being renewed.
    if ((!is_temporary(code) || code == ErrorCode::tls) && !is_waited_out(code)) return answered.error();
    return call_failed(answered.error());
  }
  tools_.log.info("connected");
  return go(after_hello_);
}

Result<Progress> Agent::wait_for_invitation() {
  BAUTA_TRY(const PolicyMemory seen, policy_memory(tools_.store, {}));
  auto answer = tools_.link.invitation(std::max(seen.latest, refused_));
  if (!answer.ok()) {
    const Error& error = answer.error();
    if (error.code == ErrorCode::cancelled) return error;
    note_trouble(is_temporary(error.code) ? "coordinator not reached" : "refused", error);
    return wait();
  }
  last_trouble_.clear();
  if (!*answer) return wait();
  const Bytes& invitation = **answer;

  auto opened = open_invitation(settings_.policy, membership_.roster, membership_.self, invitation);
  if (!opened.ok()) {
    BAUTA_RETURN_IF_ERROR(keep_evidence_in(invitation));
    return refuse_invitation(opened.error(), claimed_id(invitation).value_or(refused_));
  }
  const RoundId id = opened->id();
  const auto in_use = use_plan(opened->plan_text, opened->plan);
  if (!in_use.ok()) return refuse_invitation(in_use.error(), id);
  BAUTA_TRY(const PolicyMemory memory, policy_memory(tools_.store, id));
  const Status judged = judge(settings_.policy, *opened, (*in_use)->layout.size(), memory);
  if (!judged.ok()) {
    BAUTA_RETURN_IF_ERROR(keep_evidence_in(invitation));
    return refuse_invitation(judged.error(), id);
  }
  BAUTA_TRY(const bool distrusted, is_distrusted(tools_.store, opened->context.descriptor.run_id));
  if (distrusted) {
    return refuse_invitation({ErrorCode::refused_by_policy,
                              "the run " + opened->context.descriptor.run_id +
                                  " once signed an aggregate that does not hold; `bauta-client release --run` lifts "
                                  "this when the cause is found"},
                             id);
  }
  const Digest& model = opened->context.descriptor.model_hash;
  BAUTA_TRY(const auto already_signed, signed_survivors(tools_.store, model));
  if (BAUTA_DEFENDS(one_sum_for_each_model) && already_signed) {
    return refuse_invitation(
        {ErrorCode::refused_by_policy,
         "this client has signed a set of survivors on the model " + to_hex(model) +
             " before; a second sum on it, of one partner less, would show that partner's update. A "
             "plan with another [model] seed begins with another model; `bauta-client release "
             "--model` lifts this if you accept that"},
        id);
  }
  invited_ = *std::move(opened);
  return go(Stage::model);
}

Result<Progress> Agent::provide_model() {
  const Digest wanted = invited_->context.descriptor.model_hash;
  const Digest plan_hash = plan_->hash;
  if (!models_.current() || models_.current()->hash != wanted) {
    HeldModel initial{{}, plan_hash, 0, initial_state(plan_->layout, plan_->plan.server)};
    initial.hash = model_hash(initial.state, plan_hash);
    if (initial.hash == wanted) {
      BAUTA_RETURN_IF_ERROR(models_.put_current(std::move(initial), plan_->layout));
    } else {
      const auto& current = models_.current();
      if (current && current->plan_hash == plan_hash && current->state.steps > 0 &&
          invited_->id().round_no <= current->round_no + 1) {
        // No round can have ended without us: what we applied is the only model there can be.
        return refuse_invitation(
            {ErrorCode::refused_by_policy, "the round starts from the model " + to_hex(wanted) +
                                               ", but the aggregate before it led to " + to_hex(current->hash)},
            invited_->id());
      }
      auto bytes = tools_.link.model(wanted, 12 * std::uint64_t{plan_->layout.size()} + kModelFileOverhead);
      if (!bytes.ok()) {
        if (bytes.error().code == ErrorCode::cancelled || is_temporary(bytes.error().code)) {
          return call_failed(bytes.error());
        }
        return refuse_invitation(with_context("fetching the model " + to_hex(wanted), bytes.error()), invited_->id());
      }
      auto model = [&]() -> Result<HeldModel> {
        BAUTA_TRY(const ModelFile file, decode_model(*bytes));
        BAUTA_RETURN_IF_ERROR(check_layout(file, plan_->layout));
        BAUTA_TRY(HeldModel read, read_model(*bytes));
        if (BAUTA_DEFENDS(model_hash) && (read.plan_hash != plan_hash || read.hash != wanted)) {
          return Error{ErrorCode::wrong_context, "it is not the model that the round descriptor names"};
        }
        // What the file says of its round is not part of its hash.
        read.round_no = invited_->id().round_no - 1;
        return read;
      }();
      if (!model.ok()) {
        return refuse_invitation(with_context("the model " + to_hex(wanted) + " from the coordinator", model.error()),
                                 invited_->id());
      }
      tools_.log.info("model fetched", {{"model_hash", to_hex(wanted)}});
      // Before the model is there: once it is, only this says where it came from.
      BAUTA_RETURN_IF_ERROR(put_fetched_model(tools_.store, wanted));
      BAUTA_RETURN_IF_ERROR(models_.put_current(*std::move(model), plan_->layout));
    }
  }
  BAUTA_RETURN_IF_ERROR(models_.put_plan(plan_->text));
  BAUTA_RETURN_IF_ERROR(open_attempt());
  tools_.log.info("invited", {{"round", id().round_no}, {"attempt", id().attempt}});
  return go(Stage::keys);
}

Status Agent::open_attempt() {
  const StoredItem latch = accepted_invitation_latch(*invited_);
  BAUTA_TRY(const auto fetched, fetched_model(tools_.store));
  const SigningRules rules{settings_.policy.honest_survivors, fetched != invited_->context.descriptor.model_hash};
  BAUTA_TRY(round_, ClientRound::open(membership_, std::move(invited_->context), rules, {}, tools_.random));
  invited_.reset();
  messages_.clear();
  Bytes audit_seed(32);
  tools_.random.fill(audit_seed);
  return save({{std::string(kPlanItem), Bytes(plan_->text.begin(), plan_->text.end())},
               {std::string(kAuditSeed), std::move(audit_seed)}},
              {latch});
}

Result<Agent::PlanInUse*> Agent::use_plan(const std::string& text, const Plan& plan) {
  const Digest hash = plan_hash(text);
  if (!plan_ || plan_->hash != hash) {
    BAUTA_TRY(ParameterLayout layout, ParameterLayout::create(plan.model));
    plan_.reset(new PlanInUse{text, hash, plan, std::move(layout), nullptr});
    trained_.reset();
  }
  return plan_.get();
}

// Common to all stages

Result<Progress> Agent::go(Stage next) {
  stage_ = next;
  last_trouble_.clear();
  return Progress{stage_, false, Milliseconds(0)};
}

Result<Progress> Agent::wait() const { return Progress{stage_, true, Milliseconds(0)}; }

void Agent::note_trouble(std::string_view event, const Error& error) {
  const std::string trouble = fmt::format("{}: {}", to_string(error.code), error.message);
  if (trouble == last_trouble_) return;
  last_trouble_ = trouble;
  tools_.log.warning(event, {{"code", to_string(error.code)}, {"reason", error.message}});
}

Result<Progress> Agent::call_failed(const Error& error) {
  if (error.code == ErrorCode::cancelled) return error;
  if (is_temporary(error.code)) {
    note_trouble("coordinator not reached", error);
    return wait();
  }
  if (is_waited_out(error.code)) {
    note_trouble("refused", error);
    return wait();
  }
  if (error.code != ErrorCode::late) {
    tools_.log.warning("refused", {{"code", to_string(error.code)}, {"reason", error.message}});
  }
  return end_attempt(error);
}

// Once our header is out others may sign a U3, and the round may need our signature or shares to end: they are kept as
// long as only we are refused and nobody says that the round is over.
bool Agent::is_waited_out(ErrorCode code) const {
  return messages_.contains(std::string(item::kMaskedUpdate)) && refuses_the_partner(code);
}

Result<Progress> Agent::after_sending(const Status& sent, Stage next) {
  if (sent.ok() || sent.error().code == ErrorCode::late) return go(next);
  return call_failed(sent.error());
}

Result<Progress> Agent::refuse_answer(const Error& error, std::string_view stored_key, ByteView answer) {
  BAUTA_RETURN_IF_ERROR(keep_evidence(evidence_in_answer(*membership_.roster, messages_, stored_key, answer)));
  tools_.log.warning("refused", {{"code", to_string(error.code)}, {"reason", error.message}});
  return end_attempt(error);
}

Result<Progress> Agent::refuse_invitation(const Error& error, const RoundId& id) {
  tools_.log.warning(
      "refused",
      {{"round", id.round_no}, {"attempt", id.attempt}, {"code", to_string(error.code)}, {"reason", error.message}});
  refused_ = std::max(refused_, id);
  invited_.reset();
  stage_ = Stage::invitation;
  // The coordinator may repeat at once what we refuse at once.
  return Progress{stage_, true, kPauseAfterRefusal};
}

Result<Progress> Agent::end_attempt(const Error& why) {
  tools_.log.info("attempt over", {{"round", id().round_no},
                                   {"attempt", id().attempt},
                                   {"stage", to_string(stage_)},
                                   {"code", to_string(why.code)},
                                   {"reason", why.message}});
  BAUTA_RETURN_IF_ERROR(erase_attempt());
  return go(Stage::invitation);
}

Status Agent::erase_attempt() {
  masks_ = {};
  BAUTA_RETURN_IF_ERROR(remove_file(update_path()));
  BAUTA_RETURN_IF_ERROR(tools_.store.erase(id().round_no, id().attempt));
  round_.reset();
  messages_.clear();
  aggregate_.clear();
  pending_.reset();
  upload_stalls_ = 0;
  return {};
}

Status Agent::save(std::vector<StoredItem> extra, std::vector<StoredItem> latches) {
  std::vector<StoredItem> items = round_->take_unsaved();
  for (StoredItem& item : extra) items.push_back(std::move(item));
  if (items.empty() && latches.empty()) return {};
  const Status written = tools_.store.put_all(id().round_no, id().attempt, items, latches);
  if (written.ok()) {
    for (const auto& [key, bytes] : items) {
      if (!key.starts_with(item::kSecretPrefix)) messages_.emplace(key, bytes);
    }
  }
  wipe(items);
  return written;
}

Status Agent::keep_evidence_in(ByteView invitation) {
  BAUTA_TRY(const auto before, accepted_invitation(tools_.store));
  return keep_evidence(
      evidence_in_invitation(*membership_.roster, before ? ByteView(before->descriptor) : ByteView(), invitation));
}

Status Agent::keep_evidence(const std::vector<EvidenceFile>& candidates) {
  for (const EvidenceFile& candidate : candidates) {
    BAUTA_TRY(const auto kept, bauta::keep_evidence(settings_.state_directory, client_evidence_kinds(),
                                                    membership_.roster, candidate, tools_.clock.wall()));
    if (kept) tools_.log.warning("evidence kept", {{"file", kept->file.string()}, {"proves", kept->proves}});
  }
  return {};
}

std::filesystem::path Agent::update_path() const {
  return settings_.state_directory / "updates" / fmt::format("{}-{}.update", id().round_no, id().attempt);
}

}  // namespace bauta::client
