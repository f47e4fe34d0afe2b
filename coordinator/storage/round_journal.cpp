#include "coordinator/storage/round_journal.h"

#include <fmt/format.h>

namespace bauta::coordinator {
namespace {

bool is_known(std::int64_t kind, std::int64_t phase) {
  return kind >= static_cast<std::int64_t>(RoundEvent::Kind::opened) &&
         kind <= static_cast<std::int64_t>(RoundEvent::Kind::finished) &&
         phase >= static_cast<std::int64_t>(Phase::advertise_keys) && phase <= static_cast<std::int64_t>(Phase::voided);
}

}  // namespace

Status RoundJournal::append(RoundKey round, std::span<const RoundEvent> events, const std::function<Status()>& rows) {
  BAUTA_TRY(Transaction transaction, Transaction::begin(*database_));
  for (const RoundEvent& event : events) {
    BAUTA_RETURN_IF_ERROR(database_->run(
        "write the round's journal",
        "INSERT INTO journal (round_no, attempt, seq, kind, phase, partner, bytes) VALUES (?, ?, "
        "(SELECT COALESCE(MAX(seq), 0) + 1 FROM journal WHERE round_no = ? AND attempt = ?), ?, ?, ?, ?)",
        round.round_no, round.attempt, round.round_no, round.attempt, static_cast<std::uint32_t>(event.kind),
        static_cast<std::uint32_t>(event.phase), event.partner, event.bytes));
  }
  if (rows) BAUTA_RETURN_IF_ERROR(rows());
  return transaction.commit();
}

Result<std::vector<RoundEvent>> RoundJournal::read(RoundKey round) const {
  BAUTA_TRY(Statement rows,
            database_->query(
                "read the round's journal",
                "SELECT kind, phase, partner, bytes FROM journal WHERE round_no = ? AND attempt = ? ORDER BY seq",
                round.round_no, round.attempt));
  std::vector<RoundEvent> events;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    if (!is_known(rows.integer(0), rows.integer(1))) {
      return Error{ErrorCode::database, fmt::format("the journal of round {}, attempt {} is damaged; restore a backup",
                                                    round.round_no, round.attempt)};
    }
    RoundEvent event;
    event.kind = static_cast<RoundEvent::Kind>(rows.integer(0));
    event.phase = static_cast<Phase>(rows.integer(1));
    event.partner = rows.u32(2);
    event.bytes = rows.blob(3);
    events.push_back(std::move(event));
  }
  return events;
}

Result<std::vector<RoundKey>> RoundJournal::open_rounds() const {
  BAUTA_TRY(Statement rows,
            database_->query("list open rounds",
                             "SELECT DISTINCT round_no, attempt FROM journal ORDER BY round_no, attempt"));
  std::vector<RoundKey> rounds;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    rounds.push_back({rows.unsigned_integer(0), rows.u32(1)});
  }
  return rounds;
}

Status RoundJournal::forget(RoundKey round) {
  return database_->run("forget the round's journal", "DELETE FROM journal WHERE round_no = ? AND attempt = ?",
                        round.round_no, round.attempt);
}

}  // namespace bauta::coordinator
