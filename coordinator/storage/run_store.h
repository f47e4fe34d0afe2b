// Runs: what was asked for, how far it came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/storage/sqlite.h"
#include "coordinator/storage/page.h"

namespace bauta::coordinator {

enum class RunState : std::uint8_t { created, running, stopped, finished, failed };

std::string_view to_string(RunState state);
std::optional<RunState> run_state_from(std::string_view name);

struct RunRow {
  std::string run_id;  ///< UUIDv7
  std::string name;
  std::string plan;  ///< TOML text
  Digest plan_hash{};
  RunState state = RunState::created;
  std::string reason;  ///< why it stopped or failed
  std::uint64_t rounds_done = 0;
  WallTime created_at{};
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::optional<Digest> initial_model;
  std::optional<Digest> current_model;
};

class RunStore {
 public:
  /// `database` must outlive this.
  explicit RunStore(SqliteDatabase& database) : database_(&database) {}

  /// `conflict` where the id is taken.
  Status create(const RunRow& run);
  Result<RunRow> get(std::string_view run_id) const;
  /// Newest first. `page_token` is empty for the first page; a token of ours that names no run any more still works.
  Result<Page<RunRow>> list(std::size_t page_size, std::string_view page_token) const;
  /// Runs in one state, oldest first; for resuming after a restart.
  Result<std::vector<RunRow>> in_state(RunState state) const;

  /// created → running | stopped | failed; running → stopped | finished | failed; stopped → running. Anything else is
  /// `conflict`, the same state again is no change. Sets started_at once and finished_at with a final state.
  Status set_state(std::string_view run_id, RunState state, std::string_view reason, WallTime now);
  Status set_initial_model(std::string_view run_id, const Digest& model);
  /// After a finished round.
  Status advance(std::string_view run_id, std::uint64_t rounds_done, const Digest& current_model);

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
