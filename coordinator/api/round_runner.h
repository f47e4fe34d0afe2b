// Drives runs: one at a time, round after round. Opens attempts, closes phases at their deadlines, starts the
// unmasking, publishes models. Everything that must survive a crash is in the journal before it takes effect.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random_source.h"
#include "common/crypto/signature.h"
#include "common/federation/plan.h"
#include "common/masking/round_id.h"
#include "common/model/server_optimiser.h"
#include "common/net/wake_signal.h"
#include "coordinator/api/attempt.h"
#include "coordinator/api/run_summary.h"
#include "coordinator/api/unmask_job.h"
#include "coordinator/models/model_store.h"
#include "coordinator/partners/partner_registry.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/round_journal.h"
#include "coordinator/storage/round_store.h"
#include "coordinator/storage/run_requests.h"
#include "coordinator/storage/run_store.h"
#include "coordinator/storage/upload_spool.h"

namespace bauta::coordinator {

/// At which share of the plan's deadline a phase ends, counted from the opening. Local training happens in phase 2.
/// Phase 5 has no deadline: a certified round is never void.
double phase_end(Phase phase);

/// What the runner works with; all of it outlives the runner.
struct RunnerParts {
  std::shared_ptr<const Roster> roster;
  const SigningKey* signing_key;
  SqliteDatabase* database;
  UploadSpool* spool;
  ModelStore* models;
  PartnerRegistry* partners;
  std::filesystem::path state_directory;
  const Clock* clock;
  RandomSource* random;
  const Logger* log;
  /// Runs `work` away from the control thread, then `done` on it.
  std::function<void(std::function<void()> work, std::function<void()> done)> compute;
  unsigned unmask_threads = 1;  ///< that open a sum
};

/// A run as operators see it.
struct RunView {
  RunRow row;
  std::uint64_t rounds_total = 0;
  RunSummary summary;
  const Attempt* attempt = nullptr;  ///< the open one, valid until the control thread goes on
};

/// For metrics; zeros where no round is open. Counts since the start of this process.
struct RunnerState {
  bool run_active = false;
  std::uint64_t rounds_finished = 0;
  std::uint64_t attempts_void = 0;
  std::uint64_t round_no = 0;
  std::uint32_t attempt = 0;
  int phase = 0;
};

/// Control thread only, but for the two bounds.
class RoundRunner {
 public:
  /// Reads what the last process left and goes on there. Errors: database, io, newer_schema.
  static Result<std::unique_ptr<RoundRunner>> open(RunnerParts parts);

  /// To be called a few times a second.
  void tick() { advance(); }

  // Operators. Errors: not_found, conflict, invalid_argument with all problems of the plan.
  Result<RunRow> create_run(std::string_view name, std::string_view plan_text, std::string_view idempotency_key);
  Status start_run(const std::string& run_id);
  Status stop_run(const std::string& run_id);
  Result<RunView> view(const std::string& run_id);
  Result<RunView> view(RunRow row);

  RunnerState state() const;

  // Partners.
  /// Changes whenever a long poll may have a new answer.
  const std::shared_ptr<WakeSignal>& changes() const { return changes_; }
  /// Null for an attempt that is not known (any more).
  Attempt* find(RoundKey key);
  /// The number given out last, 0 before the first round.
  Result<std::uint64_t> newest_round() const { return last_number(*parts_.database, kRoundCounter); }
  /// The open attempt; null when there is none.
  Attempt* current() { return current_; }
  /// Journals an event that this attempt's round returned, then applies it. After an error nothing has happened.
  Status take(Attempt& attempt, const RoundEvent& event);
  /// A message that the round refused: where it proves a lie of its sender, that is kept as a file, once for each
  /// partner and attempt.
  void keep_evidence_against(Attempt& attempt, Phase phase, PartnerIndex from, ByteView refused);
  /// After one or more take(): closes phases that have everybody.
  void advance();
  std::filesystem::path sum_file(RoundKey key) const;
  const SigningKey& signing_key() const { return *parts_.signing_key; }

  /// Bounds for request bodies, for the I/O thread: the largest cohort and vector of the attempts that are kept.
  std::size_t largest_cohort() const { return largest_cohort_.load(); }
  std::uint64_t largest_vector() const { return largest_vector_.load(); }

 private:
  struct ActiveRun {
    RunRow row;
    Plan plan;
    ParameterLayout layout;
    ModelState model;
    Digest model_hash{};
    bool stopping = false;  ///< ends with the certified round that is open
  };

  explicit RoundRunner(RunnerParts parts);

  // Restart.
  Status restore();
  Status restore_attempt(RoundKey key);
  Status restore_uploads(Attempt& attempt);

  // Runs.
  bool activate_next();
  Result<ActiveRun> load_run(RunRow row);
  void fail_run(const std::string& reason);
  void end_run(RunState state, std::string_view reason);
  /// For a person who wonders why nobody takes part: "run X has trained this very model already…", or nothing.
  std::string hint_of_trained_model() const;

  // Attempts.
  bool step();
  bool try_open();
  /// The void attempt of the current round that the next attempt follows; null for a new round.
  Attempt* predecessor();
  bool gathered(const std::vector<PartnerIndex>& expected, std::size_t ready, std::size_t needed, bool first);
  std::vector<PartnerIndex> choose_cohort(std::vector<PartnerIndex> ready);
  Status open_attempt(RoundKey key, std::vector<PartnerIndex> cohort, const std::set<PartnerIndex>& excluded);
  bool drive(Attempt& attempt);
  void closed(Attempt& attempt, Phase phase);
  void voided(Attempt& attempt);
  void start_unmasking(Attempt& attempt);
  void unmasked(RoundKey key, Result<Unmasked> result);
  Status publish(Attempt& attempt, Unmasked result);
  void prune();
  void announce();

  void keep_evidence(const EvidenceFile& evidence, RoundKey key);
  RoundRow row_of(const Attempt& attempt) const;
  Status record(Attempt& attempt, const RoundEvent& event, RoundRow row, const std::function<Status()>& more);
  void complain(std::string_view what, const Error& error);
  SteadyTime deadline_of(const Attempt& attempt, Phase phase) const;
  SteadyTime now() const { return parts_.clock->steady(); }
  RunSummary& summary(const std::string& run_id);

  RunnerParts parts_;
  RunStore runs_;
  RoundStore rounds_;
  RoundJournal journal_;
  RunRequests requests_;
  std::shared_ptr<WakeSignal> changes_ = std::make_shared<WakeSignal>();

  std::optional<ActiveRun> run_;
  std::map<RoundKey, std::unique_ptr<Attempt>> attempts_;
  Attempt* current_ = nullptr;
  bool unmasking_ = false;
  bool settled_ = false;                       ///< a round ended in this process, so we know whom to expect in the next
  std::optional<SteadyTime> waiting_since_;    ///< for enough partners
  std::optional<SteadyTime> gathering_since_;  ///< enough are there; more may come
  SteadyTime retry_at_{};                      ///< after a failure of disk or database
  std::map<std::string, RunSummary> summaries_;
  std::uint64_t rounds_finished_ = 0;
  std::uint64_t attempts_void_ = 0;
  std::atomic<std::size_t> largest_cohort_{0};
  std::atomic<std::uint64_t> largest_vector_{0};
};

}  // namespace bauta::coordinator
