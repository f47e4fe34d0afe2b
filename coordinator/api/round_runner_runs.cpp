// The runner's runs: created, queued, started, stopped, ended.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/uuid.h"
#include "common/crypto/sha256.h"
#include "common/masking/fixed_point.h"
#include "common/model/model_file.h"
#include "coordinator/api/round_runner.h"

namespace bauta::coordinator {
namespace {

/// What a plan asks of the whole federation and parse_plan cannot know.
Status check_against_roster(const Plan& plan, const Roster& roster) {
  const RoundSettings& round = plan.round;
  if (round.min_participants > roster.size()) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("round.min_participants is {}, but the roster has {} partners", round.min_participants,
                             roster.size())};
  }
  auto largest = static_cast<std::uint32_t>(roster.size());
  if (round.over_selection > 1) {
    largest = std::min(largest, static_cast<std::uint32_t>(std::ceil(round.over_selection * round.min_participants)));
  }
  return check_lane_capacity(plan.update.bits, plan.update.lane.value_or(least_lane(plan.update.bits, largest)),
                             largest);
}

}  // namespace

RunSummary& RoundRunner::summary(const std::string& run_id) {
  const auto found = summaries_.find(run_id);
  if (found != summaries_.end()) return found->second;
  auto read = summarise(rounds_, run_id);
  if (!read.ok())
    parts_.log->error("cannot add up the run's rounds", {{"run_id", run_id}, {"reason", read.error().message}});
  return summaries_[run_id] = read.ok() ? *std::move(read) : RunSummary();
}

Result<RunView> RoundRunner::view(const std::string& run_id) {
  BAUTA_TRY(RunRow row, runs_.get(run_id));
  return view(std::move(row));
}

Result<RunView> RoundRunner::view(RunRow row) {
  RunView view;
  BAUTA_TRY(const Plan plan, parse_plan(row.plan));
  view.rounds_total = plan.round.rounds;
  view.summary = summary(row.run_id);
  if (current_ && current_->run_id == row.run_id) view.attempt = current_;
  view.row = std::move(row);
  return view;
}

Result<RunRow> RoundRunner::create_run(std::string_view name, std::string_view plan_text,
                                       std::string_view idempotency_key) {
  const Digest request = sha256_concat({sha256(as_bytes(name)), as_bytes(plan_text)});
  if (!idempotency_key.empty()) {
    BAUTA_TRY(const auto before, requests_.created_under(idempotency_key, request));
    if (before) return runs_.get(*before);
  }
  BAUTA_TRY(const Plan plan, parse_plan(plan_text));
  BAUTA_RETURN_IF_ERROR(check_against_roster(plan, *parts_.roster));
  BAUTA_TRY(const ParameterLayout layout, ParameterLayout::create(plan.model));
  RunRow row;
  row.created_at = parts_.clock->wall();
  row.run_id = make_uuid_v7(row.created_at, *parts_.random);
  row.name = name;
  row.plan = plan_text;
  row.plan_hash = plan_hash(plan_text);
  BAUTA_TRY(Transaction transaction, Transaction::begin(*parts_.database));
  BAUTA_RETURN_IF_ERROR(runs_.create(row));
  if (!idempotency_key.empty()) {
    BAUTA_RETURN_IF_ERROR(requests_.remember(idempotency_key, request, row.run_id, row.created_at));
  }
  BAUTA_RETURN_IF_ERROR(transaction.commit());
  parts_.log->info("run created", {{"run_id", row.run_id}, {"name", name}, {"plan_hash", to_hex(row.plan_hash)}});
  return row;
}

Status RoundRunner::start_run(const std::string& run_id) {
  BAUTA_TRY(const RunRow row, runs_.get(run_id));
  if (run_ && run_->row.run_id == run_id) {
    if (!run_->stopping) return {};
    BAUTA_RETURN_IF_ERROR(runs_.set_state(run_id, RunState::running, "", parts_.clock->wall()));
    run_->stopping = false;
    return {};
  }
  if (row.state == RunState::finished || row.state == RunState::failed) {
    return Error{ErrorCode::conflict, fmt::format("run {} is {} and cannot be started again; create a new one", run_id,
                                                  to_string(row.state))};
  }
  BAUTA_RETURN_IF_ERROR(requests_.enqueue(run_id));
  advance();
  return {};
}

Status RoundRunner::stop_run(const std::string& run_id) {
  BAUTA_TRY(const RunRow row, runs_.get(run_id));
  const WallTime wall = parts_.clock->wall();
  constexpr std::string_view kReason = "stopped by the operator";
  if (row.state == RunState::finished || row.state == RunState::failed) {
    return Error{ErrorCode::conflict, fmt::format("run {} is {} already", run_id, to_string(row.state))};
  }
  if (!run_ || run_->row.run_id != run_id) {
    BAUTA_TRY(Transaction transaction, Transaction::begin(*parts_.database));
    BAUTA_RETURN_IF_ERROR(requests_.leave_queue(run_id));
    BAUTA_RETURN_IF_ERROR(runs_.set_state(run_id, RunState::stopped, kReason, wall));
    return transaction.commit();
  }
  if (run_->stopping) return {};
  if (current_ && current_->round->phase() == Phase::unmask) {
    BAUTA_RETURN_IF_ERROR(runs_.set_state(run_id, RunState::stopped, kReason, wall));
    run_->stopping = true;  // the certified round is finished first
    return {};
  }
  Attempt* const attempt = current_;
  if (attempt) {
    BAUTA_TRY(const RoundEvent event, attempt->round->abandon(kReason));
    BAUTA_RETURN_IF_ERROR(record(*attempt, event, row_of(*attempt),
                                 [&] { return runs_.set_state(run_id, RunState::stopped, kReason, wall); }));
    end_run(RunState::stopped, kReason);
    voided(*attempt);
    return {};
  }
  BAUTA_RETURN_IF_ERROR(runs_.set_state(run_id, RunState::stopped, kReason, wall));
  end_run(RunState::stopped, kReason);
  return {};
}

void RoundRunner::end_run(RunState state, std::string_view reason) {
  parts_.log->info(state == RunState::failed ? "run failed" : "run stopped",
                   {{"run_id", run_->row.run_id}, {"reason", reason}});
  run_.reset();
  current_ = nullptr;
  waiting_since_.reset();
  gathering_since_.reset();
}

void RoundRunner::fail_run(const std::string& reason) {
  const Status recorded = runs_.set_state(run_->row.run_id, RunState::failed, reason, parts_.clock->wall());
  // A run that was being stopped stays stopped.
  if (!recorded.ok() && recorded.error().code != ErrorCode::conflict)
    return complain("cannot end the run", recorded.error());
  if (current_) {
    RoundRow row = row_of(*current_);
    row.state = RoundState::voided;
    row.void_reason = reason;
    row.closed_at = parts_.clock->wall();
    if (const Status closed = rounds_.record(row); !closed.ok()) complain("cannot record the round", closed.error());
    current_->gone = "the run failed: " + reason;
    summaries_.erase(current_->run_id);
  }
  end_run(RunState::failed, reason);
  announce();
}

bool RoundRunner::activate_next() {
  auto running = runs_.in_state(RunState::running);
  auto queue = requests_.queue();
  if (!running.ok() || !queue.ok()) {
    complain("cannot read the runs", running.ok() ? queue.error() : running.error());
    return false;
  }
  std::optional<RunRow> next;
  if (!running->empty()) {
    next = std::move(running->front());
  } else if (!queue->empty()) {
    auto row = runs_.get(queue->front());
    if (!row.ok()) {
      complain("cannot read the run", row.error());
      return false;
    }
    next = *std::move(row);
  }
  if (!next) return false;
  const std::string run_id = next->run_id;
  auto loaded = load_run(*std::move(next));
  if (!loaded.ok() && loaded.error().code != ErrorCode::invalid_argument) {
    complain("cannot start the run", loaded.error());
    return false;
  }
  const bool usable = loaded.ok();
  const Status recorded = [&]() -> Status {
    BAUTA_TRY(Transaction transaction, Transaction::begin(*parts_.database));
    BAUTA_RETURN_IF_ERROR(requests_.leave_queue(run_id));
    BAUTA_RETURN_IF_ERROR(runs_.set_state(run_id, usable ? RunState::running : RunState::failed,
                                          usable ? "" : loaded.error().message, parts_.clock->wall()));
    return transaction.commit();
  }();
  if (!recorded.ok()) {
    complain("cannot start the run", recorded.error());
    return false;
  }
  if (!usable) {
    parts_.log->error("run failed", {{"run_id", run_id}, {"reason", loaded.error().message}});
    return true;
  }
  run_.emplace(*std::move(loaded));
  run_->row.state = RunState::running;
  parts_.log->info("run started", {{"run_id", run_id},
                                   {"name", run_->row.name},
                                   {"rounds", run_->plan.round.rounds},
                                   {"rounds_done", run_->row.rounds_done},
                                   {"model_hash", to_hex(run_->model_hash)}});
  if (const std::string hint = hint_of_trained_model(); !hint.empty()) {
    parts_.log->warning("this plan has trained before", {{"run_id", run_id}, {"reason", hint}});
  }
  return true;
}

Result<RoundRunner::ActiveRun> RoundRunner::load_run(RunRow row) {
  BAUTA_TRY(Plan plan, parse_plan(row.plan));
  BAUTA_RETURN_IF_ERROR(check_against_roster(plan, *parts_.roster));
  BAUTA_TRY(ParameterLayout layout, ParameterLayout::create(plan.model));
  if (!row.current_model) {
    ModelState model = initial_state(layout, plan.server);
    const Digest hash = model_hash(model, row.plan_hash);
    BAUTA_TRY(
        const ModelRow stored,
        parts_.models->put(row.run_id, 0, hash, encode_model(model, layout, row.plan_hash, 0), parts_.clock->wall()));
    BAUTA_RETURN_IF_ERROR(runs_.set_initial_model(row.run_id, hash));
    row.initial_model = row.current_model = hash;
    return ActiveRun{std::move(row), std::move(plan), std::move(layout), std::move(model), hash};
  }
  const Digest hash = *row.current_model;
  BAUTA_TRY(const Bytes bytes, parts_.models->read(hash));
  BAUTA_TRY(ModelFile file, decode_model(bytes));
  BAUTA_RETURN_IF_ERROR(check_layout(file, layout));
  if (model_hash(file.state, row.plan_hash) != hash) {
    return Error{ErrorCode::invalid_argument, "the stored model " + to_hex(hash) + " is damaged; restore a backup"};
  }
  return ActiveRun{std::move(row), std::move(plan), std::move(layout), std::move(file.state), hash};
}

}  // namespace bauta::coordinator
