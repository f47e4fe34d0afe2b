// Schema 1 of client.db. Never edited once released: what changes comes as the next file.
#pragma once

#include <string_view>

namespace bauta::client::migrations {

inline constexpr std::string_view k0001Initial = R"sql(
CREATE TABLE incarnation (          -- one row: tells this database from a restored copy of it
  only_row   BIGINT PRIMARY KEY CHECK (only_row = 1),
  id         BLOB NOT NULL,         -- random, from the creation or the last resume-after
  generation BIGINT NOT NULL        -- counts opens and every write to round_state or latches
);

CREATE TABLE round_state (          -- the outbox and the secrets of rounds under way
  round_no BIGINT NOT NULL,
  attempt  BIGINT NOT NULL,
  key      TEXT NOT NULL,
  bytes    BLOB NOT NULL,
  PRIMARY KEY (round_no, attempt, key)
);

CREATE TABLE latches (              -- promises that outlive a round, such as "signed no other U3 on this model"
  key   TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
);

CREATE TABLE releases (             -- local commands that loosened a latch, for the partner's auditors
  seq        INTEGER PRIMARY KEY,
  command    TEXT NOT NULL,
  detail     TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
)sql";

}  // namespace bauta::client::migrations
