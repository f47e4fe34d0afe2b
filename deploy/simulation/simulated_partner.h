// One partner of a simulation: the daemon's agent on data and a state directory of its own; it can be killed and comes
// back from what is on its disk.
#pragma once

#include <memory>
#include <optional>

#include "client/agent/agent.h"
#include "client/agent/service_data.h"
#include "client/transport/https_link.h"
#include "deploy/simulation/in_process_caller.h"
#include "deploy/simulation/seeded_random.h"
#include "deploy/simulation/simulated_clock.h"

namespace bauta::simulation {

struct PartnerSetup {
  client::ClientSettings settings;  ///< name, state directory, policy, data and task
  std::shared_ptr<const Roster> roster;
  const SigningKey* signing_key = nullptr;
  std::uint64_t seed = 1;
};

/// step() of different partners may run on different threads while all are in stage `training`, else one thread.
class SimulatedPartner {
 public:
  /// Reads the partner's data. References must outlive this.
  static Result<std::unique_ptr<SimulatedPartner>> open(PartnerSetup setup, HttpService& coordinator,
                                                        const SimulatedClock& clock, const Logger& log);

  const std::string& name() const { return setup_.settings.name; }
  const client::ClientSettings& settings() const { return setup_.settings; }
  std::size_t persons() const { return data_.loaded.log.persons.size(); }
  std::size_t events() const { return data_.loaded.log.events.size(); }

  bool alive() const { return agent_ != nullptr; }
  client::Stage stage() const { return agent_->stage(); }
  std::optional<RoundId> attempt() const { return agent_->attempt(); }
  Result<client::Progress> step() { return agent_->step(); }
  /// As SIGKILL: only what is on the disk remains.
  void kill();
  Status revive();

 private:
  class NoWaiter final : public client::Waiter {
   public:
    bool wait(Milliseconds) override { return true; }
  };

  SimulatedPartner(PartnerSetup setup, client::ServiceData data, const SimulatedClock& clock, const Logger& log);

  PartnerSetup setup_;
  client::ServiceData data_;
  const SimulatedClock* clock_;
  const Logger* log_;
  SeededRandom random_;
  NoWaiter waiter_;
  std::unique_ptr<InProcessCaller> caller_;
  std::unique_ptr<client::HttpsLink> link_;
  std::optional<client::ClientStore> store_;
  std::unique_ptr<client::Agent> agent_;
};

}  // namespace bauta::simulation
