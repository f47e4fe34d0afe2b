#include "client/agent/daemon.h"

#include <poll.h>

#include <thread>

#include "client/agent/agent.h"
#include "client/agent/identity.h"
#include "client/agent/roster_commands.h"
#include "client/agent/service_data.h"
#include "common/base/stop_signal.h"
#include "common/crypto/system_random.h"
#include "common/model/text_words.h"
#include "common/net/tls_check.h"

namespace bauta::client {
namespace {

class StoppableWaiter final : public Waiter {
 public:
  explicit StoppableWaiter(const StopSignal& stop) : stop_(&stop) {}
  bool wait(Milliseconds time) override {
    pollfd descriptor{stop_->fd(), POLLIN, 0};
    ::poll(&descriptor, 1, static_cast<int>(time.count()));
    return !stop_->stop_requested();
  }

 private:
  const StopSignal* stop_;
};

// Ends the call under way when a stop is asked for. The thread never outlives this object.
class Canceller {
 public:
  Canceller(const StopSignal& stop, HttpClient& http)
      : stop_(&stop), thread_([&stop, &http] {
          stop.wait();
          http.cancel();
        }) {}
  ~Canceller() {
    stop_->request_stop();
    thread_.join();
  }
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

 private:
  const StopSignal* stop_;
  std::thread thread_;
};

Status run_agent(Agent& agent, Waiter& waiter) {
  while (true) {
    BAUTA_TRY(const Progress progress, agent.step());
    if (progress.pause > Milliseconds(0) && !waiter.wait(progress.pause)) {
      return Error{ErrorCode::cancelled, "the client is being stopped"};
    }
  }
}

}  // namespace

Status check_setup(const ClientSettings& settings) {
  BAUTA_RETURN_IF_ERROR(check_text_rules());
  BAUTA_TRY(const Identity identity, read_identity(settings));
  if (const auto store = ClientStore::look(settings.store); store.ok()) {
    BAUTA_RETURN_IF_ERROR(check_pinned_roster(*store, *identity.roster));
  }
  BAUTA_TRY(const PolicySettings policy, effective_policy(settings));
  const SystemClock clock;
  BAUTA_TRY(const auto http, HttpClient::create(settings.http, clock));
  BAUTA_RETURN_IF_ERROR(check_certificate(settings, http->own_identity(), clock.wall()));
  BAUTA_RETURN_IF_ERROR(check_tls(*settings.http.tls, clock.wall()));
  if (const Status judged = judge_policy(policy, static_cast<std::uint32_t>(identity.roster->size())); !judged.ok()) {
    return with_context("no round could be accepted, not even with all partners of the roster", judged.error());
  }
  return {};
}

Status run_daemon(const ClientSettings& settings, const Logger& log) {
  BAUTA_TRY(const StopSignal stop, StopSignal::install());
  BAUTA_RETURN_IF_ERROR(check_text_rules());
  const SystemClock clock;
  SystemRandom random;
  StoppableWaiter waiter(stop);
  BAUTA_TRY(const Identity identity, read_identity(settings));
  BAUTA_TRY(const PolicySettings policy, effective_policy(settings));
  BAUTA_TRY(const auto http, HttpClient::create(settings.http, clock));
  BAUTA_RETURN_IF_ERROR(check_certificate(settings, http->own_identity(), clock.wall()));
  HttpsLink link({identity.roster->hash, settings.upload_bytes_per_second, settings.backoff}, *http, clock, random,
                 waiter);
  BAUTA_TRY(ClientStore store, ClientStore::open(settings.store, random));
  // A restored state writes nothing: Agent::open says what to do.
  if (!store.restored()) BAUTA_RETURN_IF_ERROR(start_with_roster(store, *identity.roster));
  std::optional<ServiceData> data;
  const TrainerFactory trainers = [&](const Plan& plan) -> Result<std::unique_ptr<Trainer>> {
    BAUTA_TRY(BehaviourTrainer trainer, make_trainer(settings, *data, plan, [&] { return stop.stop_requested(); }));
    return std::unique_ptr<Trainer>(std::make_unique<BehaviourTrainer>(std::move(trainer)));
  };
  BAUTA_TRY(const auto agent,
            Agent::open(identity.membership(),
                        {policy, settings.store.state_directory, settings.audit_chunks, std::launch::async},
                        {link, store, random, clock, log}, trainers));
  log.info("started", {{"name", settings.name}, {"roster_hash", to_hex(identity.roster->hash)}});
  if (policy.allowed_plans.empty()) {
    log.warning("no plan is allowed", {{"mend", "bauta-client plan allow FILE, or [policy] allowed_plans"}});
  }
  if (settings.audit_chunks == 0) {
    log.warning("no aggregate is audited", {{"mend", "[audit] chunks = 1"}});
  }
  BAUTA_TRY(data, load_service_data(settings, log));
  const Canceller canceller(stop, *http);
  const Status ended = run_agent(*agent, waiter);
  if (ended.error().code != ErrorCode::cancelled || !stop.stop_requested()) return ended;
  log.info("stopped");
  return {};
}

}  // namespace bauta::client
