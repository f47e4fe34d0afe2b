#include "coordinator/api/round_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/file.h"
#include "common/base/random_subset.h"
#include "common/base/uuid.h"
#include "common/evidence/evidence_folder.h"
#include "common/evidence/evidence_kind.h"
#include "common/masking/transcript.h"
#include "common/model/model_file.h"
#include "coordinator/api/error_response.h"
#include "coordinator/storage/database.h"

namespace bauta::coordinator {
namespace {

constexpr Milliseconds kRetry{5'000};
// Until the first round has ended nobody knows whom to expect, so everybody gets this time to come in.
constexpr Milliseconds kFirstGathering{2'000};
// Afterwards it is spent only on partners that were there and have not come back yet.
constexpr Milliseconds kGathering{5'000};

std::string_view phase_name(const Attempt& attempt) { return to_string(attempt.round->phase()); }

/// Whether trying again may help, or the sum itself is to be rejected.
bool is_transient(ErrorCode code) {
  return code == ErrorCode::io || code == ErrorCode::disk_full || code == ErrorCode::busy ||
         code == ErrorCode::not_found;
}

}  // namespace

double phase_end(Phase phase) {
  switch (phase) {
    case Phase::advertise_keys: return 0.10;
    case Phase::share_keys: return 0.60;
    case Phase::masked_update: return 0.85;
    case Phase::certify_survivors:
    case Phase::unmask:
    case Phase::finished:
    case Phase::voided: break;
  }
  return 1.0;
}

RoundRunner::RoundRunner(RunnerParts parts)
    : parts_(std::move(parts)),
      runs_(*parts_.database),
      rounds_(*parts_.database),
      journal_(*parts_.database),
      requests_(*parts_.database) {}

SteadyTime RoundRunner::deadline_of(const Attempt& attempt, Phase phase) const {
  const double milliseconds = static_cast<double>(run_->plan.round.deadline.count()) * phase_end(phase);
  return attempt.began + Milliseconds(std::llround(milliseconds));
}

std::filesystem::path RoundRunner::sum_file(RoundKey key) const {
  return parts_.state_directory / "sums" / fmt::format("{}.{}.sum", key.round_no, key.attempt);
}

Attempt* RoundRunner::find(RoundKey key) {
  const auto found = attempts_.find(key);
  return found == attempts_.end() ? nullptr : found->second.get();
}

RunnerState RoundRunner::state() const {
  RunnerState state{run_.has_value(), rounds_finished_, attempts_void_, 0, 0, 0};
  if (current_) {
    state.round_no = current_->key.round_no;
    state.attempt = current_->key.attempt;
    state.phase = static_cast<int>(current_->round->phase());
  }
  return state;
}

void RoundRunner::complain(std::string_view what, const Error& error) {
  retry_at_ = now() + kRetry;
  parts_.log->error(
      what, {{"code", to_string(error.code)}, {"reason", error.message}, {"retry_seconds", kRetry.count() / 1000}});
}

void RoundRunner::announce() {
  std::size_t cohort = 0;
  std::uint64_t vector = 0;
  for (const auto& [key, attempt] : attempts_) {
    cohort = std::max(cohort, attempt->round->context().descriptor.cohort.size());
    vector = std::max<std::uint64_t>(vector, attempt->round->context().layout().byte_count());
  }
  largest_cohort_ = cohort;
  largest_vector_ = vector;
  changes_->notify();
}

// Recording.

RoundRow RoundRunner::row_of(const Attempt& attempt) const {
  const auto counts = attempt.round->counts();
  const auto& descriptor = attempt.round->context().descriptor;
  RoundRow row;
  row.round_no = attempt.key.round_no;
  row.attempt = attempt.key.attempt;
  row.run_id = attempt.run_id;
  row.phase = phase_name(attempt);
  row.cohort = static_cast<std::uint32_t>(counts.cohort);
  row.u1 = static_cast<std::uint32_t>(counts.u1);
  row.u2 = static_cast<std::uint32_t>(counts.u2);
  row.u3 = static_cast<std::uint32_t>(counts.u3);
  row.opened_at = attempt.opened_at;
  row.model_before = descriptor.model_hash;
  for (const PartnerIndex partner : attempt.round->survivors()) {
    const auto found = attempt.bytes_received.find(partner);
    if (found != attempt.bytes_received.end()) row.bytes_received += found->second;
  }
  return row;
}

Status RoundRunner::record(Attempt& attempt, const RoundEvent& event, RoundRow row,
                           const std::function<Status()>& more) {
  if (event.kind == RoundEvent::Kind::voided) {
    row.state = RoundState::voided;
    row.void_reason = as_text(event.bytes);
    row.closed_at = parts_.clock->wall();
  }
  const auto rows = [&]() -> Status {
    BAUTA_RETURN_IF_ERROR(rounds_.record(row));
    return more ? more() : Status();
  };
  BAUTA_RETURN_IF_ERROR(journal_.append(attempt.key, {&event, 1}, rows));
  attempt.round->apply(event);
  return {};
}

Status RoundRunner::take(Attempt& attempt, const RoundEvent& event) {
  // While the sum is being opened the round is read on another thread.
  if (unmasking_ && &attempt == current_)
    return Error{ErrorCode::busy, "the sum is being opened; ask for the aggregate"};
  if (const Status written = journal_.append(attempt.key, {&event, 1}); !written.ok()) {
    return own_failure(written.error());
  }
  attempt.round->apply(event);
  return {};
}

void RoundRunner::keep_evidence_against(Attempt& attempt, Phase phase, PartnerIndex from, ByteView refused) {
  if (attempt.convicted.contains(from) || (unmasking_ && &attempt == current_)) return;
  const auto evidence = attempt.round->evidence_against(phase, from, refused);
  if (!evidence) return;
  attempt.convicted.insert(from);
  keep_evidence(*evidence, attempt.key);
}

void RoundRunner::keep_evidence(const EvidenceFile& evidence, RoundKey key) {
  const auto kept =
      bauta::keep_evidence(parts_.state_directory, evidence_kinds(), parts_.roster, evidence, parts_.clock->wall());
  if (!kept.ok()) {
    parts_.log->error("cannot keep the evidence",
                      {{"code", to_string(kept.error().code)}, {"reason", kept.error().message}});
  } else if (*kept) {
    parts_.log->warning("evidence kept", {{"round", key.round_no},
                                          {"attempt", key.attempt},
                                          {"file", (*kept)->file.string()},
                                          {"proves", (*kept)->proves}});
  } else {
    parts_.log->warning("evidence not kept",
                        {{"round", key.round_no},
                         {"attempt", key.attempt},
                         {"kind", evidence.kind},
                         {"reason", "it is there already, proves nothing, is too large, or the folder is full"}});
  }
}

// Driving.

void RoundRunner::advance() {
  if (unmasking_ || now() < retry_at_) return;
  while (step()) {
  }
}

bool RoundRunner::step() {
  if (current_) return drive(*current_);
  if (run_ && run_->stopping) run_.reset();
  if (!run_) return activate_next();
  return try_open();
}

bool RoundRunner::drive(Attempt& attempt) {
  Round& round = *attempt.round;
  const Phase phase = round.phase();
  if (phase == Phase::unmask) {
    if (round.ready_to_unmask()) start_unmasking(attempt);
    return false;
  }
  if (!round.can_close_early() && now() < deadline_of(attempt, phase)) return false;
  const auto event = round.close_phase(*parts_.signing_key);
  if (!event.ok()) return false;  // certification that has begun waits for its threshold
  RoundRow row = row_of(attempt);
  if (event->kind == RoundEvent::Kind::phase_closed)
    row.phase = to_string(static_cast<Phase>(static_cast<int>(phase) + 1));
  if (const Status recorded = record(attempt, *event, std::move(row), {}); !recorded.ok()) {
    complain("cannot close the phase", recorded.error());
    return false;
  }
  if (round.phase() == Phase::voided) {
    voided(attempt);
  } else {
    closed(attempt, phase);
  }
  return true;
}

void RoundRunner::closed(Attempt& attempt, Phase phase) {
  if (phase == Phase::masked_update) parts_.spool->cut_off(attempt.key);
  const auto counts = attempt.round->counts();
  const std::size_t members = phase == Phase::advertise_keys ? counts.u1
                              : phase == Phase::share_keys   ? counts.u2
                                                             : counts.u3;
  parts_.log->info("phase closed", {{"round", attempt.key.round_no},
                                    {"attempt", attempt.key.attempt},
                                    {"phase", to_string(phase)},
                                    {"members", members}});
  announce();
}

void RoundRunner::voided(Attempt& attempt) {
  parts_.log->warning(
      "attempt void",
      {{"round", attempt.key.round_no}, {"attempt", attempt.key.attempt}, {"reason", attempt.round->void_reason()}});
  current_ = nullptr;
  settled_ = true;
  ++attempts_void_;
  waiting_since_.reset();
  gathering_since_.reset();
  summaries_.erase(attempt.run_id);
  parts_.partners->clear_ready();
  parts_.spool->cut_off(attempt.key);
  if (const Status forgotten = parts_.spool->forget(attempt.key); !forgotten.ok()) {
    complain("cannot remove the uploads of a void attempt", forgotten.error());
  }
  announce();
  if (run_ && attempt.key.attempt >= run_->plan.round.max_attempts) {
    const std::string hint = hint_of_trained_model();
    fail_run(fmt::format("round {}: {} attempts were void, the last one because {}{}{}", attempt.key.round_no,
                         attempt.key.attempt, attempt.round->void_reason(), hint.empty() ? "" : "; ", hint));
  }
}

std::string RoundRunner::hint_of_trained_model() const {
  const auto trained = rounds_.run_that_trained(run_->model_hash);
  if (!trained.ok() || !*trained) return "";
  return fmt::format(
      "run {} has trained this very model already, and partners take part in no second sum on a model: "
      "change [model] seed in the plan and have it allowed anew",
      **trained);
}

// Opening.

Attempt* RoundRunner::predecessor() {
  if (attempts_.empty()) return nullptr;
  // Only the newest round of the federation can have another attempt: partners refuse to go back.
  Attempt& newest = *attempts_.rbegin()->second;
  const bool ours = newest.run_id == run_->row.run_id && newest.round->phase() == Phase::voided;
  return ours ? &newest : nullptr;
}

bool RoundRunner::gathered(const std::vector<PartnerIndex>& expected, std::size_t ready, std::size_t needed,
                           bool first) {
  if (!waiting_since_) waiting_since_ = now();
  if (ready < needed) {
    gathering_since_.reset();
    return false;
  }
  if (!gathering_since_) gathering_since_ = now();
  const Milliseconds share = run_->plan.round.deadline / 20;
  if (first) return now() - *gathering_since_ >= std::min(kFirstGathering, share);
  return ready >= expected.size() || now() - *gathering_since_ >= std::min(kGathering, share);
}

bool RoundRunner::try_open() {
  PartnerRegistry& partners = *parts_.partners;
  const std::vector<PartnerIndex> ready = partners.ready();
  const std::vector<PartnerIndex> present = partners.present();
  RoundKey key;
  std::vector<PartnerIndex> cohort;
  std::set<PartnerIndex> excluded;
  if (Attempt* const former = predecessor()) {
    const auto& descriptor = former->round->context().descriptor;
    cohort = descriptor.cohort;
    excluded = former->round->suspects();
    std::vector<PartnerIndex> expected;
    std::size_t back = 0;
    for (const PartnerIndex partner : cohort) {
      if (partners.is_revoked(partner)) excluded.insert(partner);
      if (excluded.contains(partner)) continue;
      if (std::binary_search(present.begin(), present.end(), partner)) expected.push_back(partner);
      if (std::binary_search(ready.begin(), ready.end(), partner)) ++back;
    }
    // The cohort of a round is fixed, so waiting for it must end: after a whole deadline the attempt is made, and
    // counted.
    const bool enough = gathered(expected, back, descriptor.thresholds.n_min, !settled_);
    if (!enough && now() - *waiting_since_ < run_->plan.round.deadline) return false;
    key = {former->key.round_no, former->key.attempt + 1};
  } else {
    if (!gathered(present, ready.size(), run_->plan.round.min_participants, !settled_)) return false;
    const auto round_no = next_number(*parts_.database, kRoundCounter);
    if (!round_no.ok()) {
      complain("cannot count the round", round_no.error());
      return false;
    }
    cohort = choose_cohort(ready);
    key = {*round_no, 1};
  }
  if (const Status opened = open_attempt(key, std::move(cohort), excluded); !opened.ok()) {
    if (is_transient(opened.error().code) || opened.error().code == ErrorCode::database) {
      complain("cannot open the round", opened.error());
    } else {
      fail_run(fmt::format("round {} cannot be opened: {}", key.round_no, opened.error().message));
    }
    return false;
  }
  return true;
}

std::vector<PartnerIndex> RoundRunner::choose_cohort(std::vector<PartnerIndex> ready) {
  const RoundSettings& settings = run_->plan.round;
  if (settings.over_selection <= 1) return ready;
  const auto most = static_cast<std::size_t>(std::ceil(settings.over_selection * settings.min_participants));
  return random_subset(std::move(ready), most, *parts_.random);
}

Status RoundRunner::open_attempt(RoundKey key, std::vector<PartnerIndex> cohort,
                                 const std::set<PartnerIndex>& excluded) {
  RoundDescriptor descriptor =
      descriptor_for(*parts_.roster, run_->plan, run_->row.plan_hash, run_->layout.size(), std::move(cohort));
  descriptor.run_id = run_->row.run_id;
  descriptor.round_no = key.round_no;
  descriptor.attempt = key.attempt;
  descriptor.model_hash = run_->model_hash;
  std::vector<RoundEvent> events;
  events.push_back({RoundEvent::Kind::opened, Phase::advertise_keys, 0,
                    sign_blob(label::kDescriptor, parts_.roster->federation_id, *parts_.signing_key, kCoordinatorSigner,
                              encode(descriptor))});
  for (const PartnerIndex partner : excluded) {
    events.push_back({RoundEvent::Kind::excluded, Phase::advertise_keys, partner, {}});
  }
  auto attempt = std::make_unique<Attempt>();
  attempt->key = key;
  attempt->run_id = run_->row.run_id;
  attempt->plan = run_->row.plan;
  attempt->excluded = excluded;
  BAUTA_TRY(attempt->round, Round::open(parts_.roster, events.front()));
  attempt->began = now();
  attempt->opened_at = parts_.clock->wall();
  BAUTA_RETURN_IF_ERROR(journal_.append(key, events, [&] { return rounds_.record(row_of(*attempt)); }));
  for (const RoundEvent& event : events) attempt->round->apply(event);
  parts_.log->info("round opened", {{"run_id", attempt->run_id},
                                    {"round", key.round_no},
                                    {"attempt", key.attempt},
                                    {"cohort", descriptor.cohort.size()},
                                    {"excluded", excluded.size()}});
  current_ = attempt.get();
  waiting_since_.reset();
  gathering_since_.reset();
  attempts_[key] = std::move(attempt);
  announce();
  return {};
}

// Unmasking.

void RoundRunner::start_unmasking(Attempt& attempt) {
  // From here to unmasked() nothing is applied to the round, which the job reads.
  auto job = std::make_shared<UnmaskJob>(UnmaskJob{attempt.round.get(), parts_.spool, run_->layout, run_->model,
                                                   run_->plan.server, sum_file(attempt.key), parts_.unmask_threads});
  auto result = std::make_shared<std::optional<Result<Unmasked>>>();
  unmasking_ = true;
  parts_.compute([job, result] { result->emplace(run(std::move(*job))); },
                 [this, key = attempt.key, result] { unmasked(key, std::move(**result)); });
}

void RoundRunner::unmasked(RoundKey key, Result<Unmasked> result) {
  unmasking_ = false;
  Attempt* const attempt = find(key);
  if (!attempt || attempt != current_) return;
  if (!result.ok()) {
    if (is_transient(result.error().code)) return complain("cannot open the sum", result.error());
    if (result.error().code == ErrorCode::bad_share) {
      if (const auto evidence = attempt->round->evidence_of_false_dealing()) keep_evidence(*evidence, key);
    }
    return fail_run(fmt::format("round {}: {}", key.round_no, result.error().message));
  }
  if (const Status published = publish(*attempt, *std::move(result)); !published.ok()) {
    return complain("cannot publish the model", published.error());
  }
  advance();
}

Status RoundRunner::publish(Attempt& attempt, Unmasked result) {
  const WallTime wall = parts_.clock->wall();
  const std::string run_id = attempt.run_id;
  BAUTA_TRY(const ModelRow model,
            parts_.models->put(run_id, attempt.key.round_no, result.model_hash, result.model_file, wall));
  const RoundEvent event =
      attempt.round->finish(*parts_.signing_key, result.sum_root, result.model_hash, std::move(result.secrets));
  RoundRow row = row_of(attempt);
  row.state = RoundState::finished;
  row.phase = to_string(Phase::finished);
  row.closed_at = wall;
  row.model_after = result.model_hash;
  row.mean_auc = result.metrics.auc;
  row.mean_log_loss = result.metrics.log_loss;
  row.aggregate_digest = result.sum_root;
  const std::uint64_t done = run_->row.rounds_done + 1;
  const bool last = done >= run_->plan.round.rounds && !run_->stopping;
  const auto rows_of_run = [&]() -> Status {
    BAUTA_RETURN_IF_ERROR(runs_.advance(run_id, done, result.model_hash));
    return last ? runs_.set_state(run_id, RunState::finished, "", wall) : Status();
  };
  BAUTA_RETURN_IF_ERROR(record(attempt, event, row, rows_of_run));

  run_->row.rounds_done = done;
  run_->model = std::move(result.model);
  run_->model_hash = result.model_hash;
  current_ = nullptr;
  settled_ = true;
  ++rounds_finished_;
  summaries_.erase(run_id);
  const std::string hash = to_hex(result.model_hash);
  parts_.log->info("round finished", {{"run_id", run_id},
                                      {"round", attempt.key.round_no},
                                      {"attempt", attempt.key.attempt},
                                      {"rounds_done", done},
                                      {"survivors", row.u3},
                                      {"model_hash", hash},
                                      {"mean_auc", result.metrics.auc.value_or(0)},
                                      {"seconds", static_cast<double>((wall - attempt.opened_at).count()) / 1000}});
  parts_.partners->clear_ready();
  prune();
  announce();
  if (last) {
    parts_.log->info("run finished", {{"run_id", run_id}, {"rounds", done}, {"model_hash", hash}});
    run_.reset();
  } else if (run_->stopping) {
    run_.reset();
  }
  return {};
}

void RoundRunner::prune() {
  if (attempts_.empty()) return;
  const std::uint64_t newest = attempts_.rbegin()->first.round_no;
  std::vector<RoundKey> kept;
  for (auto it = attempts_.begin(); it != attempts_.end();) {
    const RoundKey key = it->first;
    if (key.round_no + kAuditRounds > newest || it->second.get() == current_) {
      if (it->second->round->phase() != Phase::voided) kept.push_back(key);
      ++it;
      continue;
    }
    // The journal last: after a crash in between it says what is still to be removed.
    Status removed = remove_file(sum_file(key));
    if (removed.ok()) removed = journal_.forget(key);
    if (!removed.ok()) complain("cannot remove an old round", removed.error());
    it = attempts_.erase(it);
  }
  if (const Status swept = parts_.spool->sweep(kept); !swept.ok()) complain("cannot remove old uploads", swept.error());
}

}  // namespace bauta::coordinator
