#include "coordinator/storage/run_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/uuid.h"

namespace bauta::coordinator {
namespace {

constexpr std::string_view kColumns =
    "run_id, name, plan, plan_hash, state, reason, rounds_done, created_at, started_at, finished_at, initial_model, "
    "current_model";

constexpr std::array kStates = {RunState::created, RunState::running, RunState::stopped, RunState::finished,
                                RunState::failed};

Result<RunRow> read_run(const Statement& row) {
  RunRow run;
  run.run_id = row.text(0);
  run.name = row.text(1);
  run.plan = row.text(2);
  const auto plan_hash = row.digest(3);
  const auto state = run_state_from(row.text(4));
  if (!plan_hash || !state) {
    return Error{ErrorCode::database, fmt::format("the row of run {} is damaged; restore a backup", run.run_id)};
  }
  run.plan_hash = *plan_hash;
  run.state = *state;
  run.reason = row.text(5);
  run.rounds_done = row.unsigned_integer(6);
  run.created_at = row.time(7);
  run.started_at = row.optional_time(8);
  run.finished_at = row.optional_time(9);
  run.initial_model = row.digest(10);
  run.current_model = row.digest(11);
  return run;
}

Error no_such_run(std::string_view run_id) { return {ErrorCode::not_found, fmt::format("there is no run {}", run_id)}; }

bool may_follow(RunState from, RunState to) {
  switch (from) {
    case RunState::created: return to == RunState::running || to == RunState::stopped || to == RunState::failed;
    case RunState::running: return to == RunState::stopped || to == RunState::finished || to == RunState::failed;
    case RunState::stopped: return to == RunState::running;
    case RunState::finished:
    case RunState::failed: return false;
  }
  return false;
}

}  // namespace

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::created: return "created";
    case RunState::running: return "running";
    case RunState::stopped: return "stopped";
    case RunState::finished: return "finished";
    case RunState::failed: return "failed";
  }
  return "failed";
}

std::optional<RunState> run_state_from(std::string_view name) {
  for (const RunState state : kStates) {
    if (to_string(state) == name) return state;
  }
  return std::nullopt;
}

Status RunStore::create(const RunRow& run) {
  const Status created = database_->run(
      "create the run", fmt::format("INSERT INTO runs ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kColumns),
      run.run_id, run.name, run.plan, run.plan_hash, to_string(run.state), run.reason, run.rounds_done, run.created_at,
      run.started_at, run.finished_at, run.initial_model, run.current_model);
  if (!created.ok() && created.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict, fmt::format("there is a run {} already", run.run_id)};
  }
  return created;
}

Result<RunRow> RunStore::get(std::string_view run_id) const {
  BAUTA_TRY(Statement row,
            database_->query("read the run", fmt::format("SELECT {} FROM runs WHERE run_id = ?", kColumns), run_id));
  BAUTA_TRY(const bool found, row.step());
  if (!found) return no_such_run(run_id);
  return read_run(row);
}

Result<Page<RunRow>> RunStore::list(std::size_t page_size, std::string_view page_token) const {
  if (!page_token.empty() && !is_uuid(page_token)) {
    return Error{ErrorCode::invalid_argument, "page_token is none that this server gave out"};
  }
  const std::size_t limit = std::clamp<std::size_t>(page_size, 1, kMaxPageSize);
  BAUTA_TRY(Statement rows,
            database_->query("list runs",
                             fmt::format("SELECT {} FROM runs WHERE run_id < ? ORDER BY run_id DESC LIMIT ?", kColumns),
                             page_token.empty() ? "~" : page_token, limit + 1));
  Page<RunRow> page;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    if (page.items.size() == limit) {
      page.next_page_token = page.items.back().run_id;
      break;
    }
    BAUTA_TRY(RunRow run, read_run(rows));
    page.items.push_back(std::move(run));
  }
  return page;
}

Result<std::vector<RunRow>> RunStore::in_state(RunState state) const {
  BAUTA_TRY(Statement rows,
            database_->query("list runs", fmt::format("SELECT {} FROM runs WHERE state = ? ORDER BY run_id", kColumns),
                             to_string(state)));
  std::vector<RunRow> runs;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    BAUTA_TRY(RunRow run, read_run(rows));
    runs.push_back(std::move(run));
  }
  return runs;
}

Status RunStore::set_state(std::string_view run_id, RunState state, std::string_view reason, WallTime now) {
  BAUTA_TRY(Transaction transaction, Transaction::begin(*database_));
  BAUTA_TRY(const RunRow run, get(run_id));
  if (run.state == state) return {};
  if (!may_follow(run.state, state)) {
    return Error{ErrorCode::conflict,
                 fmt::format("run {} is {} and cannot become {}", run_id, to_string(run.state), to_string(state))};
  }
  const bool starts = state == RunState::running && !run.started_at;
  const bool ends = state == RunState::finished || state == RunState::failed;
  BAUTA_RETURN_IF_ERROR(database_->run(
      "change the run's state",
      "UPDATE runs SET state = ?, reason = ?, started_at = ?, finished_at = ? WHERE run_id = ?", to_string(state),
      reason, starts ? std::optional(now) : run.started_at, ends ? std::optional(now) : run.finished_at, run_id));
  return transaction.commit();
}

Status RunStore::set_initial_model(std::string_view run_id, const Digest& model) {
  BAUTA_RETURN_IF_ERROR(database_->run("record the initial model",
                                       "UPDATE runs SET initial_model = ?, current_model = ? WHERE run_id = ?", model,
                                       model, run_id));
  if (database_->changes() == 0) return no_such_run(run_id);
  return {};
}

Status RunStore::advance(std::string_view run_id, std::uint64_t rounds_done, const Digest& current_model) {
  BAUTA_RETURN_IF_ERROR(database_->run("record the finished round",
                                       "UPDATE runs SET rounds_done = ?, current_model = ? WHERE run_id = ?",
                                       rounds_done, current_model, run_id));
  if (database_->changes() == 0) return no_such_run(run_id);
  return {};
}

}  // namespace bauta::coordinator
