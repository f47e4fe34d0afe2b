// The runner after a restart: the journal says where every attempt stood.
#include <fmt/format.h>

#include "common/base/file.h"
#include "coordinator/api/round_runner.h"
#include "coordinator/api/upload_sink.h"

namespace bauta::coordinator {

Result<std::unique_ptr<RoundRunner>> RoundRunner::open(RunnerParts parts) {
  std::unique_ptr<RoundRunner> runner(new RoundRunner(std::move(parts)));
  BAUTA_RETURN_IF_ERROR(runner->restore());
  return runner;
}

Status RoundRunner::restore() {
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(parts_.state_directory / "sums"));
  BAUTA_RETURN_IF_ERROR(remove_temporaries(parts_.state_directory / "sums"));
  BAUTA_TRY(const std::vector<RoundKey> keys, journal_.open_rounds());
  for (const RoundKey key : keys) BAUTA_RETURN_IF_ERROR(restore_attempt(key));
  prune();
  if (current_) {
    BAUTA_TRY(RunRow row, runs_.get(current_->run_id));
    const bool stopping = row.state == RunState::stopped;
    BAUTA_TRY(ActiveRun loaded, load_run(std::move(row)));
    run_.emplace(std::move(loaded));
    run_->stopping = stopping;
    // The phase gets its full share of the deadline again.
    const auto phase = current_->round->phase();
    const double before =
        phase == Phase::advertise_keys ? 0 : phase_end(static_cast<Phase>(static_cast<int>(phase) - 1));
    current_->began =
        now() -
        Milliseconds(static_cast<std::int64_t>(before * static_cast<double>(run_->plan.round.deadline.count())));
    parts_.log->info("round resumed", {{"run_id", current_->run_id},
                                       {"round", current_->key.round_no},
                                       {"attempt", current_->key.attempt},
                                       {"phase", to_string(phase)}});
  }
  announce();
  return {};
}

Status RoundRunner::restore_attempt(RoundKey key) {
  BAUTA_TRY(const std::vector<RoundEvent> events, journal_.read(key));
  BAUTA_TRY(RoundRow row, rounds_.get(key.round_no, key.attempt));
  if (events.empty() || events.front().kind != RoundEvent::Kind::opened) {
    return Error{ErrorCode::database,
                 fmt::format("the journal of round {}, attempt {} has no beginning; restore a backup", key.round_no,
                             key.attempt)};
  }
  BAUTA_TRY(const RunRow run, runs_.get(row.run_id));
  auto attempt = std::make_unique<Attempt>();
  attempt->key = key;
  attempt->run_id = row.run_id;
  attempt->plan = run.plan;
  attempt->opened_at = row.opened_at;
  auto round = Round::open(parts_.roster, events.front());
  if (!round.ok()) {
    // Another roster or coordinator key than before: nobody could go on with it.
    parts_.log->warning("an attempt of before the restart cannot be resumed",
                        {{"round", key.round_no}, {"attempt", key.attempt}, {"reason", round.error().message}});
    if (row.state == RoundState::open) {
      row.state = RoundState::voided;
      row.void_reason = round.error().message;
      row.closed_at = parts_.clock->wall();
      BAUTA_RETURN_IF_ERROR(rounds_.record(row));
    }
    BAUTA_RETURN_IF_ERROR(remove_file(sum_file(key)));
    return journal_.forget(key);
  }
  attempt->round = *std::move(round);
  const std::uint64_t vector_bytes = attempt->round->context().layout().byte_count();
  for (const RoundEvent& event : events) {
    attempt->round->apply(event);
    if (event.kind == RoundEvent::Kind::excluded) attempt->excluded.insert(event.partner);
    if (event.kind == RoundEvent::Kind::message) attempt->bytes_received[event.partner] += event.bytes.size();
    if (event.kind == RoundEvent::Kind::upload_complete) attempt->bytes_received[event.partner] += vector_bytes;
  }
  Attempt& kept = *attempt;
  attempts_[key] = std::move(attempt);
  if (kept.over()) return {};
  if (run.state == RunState::failed || row.state == RoundState::voided) {
    kept.gone = "the run failed: " + (row.void_reason.empty() ? run.reason : row.void_reason);
    return {};
  }
  if (current_) current_->gone = "a later attempt was opened";
  current_ = &kept;
  return restore_uploads(kept);
}

// A vector may have been whole on disk before its completion was in the journal.
Status RoundRunner::restore_uploads(Attempt& attempt) {
  if (attempt.round->phase() != Phase::masked_update) return {};
  const std::uint64_t bytes = attempt.round->context().layout().byte_count();
  for (const PartnerIndex partner : attempt.round->context().descriptor.cohort) {
    const UploadKey key{attempt.key, partner};
    const auto complete = attempt.round->expect_upload(partner);
    if (!complete.ok() || *complete || parts_.spool->size_of(key) != bytes) continue;
    Digest root{};
    {
      BAUTA_TRY(const Upload upload, parts_.spool->open_upload(key, bytes));
      BAUTA_TRY(root, merkle_root_of(upload));
    }
    const auto event = attempt.round->receive_upload(partner, root);
    if (event.ok() && *event) {
      BAUTA_RETURN_IF_ERROR(take(attempt, **event));
    } else if (!event.ok()) {
      BAUTA_RETURN_IF_ERROR(parts_.spool->remove(key));
    }
  }
  return {};
}

}  // namespace bauta::coordinator
