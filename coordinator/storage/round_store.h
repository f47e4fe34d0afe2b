// Rounds: one row an attempt, for the operator to look at. The round's own state is the journal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/storage/sqlite.h"
#include "coordinator/storage/page.h"

namespace bauta::coordinator {

enum class RoundState : std::uint8_t { open, finished, voided };

std::string_view to_string(RoundState state);  ///< "open", "finished", "void"

struct RoundRow {
  std::uint64_t round_no = 0;
  std::uint32_t attempt = 0;
  std::string run_id;
  RoundState state = RoundState::open;
  std::string phase;
  std::uint32_t cohort = 0;
  std::uint32_t u1 = 0;
  std::uint32_t u2 = 0;
  std::uint32_t u3 = 0;
  std::string void_reason;
  WallTime opened_at{};
  std::optional<WallTime> closed_at;
  Digest model_before{};
  std::optional<Digest> model_after;
  std::optional<double> mean_auc;
  std::optional<double> mean_log_loss;
  std::optional<Digest> aggregate_digest;
  std::uint64_t bytes_received = 0;
};

class RoundStore {
 public:
  /// `database` must outlive this.
  explicit RoundStore(SqliteDatabase& database) : database_(&database) {}

  /// Writes the row, replacing that of the same (round_no, attempt).
  Status record(const RoundRow& round);
  Result<RoundRow> get(std::uint64_t round_no, std::uint32_t attempt) const;
  /// A run with a finished round that began with this model.
  Result<std::optional<std::string>> run_that_trained(const Digest& model) const;
  /// Attempts of a run, newest first.
  Result<Page<RoundRow>> list(std::string_view run_id, std::size_t page_size, std::string_view page_token) const;

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
