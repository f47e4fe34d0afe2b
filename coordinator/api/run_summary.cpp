#include "coordinator/api/run_summary.h"

#include <algorithm>
#include <string>

namespace bauta::coordinator {

void RunSummary::add(const RoundRow& round) {
  if (round.state == RoundState::voided) ++attempts_void;
  if (round.state != RoundState::finished) return;
  dropouts_survived += round.u1 - std::min(round.u1, round.u3);
  survivors += round.u3;
  bytes_received += round.bytes_received;
  mean_auc = round.mean_auc;
  mean_log_loss = round.mean_log_loss;
}

Result<RunSummary> summarise(const RoundStore& rounds, std::string_view run_id) {
  RunSummary summary;
  std::optional<RoundRow> last;
  std::string token;
  do {
    BAUTA_TRY(const Page<RoundRow> page, rounds.list(run_id, kMaxPageSize, token));
    for (const RoundRow& round : page.items) {
      if (!last && round.state == RoundState::finished) last = round;  // newest first
      summary.add(round);
    }
    token = page.next_page_token;
  } while (!token.empty());
  if (last) {
    summary.mean_auc = last->mean_auc;
    summary.mean_log_loss = last->mean_log_loss;
  }
  return summary;
}

}  // namespace bauta::coordinator
