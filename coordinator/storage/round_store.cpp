#include "coordinator/storage/round_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace bauta::coordinator {
namespace {

constexpr std::string_view kColumns =
    "round_no, attempt, run_id, state, phase, cohort, u1, u2, u3, void_reason, opened_at, closed_at, model_before, "
    "model_after, mean_auc, mean_log_loss, aggregate_digest, bytes_received";

std::optional<RoundState> round_state_from(std::string_view name) {
  for (const RoundState state : {RoundState::open, RoundState::finished, RoundState::voided}) {
    if (to_string(state) == name) return state;
  }
  return std::nullopt;
}

Result<RoundRow> read_round(const Statement& row) {
  RoundRow round;
  round.round_no = row.unsigned_integer(0);
  round.attempt = row.u32(1);
  round.run_id = row.text(2);
  const auto state = round_state_from(row.text(3));
  const auto model_before = row.digest(12);
  if (!state || !model_before) {
    return Error{ErrorCode::database, fmt::format("the row of round {}, attempt {} is damaged; restore a backup",
                                                  round.round_no, round.attempt)};
  }
  round.state = *state;
  round.phase = row.text(4);
  round.cohort = row.u32(5);
  round.u1 = row.u32(6);
  round.u2 = row.u32(7);
  round.u3 = row.u32(8);
  round.void_reason = row.text(9);
  round.opened_at = row.time(10);
  round.closed_at = row.optional_time(11);
  round.model_before = *model_before;
  round.model_after = row.digest(13);
  round.mean_auc = row.optional_real(14);
  round.mean_log_loss = row.optional_real(15);
  round.aggregate_digest = row.digest(16);
  round.bytes_received = row.unsigned_integer(17);
  return round;
}

struct Position {
  std::uint64_t round_no = std::numeric_limits<std::int64_t>::max();
  std::uint32_t attempt = 0;
};

/// "12.3" → round 12, attempt 3.
std::optional<Position> parse_position(std::string_view token) {
  Position position;
  const char* const end = token.data() + token.size();
  const auto [dot, first_error] = std::from_chars(token.data(), end, position.round_no);
  if (first_error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  const auto [last, second_error] = std::from_chars(dot + 1, end, position.attempt);
  if (second_error != std::errc{} || last != end) return std::nullopt;
  if (position.round_no > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
  return position;
}

}  // namespace

std::string_view to_string(RoundState state) {
  switch (state) {
    case RoundState::open: return "open";
    case RoundState::finished: return "finished";
    case RoundState::voided: return "void";
  }
  return "void";
}

Status RoundStore::record(const RoundRow& round) {
  return database_->run(
      "record the round",
      fmt::format("INSERT INTO rounds ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                  "ON CONFLICT (round_no, attempt) DO UPDATE SET state = excluded.state, phase = excluded.phase, "
                  "cohort = excluded.cohort, u1 = excluded.u1, u2 = excluded.u2, u3 = excluded.u3, "
                  "void_reason = excluded.void_reason, opened_at = excluded.opened_at, closed_at = excluded.closed_at, "
                  "model_before = excluded.model_before, model_after = excluded.model_after, "
                  "mean_auc = excluded.mean_auc, mean_log_loss = excluded.mean_log_loss, "
                  "aggregate_digest = excluded.aggregate_digest, bytes_received = excluded.bytes_received",
                  kColumns),
      round.round_no, round.attempt, round.run_id, to_string(round.state), round.phase, round.cohort, round.u1,
      round.u2, round.u3, round.void_reason, round.opened_at, round.closed_at, round.model_before, round.model_after,
      round.mean_auc, round.mean_log_loss, round.aggregate_digest, round.bytes_received);
}

Result<RoundRow> RoundStore::get(std::uint64_t round_no, std::uint32_t attempt) const {
  BAUTA_TRY(Statement row,
            database_->query("read the round",
                             fmt::format("SELECT {} FROM rounds WHERE round_no = ? AND attempt = ?", kColumns),
                             round_no, attempt));
  BAUTA_TRY(const bool found, row.step());
  if (!found) {
    return Error{ErrorCode::not_found, fmt::format("there is no round {}, attempt {}", round_no, attempt)};
  }
  return read_round(row);
}

Result<std::optional<std::string>> RoundStore::run_that_trained(const Digest& model) const {
  BAUTA_TRY(Statement row,
            database_->query("look for a finished round",
                             "SELECT run_id FROM rounds WHERE model_before = ? AND state = 'finished'", model));
  BAUTA_TRY(const bool found, row.step());
  return found ? std::optional(row.text(0)) : std::nullopt;
}

Result<Page<RoundRow>> RoundStore::list(std::string_view run_id, std::size_t page_size,
                                        std::string_view page_token) const {
  const auto before = page_token.empty() ? Position{} : parse_position(page_token);
  if (!before) return Error{ErrorCode::invalid_argument, "page_token is none that this server gave out"};
  const std::size_t limit = std::clamp<std::size_t>(page_size, 1, kMaxPageSize);
  BAUTA_TRY(
      Statement rows,
      database_->query("list rounds",
                       fmt::format("SELECT {} FROM rounds WHERE run_id = ? AND (round_no < ? OR (round_no = ? AND "
                                   "attempt < ?)) ORDER BY round_no DESC, attempt DESC LIMIT ?",
                                   kColumns),
                       run_id, before->round_no, before->round_no, before->attempt, limit + 1));
  Page<RoundRow> page;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    if (page.items.size() == limit) {
      page.next_page_token = fmt::format("{}.{}", page.items.back().round_no, page.items.back().attempt);
      break;
    }
    BAUTA_TRY(RoundRow round, read_round(rows));
    page.items.push_back(std::move(round));
  }
  return page;
}

}  // namespace bauta::coordinator
