// What operators asked for: which run an idempotency key stands for, and which runs wait for their turn.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/storage/sqlite.h"

namespace bauta::coordinator {

class RunRequests {
 public:
  /// `database` must outlive this.
  explicit RunRequests(SqliteDatabase& database) : database_(&database) {}

  /// The run that was created under `key`; nothing for a new key; `conflict` where the key stands for another request.
  Result<std::optional<std::string>> created_under(std::string_view key, const Digest& request_hash) const;
  Status remember(std::string_view key, const Digest& request_hash, std::string_view run_id, WallTime now);

  /// At the end of the queue; a run that waits already keeps its place.
  Status enqueue(std::string_view run_id);
  Status leave_queue(std::string_view run_id);
  /// In order.
  Result<std::vector<std::string>> queue() const;

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
