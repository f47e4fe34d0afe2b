// Schema 1 of coordinator.db. Never edited once released: what changes comes as the next file.
// Times are milliseconds since 1970; hashes are 32 raw bytes; round numbers count per federation and are never reset.
#pragma once

#include <string_view>

namespace bauta::coordinator::migrations {

inline constexpr std::string_view k0001Initial = R"sql(
CREATE TABLE partners (
  partner_id TEXT PRIMARY KEY,
  status     TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL
);

CREATE TABLE revoked_certificates (
  fingerprint BLOB PRIMARY KEY,   -- SHA-256 of the certificate
  partner_id  TEXT NOT NULL,
  revoked_at  BIGINT NOT NULL
);

CREATE TABLE operator_tokens (
  name       TEXT PRIMARY KEY,
  hash       BLOB NOT NULL UNIQUE, -- SHA-256 of the token; the token itself is shown once and kept nowhere
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);

CREATE TABLE runs (
  run_id        TEXT PRIMARY KEY, -- UUIDv7: sorts by creation
  name          TEXT NOT NULL,
  plan          TEXT NOT NULL,    -- the bytes whose hash the partners have allowed
  plan_hash     BLOB NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('created', 'running', 'stopped', 'finished', 'failed')),
  reason        TEXT NOT NULL,
  rounds_done   BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  started_at    BIGINT,
  finished_at   BIGINT,
  initial_model BLOB,
  current_model BLOB
);

CREATE TABLE rounds (
  round_no         BIGINT NOT NULL,
  attempt          BIGINT NOT NULL,
  run_id           TEXT NOT NULL REFERENCES runs (run_id),
  state            TEXT NOT NULL CHECK (state IN ('open', 'finished', 'void')),
  phase            TEXT NOT NULL,
  cohort           BIGINT NOT NULL, -- partners invited; u1, u2, u3: how many got how far
  u1               BIGINT NOT NULL,
  u2               BIGINT NOT NULL,
  u3               BIGINT NOT NULL,
  void_reason      TEXT NOT NULL,
  opened_at        BIGINT NOT NULL,
  closed_at        BIGINT,
  model_before     BLOB NOT NULL,
  model_after      BLOB,
  mean_auc         REAL,            -- of model_before, over the partners of U3
  mean_log_loss    REAL,
  aggregate_digest BLOB,
  bytes_received   BIGINT NOT NULL,
  PRIMARY KEY (round_no, attempt)
);
CREATE INDEX rounds_of_run ON rounds (run_id, round_no, attempt);

CREATE TABLE journal (
  round_no BIGINT NOT NULL,
  attempt  BIGINT NOT NULL,
  seq      BIGINT NOT NULL,       -- order within the attempt, from 1
  kind     BIGINT NOT NULL,
  phase    BIGINT NOT NULL,
  partner  BIGINT NOT NULL,
  bytes    BLOB NOT NULL,
  PRIMARY KEY (round_no, attempt, seq)
);

CREATE TABLE models (
  run_id     TEXT NOT NULL REFERENCES runs (run_id),
  round_no   BIGINT NOT NULL,     -- the round that made it, 0 for the initial model
  hash       BLOB NOT NULL,
  file       TEXT NOT NULL,       -- name in the models folder
  size       BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (run_id, round_no)
);
CREATE INDEX models_by_hash ON models (hash);

CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
)sql";

}  // namespace bauta::coordinator::migrations
