// The coordinator of a simulation: the daemon's round runner, endpoints and stores, without listeners and threads.
#pragma once

#include <filesystem>
#include <memory>

#include "common/base/log.h"
#include "common/crypto/signature.h"
#include "coordinator/api/partner_endpoints.h"
#include "coordinator/api/round_runner.h"
#include "deploy/simulation/simulated_clock.h"

namespace bauta::simulation {

/// One thread.
class SimulatedCoordinator {
 public:
  /// All references must outlive this.
  static Result<std::unique_ptr<SimulatedCoordinator>> open(const std::filesystem::path& state_directory,
                                                            std::shared_ptr<const Roster> roster,
                                                            const SigningKey& signing_key, const SimulatedClock& clock,
                                                            RandomSource& random, const Logger& log);

  coordinator::RoundRunner& runner() { return *runner_; }
  HttpService& endpoints() { return *endpoints_; }

 private:
  SimulatedCoordinator() = default;

  // In the order in which they depend on each other.
  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<coordinator::ModelRows> model_rows_;
  std::unique_ptr<coordinator::ModelStore> models_;
  std::unique_ptr<coordinator::UploadSpool> spool_;
  std::unique_ptr<coordinator::PartnerRegistry> registry_;
  std::unique_ptr<coordinator::PartnerStore> partners_;
  std::unique_ptr<coordinator::RoundRunner> runner_;
  std::unique_ptr<coordinator::PartnerEndpoints> endpoints_;
};

}  // namespace bauta::simulation
