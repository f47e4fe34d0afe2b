// One partner's agent with its own state directory, which survives when the agent is dropped.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/agent/agent.h"
#include "client/agent/evidence_commands.h"
#include "common/evidence/evidence_folder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/client/agent/scripted_coordinator.h"

namespace bauta::testing {

/// The small whole number of steps by which partner `self` moves coordinate i in a round; each step is 1/1024.
inline int steps_of(PartnerIndex self, std::uint64_t round_no, std::size_t i) {
  return static_cast<int>((i * 7 + self * 13 + round_no * 5) % 9) - 4;
}

/// The first parameter of a model that nobody can train: its gradients are all zero.
inline constexpr float kDeadModel = 1e6F;

/// Updates that quantising changes nothing about, so that sums can be compared exactly.
class StepTrainer final : public client::Trainer {
 public:
  /// `alike`: the same update in every round, as of a partner that takes all its data in one step.
  StepTrainer(PartnerIndex self, int* trainings, bool alike = false)
      : self_(self), trainings_(trainings), alike_(alike) {}
  Result<ValidationMetrics> validate(std::span<const float> parameters, std::uint64_t /*round_no*/) override {
    return parameters[0] == kDeadModel ? ValidationMetrics{} : ValidationMetrics{0.75, 0.25};
  }
  Result<std::vector<float>> train(std::span<const float> parameters, std::uint64_t round_no) override {
    ++*trainings_;
    std::vector<float> update(parameters.size());
    if (parameters[0] == kDeadModel) return update;
    if (alike_) round_no = 1;
    for (std::size_t i = 0; i < update.size(); ++i) update[i] = static_cast<float>(steps_of(self_, round_no, i)) / 1024;
    return update;
  }

 private:
  PartnerIndex self_;
  int* trainings_;
  bool alike_;
};

class AgentHost {
 public:
  AgentHost(ScriptedCoordinator& coordinator, PartnerIndex self)
      : link(coordinator, self),
        coordinator_(&coordinator),
        self_(self),
        random_(1000 + self),
        log_({LogLevel::debug, LogFormat::text, false}, clock_,
             [this](LogLevel, std::string_view line) { lines.emplace_back(line); }) {
    policy.allowed_plans = {coordinator.hash_of_plan()};
    reopen();
  }

  /// As after SIGKILL: only what is on the disk remains.
  void reopen() {
    close();
    auto store = client::ClientStore::open({directory_.path(), {}}, random_);
    BAUTA_CHECK(store.ok());
    store_.emplace(*std::move(store));
    auto opened = client::Agent::open(
        coordinator_->federation.membership(self_), {policy, directory_.path(), audit_chunks},
        {link, *store_, random_, clock_, log_}, [this](const Plan&) -> Result<std::unique_ptr<client::Trainer>> {
          return std::unique_ptr<client::Trainer>(std::make_unique<StepTrainer>(self_, &trainings, trains_alike));
        });
    BAUTA_CHECK(opened.ok());
    agent_ = *std::move(opened);
  }
  void close() {
    agent_.reset();
    store_.reset();
  }

  client::Agent& agent() { return *agent_; }
  client::ClientStore& store() { return *store_; }
  const std::filesystem::path& directory() const { return directory_.path(); }
  ManualClock& clock() { return clock_; }
  SeededRandom& random() { return random_; }

  /// Log lines of an event, or with a code.
  int count(std::string_view name) const {
    int found = 0;
    for (const std::string& line : lines) {
      const bool event = line.find(" " + std::string(name)) != std::string::npos;
      const bool code = line.find("code=" + std::string(name)) != std::string::npos;
      found += event || code ? 1 : 0;
    }
    return found;
  }
  /// What this client keeps as proof, oldest first; each must convict.
  std::vector<EvidenceFile> evidence() const {
    std::vector<EvidenceFile> files;
    const auto paths = list_evidence(directory());
    BAUTA_CHECK(paths.ok());
    for (const auto& path : *paths) {
      auto file = read_evidence(path);
      BAUTA_CHECK(file.ok());
      BAUTA_CHECK(client::judge_evidence_file(path, {}).verdict == client::EvidenceVerdict::convicts);
      files.push_back(*std::move(file));
    }
    return files;
  }
  std::optional<Digest> model_hash() const {
    const auto& current = agent_->models().current();
    if (!current) return std::nullopt;
    return current->hash;
  }

  ScriptedLink link;
  client::PolicySettings policy;
  std::uint64_t audit_chunks = 1;
  std::vector<std::string> lines;
  int trainings = 0;
  bool trains_alike = false;  ///< in every round

 private:
  ScriptedCoordinator* coordinator_;
  PartnerIndex self_;
  TemporaryDirectory directory_;
  ManualClock clock_;
  SeededRandom random_;
  Logger log_;
  std::optional<client::ClientStore> store_;
  std::unique_ptr<client::Agent> agent_;
};

}  // namespace bauta::testing
