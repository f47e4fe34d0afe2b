// A partner's agent: takes part in every round its policy accepts. A loop without sockets or sleeping, driven one step
// at a time and with no thread but the one that may sum masks while the model trains, so that the simulation and the
// tests run the very code of the daemon. Whatever a message commits this client to is on the disk before the message
// leaves; opened again on the same state directory, it goes on where it stood and sends the very same bytes.
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/agent/model_shelf.h"
#include "client/policy/policy.h"
#include "client/round/client_round.h"
#include "client/storage/client_store.h"
#include "client/storage/round_records.h"
#include "client/training/trainer.h"
#include "client/transport/coordinator_link.h"
#include "common/base/clock.h"
#include "common/base/log.h"

namespace bauta::client {

/// Item of the outbox: what decides, with the coordinator's signed aggregate, which chunks of the sum are audited. It
/// never leaves this client.
inline constexpr std::string_view kAuditSeed = "audit-seed";

/// Where the agent stands; each names what the next step does.
enum class Stage : std::uint8_t {
  hello,          ///< reach the coordinator for the first time
  invitation,     ///< wait for a round and judge it
  model,          ///< have the model that the round starts from
  keys,           ///< phase 1: send
  key_set,        ///< phase 1: fetch U1, deal the shares
  training,       ///< train and quantise; no call
  shares,         ///< phase 2: send
  share_package,  ///< phase 2: fetch U2 and our shares, mask
  update_header,  ///< phase 3: announce, or ask where to go on
  upload,         ///< phase 3: the vector
  survivors,      ///< phase 4: fetch U3
  statement,      ///< phase 4: send our signature
  certificate,    ///< phase 5: fetch
  unmask,         ///< phase 5: send
  aggregate,      ///< fetch its header
  sum,            ///< fetch it
  audit,          ///< fetch a chunk of the uploads, or some of it, and check it; apply the sum after the last one
};

std::string_view to_string(Stage stage);

struct Progress {
  Stage stage = Stage::hello;  ///< of the next step
  bool waiting = false;        ///< nothing has changed: the coordinator had nothing yet, or was not reached
  Milliseconds pause{0};       ///< to be waited before the next step
};

using TrainerFactory = std::function<Result<std::unique_ptr<Trainer>>(const Plan&)>;

struct AgentSettings {
  PolicySettings policy;
  std::filesystem::path state_directory;  ///< the store's; the agent keeps updates/, models/ and rounds/ in it
  std::uint64_t audit_chunks = 1;         ///< random ones of each aggregate, before it is applied
  /// async: the masks are summed on a thread while the model trains; deferred: when they are needed.
  std::launch masking = std::launch::deferred;
};

/// All must outlive the agent.
struct AgentTools {
  CoordinatorLink& link;
  ClientStore& store;
  RandomSource& random;
  const Clock& clock;
  const Logger& log;
};

/// One thread at a time.
class Agent {
 public:
  /// Takes up the attempt under way, if there is one. Errors: io, database, refused_by_policy for a restored state.
  static Result<std::unique_ptr<Agent>> open(Membership membership, AgentSettings settings, AgentTools tools,
                                             TrainerFactory trainers);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  /// At most one call of the link, or one local training. A round that fails, for whatever reason, is not an error but
  /// the way to the next one. Errors end the agent (make a new one on the same state): cancelled, trouble of the own
  /// disk or database, and at hello whatever shows that this client is set up wrongly.
  Result<Progress> step();

  Stage stage() const { return stage_; }
  /// The attempt under way.
  std::optional<RoundId> attempt() const;
  const ModelShelf& models() const { return models_; }

 private:
  // Where a plan leads, kept from one round to the next.
  struct PlanInUse {
    std::string text;
    Digest hash{};
    Plan plan;
    ParameterLayout layout;
    std::unique_ptr<Trainer> trainer;  // made when it is first needed
  };
  // The result of training, kept for a further attempt of the same round.
  struct TrainedUpdate {
    Digest model_hash{};
    std::uint64_t round_no = 0;
    std::vector<float> update;  // clipped
    ValidationMetrics metrics;
  };

  // An aggregate that was accepted and is not applied yet.
  struct PendingSum {
    std::vector<std::uint64_t> words;
    Aggregate aggregate;
    std::optional<Audit> audit;          // of `words`; nothing where none is wanted
    std::vector<std::uint64_t> waiting;  // chunks still to be audited, the present one at the back
  };

  Agent(Membership membership, AgentSettings settings, AgentTools tools, TrainerFactory trainers, ModelShelf models,
        RoundRecords records);

  Status resume();
  Stage stage_of(const StoredItems& items) const;

  Result<Progress> say_hello();
  Result<Progress> wait_for_invitation();
  Result<Progress> provide_model();
  Result<Progress> send_keys();
  Result<Progress> fetch_key_set();
  Result<Progress> train();
  Result<Progress> send_shares();
  Result<Progress> fetch_share_package();
  Result<Progress> announce_update();
  Result<Progress> upload();
  Result<Progress> fetch_survivors();
  Result<Progress> send_statement();
  Result<Progress> fetch_certificate();
  Result<Progress> send_unmask();
  Result<Progress> fetch_aggregate();
  Result<Progress> fetch_sum();
  Result<Progress> audit_sum();
  Result<Progress> audit_failed(const Error& error);
  Result<Progress> apply_sum();

  Result<Progress> go(Stage next);
  Result<Progress> wait() const;
  /// A call failed: wait and repeat, or the end of the attempt.
  Result<Progress> call_failed(const Error& error);
  bool is_waited_out(ErrorCode code) const;
  /// After a message: phases that are over are not its sender's concern, the next fetch says how the round stands.
  Result<Progress> after_sending(const Status& sent, Stage next);
  /// Our own round code refused what the coordinator sent: the answer that belongs under `stored_key`.
  Result<Progress> refuse_answer(const Error& error, std::string_view stored_key, ByteView answer);
  Result<Progress> refuse_invitation(const Error& error, const RoundId& id);
  /// Erases the attempt's secrets and goes back to waiting for an invitation.
  Result<Progress> end_attempt(const Error& why);
  Status erase_attempt();

  Result<PlanInUse*> use_plan(const std::string& text, const Plan& plan);
  Status open_attempt();
  /// Everything unsaved of the round and `latches` in one transaction.
  Status save(std::vector<StoredItem> extra = {}, std::vector<StoredItem> latches = {});
  /// What a refused invitation shows, by itself or beside the one accepted before.
  Status keep_evidence_in(ByteView invitation);
  /// Those of the candidates that convict somebody become files in the state directory.
  Status keep_evidence(const std::vector<EvidenceFile>& candidates);
  /// Against the aggregate that is there, whose sum does not lead to the model it announces.
  EvidenceFile evidence_of_wrong_model(std::span<const std::uint64_t> sum) const;
  Result<TrainedUpdate*> trained_update();
  void begin_masking();
  std::filesystem::path update_path() const;
  const Bytes& message(std::string_view key) const { return messages_.at(std::string(key)); }
  RoundId id() const { return {round_->context().descriptor.round_no, round_->context().descriptor.attempt}; }
  void note_trouble(std::string_view event, const Error& error);

  Membership membership_;
  AgentSettings settings_;
  AgentTools tools_;
  TrainerFactory trainers_;
  ModelShelf models_;
  RoundRecords records_;

  Stage stage_ = Stage::hello;
  Stage after_hello_ = Stage::invitation;
  RoundId refused_;                          // invitations up to this were looked at and are not asked for again
  std::optional<OpenedInvitation> invited_;  // accepted, its model is still to be had
  std::unique_ptr<ClientRound> round_;
  StoredItems messages_;  // of the attempt, without its secrets
  std::unique_ptr<PlanInUse> plan_;
  std::optional<TrainedUpdate> trained_;
  std::future<Result<MaskSum>> masks_;  // of the attempt; in memory only
  std::uint64_t upload_offset_ = 0;
  int upload_stalls_ = 0;
  Bytes aggregate_;
  std::unique_ptr<PendingSum> pending_;
  std::string last_trouble_;  // logged once, not at every repetition
};

}  // namespace bauta::client
