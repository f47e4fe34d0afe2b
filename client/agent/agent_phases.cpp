// The agent within a round: one function a stage, in the order of the protocol's phases.
#include <fcntl.h>

#include <algorithm>
#include <limits>

#include "client/agent/agent.h"
#include "client/agent/evidence.h"
#include "client/agent/latches.h"
#include "common/base/defence.h"
#include "common/base/file.h"
#include "common/evidence/coordinator_lies.h"
#include "common/masking/update_codec.h"
#include "common/privacy/clipping.h"

namespace bauta::client {
namespace {

using Words = std::vector<std::uint64_t>;

// The packed update in the clear; it lies on this partner's own disk until it is masked.
class UpdateFile {
 public:
  /// Errors: not_found, malformed for another length than the round's vector.
  static Result<UpdateFile> open(const std::filesystem::path& path, const LaneLayout& layout) {
    BAUTA_TRY(FileDescriptor file, open_file(path, O_RDONLY));
    std::error_code error;
    if (std::filesystem::file_size(path, error) != layout.byte_count() || error) {
      return Error{ErrorCode::malformed, path.string() + " has another length than the round's vector"};
    }
    return UpdateFile(path, std::move(file));
  }

  Status read(std::size_t first, std::span<std::uint64_t> words) const {
    return read_at(file_.get(), first * 8, wire_bytes_mutable(words), path_);
  }

 private:
  UpdateFile(std::filesystem::path path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  FileDescriptor file_;
};

double seconds_between(SteadyTime from, SteadyTime to) { return std::chrono::duration<double>(to - from).count(); }

constexpr int kMostStalls = 5;
constexpr Milliseconds kProgressInterval{250};
constexpr std::uint64_t kProgressParts = 10;

}  // namespace

// Phase 1

Result<Progress> Agent::send_keys() {
  return after_sending(tools_.link.send_keys(id(), message(item::kAdvertiseKeys)), Stage::key_set);
}

Result<Progress> Agent::fetch_key_set() {
  const auto answer = tools_.link.key_set(id());
  if (!answer.ok()) return call_failed(answer.error());
  if (!*answer) return wait();
  // Dealt now, sent after training: U1 is checked before hours are spent on it.
  const auto dealt = round_->share_keys(**answer, tools_.random);
  if (!dealt.ok()) return refuse_answer(dealt.error(), item::kKeySet, **answer);
  BAUTA_RETURN_IF_ERROR(save());
  begin_masking();
  return go(Stage::training);
}

void Agent::begin_masking() {
  // Less than half a megabyte is done at the end before a thread has begun.
  constexpr std::size_t kWorthAThread = std::size_t{1} << 16;
  const bool small = round_->context().layout().word_count() < kWorthAThread;
  masks_ =
      std::async(small ? std::launch::deferred : settings_.masking, [masking = round_->masking()]() -> Result<MaskSum> {
        if (!masking.ok()) return masking.error();
        return masking->compute();
      });
}

// Local training

Result<Agent::TrainedUpdate*> Agent::trained_update() {
  const RoundDescriptor& descriptor = round_->context().descriptor;
  if (trained_ && trained_->model_hash == descriptor.model_hash && trained_->round_no == descriptor.round_no) {
    return &*trained_;
  }
  const auto& model = models_.current();
  if (!model || (BAUTA_DEFENDS(model_hash) && model->hash != descriptor.model_hash)) {
    return Error{ErrorCode::wrong_context, "the model on this disk is no longer the one the round starts from"};
  }
  if (!plan_->trainer) {
    BAUTA_TRY(plan_->trainer, trainers_(plan_->plan));
  }
  const SteadyTime started = tools_.clock.steady();
  TrainedUpdate trained;
  trained.model_hash = descriptor.model_hash;
  trained.round_no = descriptor.round_no;
  BAUTA_TRY(trained.metrics, plan_->trainer->validate(model->state.parameters, descriptor.round_no));
  BAUTA_TRY(trained.update, plan_->trainer->train(model->state.parameters, descriptor.round_no));
  BAUTA_TRY(const double norm, clip_to_norm(trained.update, descriptor.clip));
  tools_.log.info("training finished", {{"round", descriptor.round_no},
                                        {"seconds", seconds_between(started, tools_.clock.steady())},
                                        {"norm", norm},
                                        {"validation_auc", trained.metrics.auc.value_or(-1)}});
  trained_ = std::move(trained);
  return &*trained_;
}

Result<Progress> Agent::train() {
  if (UpdateFile::open(update_path(), round_->context().layout()).ok()) return go(Stage::shares);
  const Status written = [&]() -> Status {
    BAUTA_TRY(const TrainedUpdate* const trained, trained_update());
    std::size_t saturated = 0;
    BAUTA_RETURN_IF_ERROR(write_file_atomically(update_path(), [&](const ByteSink& write) -> Status {
      BAUTA_TRY(const QuantiseReport report,
                encode_update(round_->context(), membership_.self, trained->update, trained->metrics, tools_.random,
                              [&](std::span<const std::uint64_t> words) { return write(wire_bytes(words)); }));
      saturated = report.saturated;
      return {};
    }));
    if (saturated > 0) {
      tools_.log.info("update saturated", {{"coordinates", saturated}, {"of", trained->update.size()}});
    }
    return {};
  }();
  if (!written.ok()) {
    const Error& error = written.error();
    if (error.code == ErrorCode::cancelled || error.code == ErrorCode::io || error.code == ErrorCode::disk_full ||
        error.code == ErrorCode::database) {
      return error;
    }
    tools_.log.error("training failed", {{"code", to_string(error.code)}, {"reason", error.message}});
    return end_attempt(with_context("training", error));
  }
  return go(Stage::shares);
}

// Phase 2

Result<Progress> Agent::send_shares() {
  return after_sending(tools_.link.send_shares(id(), message(item::kShareKeys)), Stage::share_package);
}

Result<Progress> Agent::fetch_share_package() {
  const auto answer = tools_.link.share_package(id());
  if (!answer.ok()) return call_failed(answer.error());
  if (!*answer) return wait();
  const auto update = UpdateFile::open(update_path(), round_->context().layout());
  if (!update.ok()) return go(Stage::training);
  if (!masks_.valid()) begin_masking();  // after a restart
  auto masks = masks_.get();
  if (!masks.ok()) return refuse_answer(masks.error(), item::kSharePackage, **answer);
  // From here on masks->words() is what is sent: the sum of the masks is nowhere any more.
  const auto header = round_->masked_update(
      **answer, *masks, [&](std::size_t first, std::span<std::uint64_t> words) { return update->read(first, words); });
  if (!header.ok()) return refuse_answer(header.error(), item::kSharePackage, **answer);
  for (const PartnerIndex dealer : round_->shares()->complaints) {
    tools_.log.warning("complaint", {{"dealer", membership_.roster->entries[dealer].partner_id}});
  }
  BAUTA_RETURN_IF_ERROR(tools_.store.write_vector(id().round_no, id().attempt, wire_bytes(masks->words())));
  BAUTA_RETURN_IF_ERROR(save());
  BAUTA_RETURN_IF_ERROR(remove_file(update_path()));
  return go(Stage::update_header);
}

// Phase 3

Result<Progress> Agent::announce_update() {
  const auto state = tools_.link.send_update(id(), message(item::kMaskedUpdate));
  if (!state.ok()) {
    if (state.error().code == ErrorCode::late) return go(Stage::survivors);
    return call_failed(state.error());
  }
  if (state->complete) return go(Stage::survivors);
  if (state->offset > round_->context().layout().byte_count()) {
    return end_attempt({ErrorCode::malformed, "the coordinator claims to have more bytes than there are"});
  }
  upload_offset_ = state->offset;
  return go(Stage::upload);
}

Result<Progress> Agent::upload() {
  const std::uint64_t total = round_->context().layout().byte_count();
  const RoundId round = id();
  UploadFile file{tools_.store.vector_path(round.round_no, round.attempt), upload_offset_, total - upload_offset_, {}};
  SteadyTime last_line = tools_.clock.steady();
  std::uint64_t last_sent = upload_offset_;
  file.progress = [&](std::uint64_t sent) {
    const SteadyTime now = tools_.clock.steady();
    if (sent - last_sent < total / kProgressParts || now - last_line < kProgressInterval) return;
    last_line = now;
    last_sent = sent;
    tools_.log.info("upload progress", {{"round", round.round_no}, {"sent", sent}, {"bytes", total}});
  };
  tools_.log.info("upload started", {{"round", round.round_no}, {"bytes", total}, {"offset", upload_offset_}});
  const auto state = tools_.link.upload(round, file);
  if (!state.ok()) {
    if (state.error().code == ErrorCode::late) return go(Stage::survivors);
    // How far it came only the coordinator knows.
    if (is_temporary(state.error().code)) stage_ = Stage::update_header;
    return call_failed(state.error());
  }
  if (state->complete) {
    upload_stalls_ = 0;
    tools_.log.info("upload finished", {{"round", round.round_no}, {"bytes", total}});
    return go(Stage::survivors);
  }
  upload_stalls_ = state->offset > upload_offset_ ? 0 : upload_stalls_ + 1;
  if (upload_stalls_ > kMostStalls || state->offset > total) {
    return end_attempt(
        {ErrorCode::conflict, "the coordinator takes no more of the upload at byte " + std::to_string(state->offset)});
  }
  upload_offset_ = state->offset;
  return go(Stage::upload);
}

// Phase 4

Result<Progress> Agent::fetch_survivors() {
  const auto answer = tools_.link.survivor_set(id());
  if (!answer.ok()) return call_failed(answer.error());
  if (!*answer) return wait();
  const Digest& model = round_->context().descriptor.model_hash;
  BAUTA_TRY(const auto already_signed, signed_survivors(tools_.store, model));
  const auto statement = round_->certify(**answer, already_signed);
  if (!statement.ok()) return refuse_answer(statement.error(), item::kSurvivorSet, **answer);
  if (!*statement) {
    BAUTA_RETURN_IF_ERROR(save());
    return go(Stage::certificate);
  }
  BAUTA_RETURN_IF_ERROR(save({}, {signed_survivors_latch(model, round_->survivors()->u3)}));
  return go(Stage::statement);
}

Result<Progress> Agent::send_statement() {
  const Status sent = tools_.link.send_statement(id(), message(item::kCertify));
  if (sent.ok()) {
    tools_.log.info("survivors signed",
                    {{"round", id().round_no}, {"survivors", round_->survivors()->survivors.size()}});
  }
  return after_sending(sent, Stage::certificate);
}

// Phase 5

Result<Progress> Agent::fetch_certificate() {
  const auto answer = tools_.link.certificate(id());
  if (!answer.ok()) return call_failed(answer.error());
  if (!*answer) return wait();
  const auto shares = round_->unmask(**answer);
  if (!shares.ok()) return refuse_answer(shares.error(), item::kCertificate, **answer);
  BAUTA_RETURN_IF_ERROR(save());
  return go(Stage::unmask);
}

Result<Progress> Agent::send_unmask() {
  const Status sent = tools_.link.send_unmask(id(), message(item::kUnmask));
  if (sent.ok()) tools_.log.info("shares revealed", {{"round", id().round_no}});
  if (sent.ok() || sent.error().code == ErrorCode::late) {
    BAUTA_RETURN_IF_ERROR(tools_.store.erase_items(id().round_no, id().attempt, item::kSecretPrefix));
    round_->forget_secrets();
  }
  return after_sending(sent, Stage::aggregate);
}

// The aggregate

Result<Progress> Agent::fetch_aggregate() {
  auto answer = tools_.link.aggregate(id());
  if (!answer.ok()) return call_failed(answer.error());
  if (!*answer) return wait();
  aggregate_ = *std::move(*answer);
  return go(Stage::sum);
}

EvidenceFile Agent::evidence_of_wrong_model(std::span<const std::uint64_t> sum) const {
  EvidenceFile file = evidence_of_attempt(*membership_.roster, evidence_kind::kWrongModel, messages_);
  const auto add = [&](std::string_view name, ByteView content) {
    file.items.emplace(name, Bytes(content.begin(), content.end()));
  };
  const HeldModel& model = *models_.current();
  add(evidence_item_name::kAggregate, aggregate_);
  add(evidence_item_name::kPlan, as_bytes(plan_->text));
  add(evidence_item_name::kModel, encode_model(model.state, plan_->layout, model.plan_hash, model.round_no));
  add(evidence_item_name::kSum, wire_bytes(sum));
  return file;
}

Result<Progress> Agent::fetch_sum() {
  const RoundContext& context = round_->context();
  auto pending = std::make_unique<PendingSum>();
  pending->words.resize(context.layout().word_count());
  if (const Status fetched = tools_.link.aggregate_vector(id(), pending->words); !fetched.ok()) {
    return call_failed(fetched.error());
  }
  auto accepted = round_->accept_aggregate(aggregate_, pending->words);
  if (!accepted.ok()) return refuse_answer(accepted.error(), item::kAggregate, aggregate_);
  pending->aggregate = *std::move(accepted);
  const auto& current = models_.current();
  if (!current || current->hash != context.descriptor.model_hash) {
    return end_attempt(
        {ErrorCode::wrong_context, "the model on this disk is no longer the one the round started from"});
  }
  BAUTA_RETURN_IF_ERROR(records_.keep(id(), encode(round_->record(aggregate_))));
  pending_ = std::move(pending);
  if (settings_.audit_chunks == 0) return apply_sum();
  auto audit = round_->audit(pending_->aggregate);
  if (!audit.ok()) return end_attempt(audit.error());
  pending_->audit = *std::move(audit);
  // They depend on what the coordinator has signed, so it cannot leave them alone; and a restart looks at the same
  // ones, so it gains nothing by not answering until others are drawn.
  pending_->waiting =
      draw_chunks(chunk_count(context.layout()), settings_.audit_chunks, message(kAuditSeed), aggregate_);
  pending_->audit->begin(pending_->waiting.back());
  return go(Stage::audit);
}

Result<Progress> Agent::audit_sum() {
  Audit& audit = *pending_->audit;
  const auto answer = tools_.link.audit_chunk(id(), audit.chunk(), audit.after());
  if (!answer.ok()) {
    const ErrorCode code = answer.error().code;
    if (code == ErrorCode::cancelled || is_temporary(code) || is_waited_out(code)) return call_failed(answer.error());
    const Error refused{ErrorCode::audit_refused, "the aggregate is not applied: " + answer.error().message};
    tools_.log.error("audit refused", {{"round", id().round_no}, {"reason", refused.message}});
    // What has been forgotten meanwhile says nothing of the coordinator. Anything else does: without this, who was
    // refused would later be given the model that comes of the very sum it was not shown.
    if (code != ErrorCode::late && code != ErrorCode::not_found) {
      BAUTA_RETURN_IF_ERROR(distrust(tools_.store, round_->context().descriptor.run_id));
    }
    return end_attempt(refused);
  }
  Status checked = audit.take(*answer);
  if (checked.ok() && audit.complete()) checked = audit.compare(chunk_of(pending_->words, audit.chunk()));
  if (!checked.ok()) return audit_failed(checked.error());
  if (!audit.complete()) return go(Stage::audit);
  pending_->waiting.pop_back();
  if (pending_->waiting.empty()) return apply_sum();
  audit.begin(pending_->waiting.back());
  return go(Stage::audit);
}

Result<Progress> Agent::audit_failed(const Error& error) {
  tools_.log.error("audit failed", {{"round", id().round_no},
                                    {"attempt", id().attempt},
                                    {"check", to_string(error.code)},
                                    {"reason", error.message}});
  BAUTA_RETURN_IF_ERROR(distrust(tools_.store, round_->context().descriptor.run_id));
  if (pending_->audit->convicts()) {
    const auto shown = pending_->audit->evidence(encode(round_->record(aggregate_)), pending_->words);
    BAUTA_RETURN_IF_ERROR(keep_evidence({evidence_of_audit(*membership_.roster, aggregate_, shown)}));
  }
  return end_attempt(error);
}

Result<Progress> Agent::apply_sum() {
  const RoundContext& context = round_->context();
  const RoundDescriptor& descriptor = context.descriptor;
  const auto& current = models_.current();
  const auto next = [&]() -> Result<HeldModel> {
    HeldModel model{{}, current->plan_hash, descriptor.round_no, current->state};
    ServerStep step(model.state, plan_->plan.server);
    const auto decoded =
        decode_sum(context, round_->survivors()->survivors, pending_->words,
                   [&](std::size_t first, std::span<const double> mean) { return step.apply(first, mean); });
    if (!decoded.ok()) return decoded.error();
    BAUTA_RETURN_IF_ERROR(step.finish());
    model.hash = model_hash(model.state, model.plan_hash);
    if (model.hash != pending_->aggregate.next_model_hash) {
      return Error{ErrorCode::equivocation, "the coordinator announced the model " +
                                                to_hex(pending_->aggregate.next_model_hash) +
                                                ", its own aggregate leads to " + to_hex(model.hash)};
    }
    return model;
  }();
  if (!next.ok()) {
    BAUTA_RETURN_IF_ERROR(distrust(tools_.store, descriptor.run_id));
    BAUTA_RETURN_IF_ERROR(keep_evidence({evidence_of_wrong_model(pending_->words)}));
    return refuse_answer(next.error(), item::kAggregate, aggregate_);
  }
  BAUTA_RETURN_IF_ERROR(models_.put_current(*next, plan_->layout));
  tools_.log.info("model applied", {{"round", descriptor.round_no},
                                    {"attempt", descriptor.attempt},
                                    {"model_hash", to_hex(models_.current()->hash)}});
  BAUTA_RETURN_IF_ERROR(erase_attempt());
  trained_.reset();
  return go(Stage::invitation);
}

}  // namespace bauta::client
