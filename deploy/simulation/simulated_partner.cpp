#include "deploy/simulation/simulated_partner.h"

#include <utility>

namespace bauta::simulation {

SimulatedPartner::SimulatedPartner(PartnerSetup setup, client::ServiceData data, const SimulatedClock& clock,
                                   const Logger& log)
    : setup_(std::move(setup)),
      data_(std::move(data)),
      clock_(&clock),
      log_(&log),
      random_(setup_.seed, setup_.settings.name) {}

Result<std::unique_ptr<SimulatedPartner>> SimulatedPartner::open(PartnerSetup setup, HttpService& coordinator,
                                                                 const SimulatedClock& clock, const Logger& log) {
  auto data = client::load_service_data(setup.settings, log);
  if (!data.ok()) return with_context(setup.settings.name, std::move(data).error());
  std::unique_ptr<SimulatedPartner> partner(new SimulatedPartner(std::move(setup), *std::move(data), clock, log));
  CertificateIdentity identity;
  identity.role = CertificateIdentity::Role::partner;
  identity.partner_id = partner->name();
  identity.fingerprint =
      partner->setup_.roster->entries[*partner->setup_.roster->find(partner->name())].signing_key.fingerprint();
  partner->caller_ = std::make_unique<InProcessCaller>(coordinator, std::move(identity));
  client::HttpsLinkSettings link;
  link.roster_hash = partner->setup_.roster->hash;
  partner->link_ =
      std::make_unique<client::HttpsLink>(link, *partner->caller_, clock, partner->random_, partner->waiter_);
  BAUTA_RETURN_IF_ERROR(partner->revive());
  return partner;
}

void SimulatedPartner::kill() {
  agent_.reset();
  store_.reset();
}

Status SimulatedPartner::revive() {
  BAUTA_TRY(store_, client::ClientStore::open(setup_.settings.store, random_));
  const client::Membership membership{setup_.roster, *setup_.roster->find(name()), setup_.signing_key};
  BAUTA_TRY(agent_, client::Agent::open(membership, {setup_.settings.policy, setup_.settings.store.state_directory},
                                        {*link_, *store_, random_, *clock_, *log_},
                                        [this](const Plan& plan) -> Result<std::unique_ptr<client::Trainer>> {
                                          BAUTA_TRY(auto trainer, client::make_trainer(setup_.settings, data_, plan,
                                                                                       [] { return false; }));
                                          return std::unique_ptr<client::Trainer>(
                                              std::make_unique<client::BehaviourTrainer>(std::move(trainer)));
                                        }));
  return {};
}

}  // namespace bauta::simulation
