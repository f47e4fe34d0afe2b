// Schema 2 of coordinator.db: what operators asked for.
#pragma once

#include <string_view>

namespace bauta::coordinator::migrations {

inline constexpr std::string_view k0002RunRequests = R"sql(
CREATE TABLE run_creations (
  idempotency_key TEXT PRIMARY KEY,
  request_hash    BLOB NOT NULL,   -- SHA-256 of what was asked under this key
  run_id          TEXT NOT NULL REFERENCES runs (run_id),
  created_at      BIGINT NOT NULL
);

CREATE TABLE run_queue (
  run_id   TEXT PRIMARY KEY REFERENCES runs (run_id),
  position BIGINT NOT NULL UNIQUE -- ascending: the lowest is next
);
)sql";

}  // namespace bauta::coordinator::migrations
