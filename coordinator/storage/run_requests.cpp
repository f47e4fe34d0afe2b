#include "coordinator/storage/run_requests.h"

#include "coordinator/storage/database.h"

namespace bauta::coordinator {

Result<std::optional<std::string>> RunRequests::created_under(std::string_view key, const Digest& request_hash) const {
  BAUTA_TRY(Statement row,
            database_->query("look up the idempotency key",
                             "SELECT run_id, request_hash FROM run_creations WHERE idempotency_key = ?", key));
  BAUTA_TRY(const bool found, row.step());
  if (!found) return std::optional<std::string>();
  if (row.digest(1) != request_hash) {
    return Error{ErrorCode::conflict, "this Idempotency-Key was used for another request; choose a new one"};
  }
  return std::optional<std::string>(row.text(0));
}

Status RunRequests::remember(std::string_view key, const Digest& request_hash, std::string_view run_id, WallTime now) {
  return database_->run(
      "record the idempotency key",
      "INSERT INTO run_creations (idempotency_key, request_hash, run_id, created_at) VALUES (?, ?, ?, ?)", key,
      request_hash, run_id, now);
}

Status RunRequests::enqueue(std::string_view run_id) {
  BAUTA_TRY(const std::uint64_t position, next_number(*database_, "run_queue"));
  return database_->run("queue the run",
                        "INSERT INTO run_queue (run_id, position) VALUES (?, ?) ON CONFLICT (run_id) DO NOTHING",
                        run_id, position);
}

Status RunRequests::leave_queue(std::string_view run_id) {
  return database_->run("take the run from the queue", "DELETE FROM run_queue WHERE run_id = ?", run_id);
}

Result<std::vector<std::string>> RunRequests::queue() const {
  BAUTA_TRY(Statement rows, database_->query("list waiting runs", "SELECT run_id FROM run_queue ORDER BY position"));
  std::vector<std::string> ids;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) return ids;
    ids.push_back(rows.text(0));
  }
}

}  // namespace bauta::coordinator
