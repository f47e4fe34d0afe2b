#include "deploy/simulation/simulated_coordinator.h"

#include "coordinator/storage/database.h"
#include "coordinator/storage/model_table.h"

namespace bauta::simulation {

Result<std::unique_ptr<SimulatedCoordinator>> SimulatedCoordinator::open(const std::filesystem::path& state_directory,
                                                                         std::shared_ptr<const Roster> roster,
                                                                         const SigningKey& signing_key,
                                                                         const SimulatedClock& clock,
                                                                         RandomSource& random, const Logger& log) {
  constexpr std::uint64_t kSpoolBudget = std::uint64_t{16} << 30;
  std::unique_ptr<SimulatedCoordinator> self(new SimulatedCoordinator);
  BAUTA_TRY(auto database, coordinator::open_database(state_directory));
  self->database_ = std::make_unique<SqliteDatabase>(std::move(database));
  self->model_rows_ = std::make_unique<coordinator::ModelTable>(*self->database_);
  BAUTA_TRY(auto models, coordinator::ModelStore::open(state_directory, *self->model_rows_));
  self->models_ = std::make_unique<coordinator::ModelStore>(std::move(models));
  BAUTA_TRY(auto spool, coordinator::UploadSpool::open(state_directory, kSpoolBudget));
  self->spool_ = std::make_unique<coordinator::UploadSpool>(std::move(spool));
  self->registry_ = std::make_unique<coordinator::PartnerRegistry>(roster, std::set<Digest>(), clock);
  self->partners_ = std::make_unique<coordinator::PartnerStore>(*self->database_);
  coordinator::RunnerParts parts;
  parts.roster = roster;
  parts.signing_key = &signing_key;
  parts.database = self->database_.get();
  parts.spool = self->spool_.get();
  parts.models = self->models_.get();
  parts.partners = self->registry_.get();
  parts.state_directory = state_directory;
  parts.clock = &clock;
  parts.random = &random;
  parts.log = &log;
  parts.compute = [](const std::function<void()>& work, const std::function<void()>& done) {
    work();
    done();
  };
  BAUTA_TRY(self->runner_, coordinator::RoundRunner::open(std::move(parts)));
  self->endpoints_ = std::make_unique<coordinator::PartnerEndpoints>(*self->runner_, *self->registry_, *self->partners_,
                                                                     *self->spool_, *self->models_, clock, log);
  return self;
}

}  // namespace bauta::simulation
