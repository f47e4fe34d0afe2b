// The write-ahead log of open rounds: what Round::apply needs, in order, to stand where it stood before a crash.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/storage/sqlite.h"
#include "coordinator/round/round.h"

namespace bauta::coordinator {

struct RoundKey {
  std::uint64_t round_no = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(const RoundKey&) const = default;
};

/// A plain ordered log: it does not judge whether an event was there before, the round does.
class RoundJournal {
 public:
  /// `database` must outlive this.
  explicit RoundJournal(SqliteDatabase& database) : database_(&database) {}

  /// Appends all events, and whatever `rows` writes through stores on the same database, in one transaction: after ok
  /// everything is on disk, after an error nothing is.
  Status append(RoundKey round, std::span<const RoundEvent> events, const std::function<Status()>& rows = {});
  /// In the order of appending; empty for an attempt that has no journal.
  Result<std::vector<RoundEvent>> read(RoundKey round) const;
  /// Attempts that have a journal, oldest first.
  Result<std::vector<RoundKey>> open_rounds() const;
  /// Once an attempt is finished or void and nobody will ask for its answers again.
  Status forget(RoundKey round);

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
