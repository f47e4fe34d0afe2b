// The heavy end of a round, away from the control thread: reconstructs the secrets, sums the survivors' spooled
// vectors, takes the masks out, decodes the mean update and applies it to the model. O(d) memory, however many partners
// there are.
#pragma once

#include <filesystem>
#include <set>
#include <vector>

#include "common/evaluation/validation_metrics.h"
#include "common/federation/plan.h"
#include "common/masking/round_context.h"
#include "common/model/server_optimiser.h"
#include "coordinator/round/round.h"
#include "coordinator/storage/upload_spool.h"

namespace bauta::coordinator {

struct UnmaskJob {
  const Round* round = nullptr;  ///< in phase 5 and ready; nobody changes it while the job runs
  UploadSpool* spool = nullptr;
  ParameterLayout layout;
  ModelState model;  ///< before this round
  ServerSettings server;
  std::filesystem::path sum_file;  ///< where the packed sum goes, for partners to fetch
  unsigned threads = 1;            ///< that work on the sum, each on ranges of its own
};

struct Unmasked {
  Digest sum_root{};
  ModelState model;
  Digest model_hash{};
  Bytes model_file;
  ValidationMetrics metrics;
  std::vector<RevealedSecret> secrets;
};

/// Errors: io, disk_full, busy, not_found (try again); out_of_range, malformed, not_finite (the aggregate is to be
/// rejected); bad_share, naming the dealer that lied.
Result<Unmasked> run(UnmaskJob job);

}  // namespace bauta::coordinator
