#include "coordinator/daemon.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "common/base/file.h"
#include "common/base/worker.h"
#include "common/net/http_server.h"
#include "common/net/log_observer.h"
#include "common/net/tls_check.h"
#include "coordinator/api/health_endpoints.h"
#include "coordinator/api/operator_endpoints.h"
#include "coordinator/api/partner_endpoints.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/model_table.h"

namespace bauta::coordinator {
namespace {

constexpr Milliseconds kTick{200};

/// Log lines and counters of the listeners.
class ListenerObserver final : public HttpObserver {
 public:
  ListenerObserver(const Logger& log, Metrics& metrics) : lines_(log), metrics_(metrics) {}

  void on_event(const HttpEvent& event) override {
    metrics_.count(event);
    lines_.on_event(event);
  }

 private:
  LogObserver lines_;
  Metrics& metrics_;
};

HttpServerSettings server_settings(std::string name, const ListenerSettings& listener, const Limits& limits) {
  HttpServerSettings settings;
  settings.name = std::move(name);
  settings.address = listener.address;
  settings.port = listener.port;
  settings.max_connections = limits.connections;
  settings.max_connections_per_address = limits.connections_per_address;
  settings.max_upload_slots = limits.uploads;
  settings.drain_grace = limits.drain;
  return settings;
}

unsigned threads_for_unmasking(const Limits& limits) {
  if (limits.unmask_threads > 0) return limits.unmask_threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

struct Daemon::Impl {
  Impl(const Clock& the_clock, RandomSource& the_random, const Logger& the_log)
      : clock(the_clock), random(the_random), log(the_log), observer(the_log, metrics) {}

  Status open(const Settings& settings);
  Status listen(const Settings& settings);
  void tick();
  void shut();

  const Clock& clock;
  RandomSource& random;
  const Logger& log;
  Metrics metrics;
  ListenerObserver observer;
  Identity identity;
  FileDescriptor state_lock;

  // In the order of their construction; the destructor of Daemon ends them from the outside in.
  std::optional<SqliteDatabase> database;
  std::optional<ModelTable> model_table;
  std::optional<ModelStore> models;
  std::optional<UploadSpool> spool;
  std::optional<RunStore> runs;
  std::optional<RoundStore> rounds;
  std::optional<PartnerStore> partners;
  std::optional<TokenStore> tokens;
  std::optional<PartnerRegistry> registry;
  std::unique_ptr<RoundRunner> runner;
  std::optional<PartnerEndpoints> partner_endpoints;
  std::optional<OperatorEndpoints> operator_endpoints;
  std::optional<HealthEndpoints> health_endpoints;
  std::optional<Worker> control;
  std::optional<Worker> compute;
  std::optional<IoThread> io;
  std::unique_ptr<HttpServer> partner_server;
  std::unique_ptr<HttpServer> operator_server;
  std::unique_ptr<HttpServer> health_server;
};

Status Daemon::Impl::open(const Settings& settings) {
  BAUTA_TRY(identity, load_identity(settings));
  BAUTA_RETURN_IF_ERROR(check_certificates(settings, clock.wall()));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(settings.state_dir));
  BAUTA_TRY(state_lock, lock_directory(settings.state_dir));
  BAUTA_TRY(SqliteDatabase opened, open_database(settings.state_dir));
  database.emplace(std::move(opened));
  model_table.emplace(*database);
  BAUTA_TRY(ModelStore store, ModelStore::open(settings.state_dir, *model_table));
  models.emplace(std::move(store));
  BAUTA_TRY(UploadSpool uploads, UploadSpool::open(settings.state_dir, settings.limits.spool_bytes));
  spool.emplace(std::move(uploads));
  runs.emplace(*database);
  rounds.emplace(*database);
  partners.emplace(*database);
  tokens.emplace(*database);
  BAUTA_TRY(std::set<Digest> revoked_certificates, partners->revoked_certificates());
  registry.emplace(identity.roster, std::move(revoked_certificates), clock);
  BAUTA_TRY(const std::vector<PartnerRow> rows, partners->list());
  for (const PartnerRow& row : rows) {
    const auto index = identity.roster->find(row.partner_id);
    if (index && row.status == PartnerStatus::revoked) registry->set_revoked(*index, true);
  }
  RunnerParts parts{identity.roster,
                    identity.signing_key.get(),
                    &*database,
                    &*spool,
                    &*models,
                    &*registry,
                    settings.state_dir,
                    &clock,
                    &random,
                    &log,
                    {},
                    threads_for_unmasking(settings.limits)};
  // A result that comes after the drain is dropped: the sum is opened again at the next start.
  parts.compute = [this](std::function<void()> work, std::function<void()> done) {
    compute->post([this, work = std::move(work), done = std::move(done)] {
      work();
      control->post(done);
    });
  };
  BAUTA_TRY(runner, RoundRunner::open(std::move(parts)));
  return {};
}

Status Daemon::Impl::listen(const Settings& settings) {
  partner_endpoints.emplace(*runner, *registry, *partners, *spool, *models, clock, log);
  operator_endpoints.emplace(*runner, *runs, *rounds, *registry, *partners, *tokens, *models, clock, log);
  health_endpoints.emplace(metrics);
  control.emplace("control");
  compute.emplace("compute");
  io.emplace();
  HttpServerSettings partner = server_settings("partner", settings.partner_listener, settings.limits);
  partner.tls = settings.partner_tls;
  BAUTA_TRY(partner_server, HttpServer::start(std::move(partner), *partner_endpoints, *io, *control, clock, observer));
  HttpServerSettings operators = server_settings("operator", settings.operator_listener, settings.limits);
  operators.tls = settings.operator_tls;
  BAUTA_TRY(operator_server,
            HttpServer::start(std::move(operators), *operator_endpoints, *io, *control, clock, observer));
  const HttpServerSettings health = server_settings("health", settings.health_listener, settings.limits);
  BAUTA_TRY(health_server, HttpServer::start(health, *health_endpoints, *io, *control, clock, observer));
  if (const Status judged = check_tls(settings.partner_tls, clock.wall()); !judged.ok()) {
    log.warning("partners may refuse this coordinator", {{"reason", judged.error().message}});
  }
  control->post([this] { tick(); });
  health_endpoints->set_ready(true);
  log.info("listening", {{"partner_port", partner_server->port()},
                         {"operator_port", operator_server->port()},
                         {"health_port", health_server->port()}});
  return {};
}

void Daemon::Impl::tick() {
  runner->tick();
  metrics.observe(runner->state(), registry->present().size(), spool->reserved_bytes());
  control->post_after(kTick, [this] { tick(); });
}

void Daemon::Impl::shut() {
  partner_server.reset();
  operator_server.reset();
  health_server.reset();
  io.reset();
  // The pool first: what it posts to control still finds it, or is dropped.
  if (compute) compute->stop();
  if (control) control->stop();
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Daemon::~Daemon() { impl_->shut(); }

Result<std::unique_ptr<Daemon>> Daemon::start(const Settings& settings, const Clock& clock, RandomSource& random,
                                              const Logger& log) {
  std::unique_ptr<Daemon> daemon(new Daemon(std::make_unique<Impl>(clock, random, log)));
  BAUTA_RETURN_IF_ERROR(daemon->impl_->open(settings));
  BAUTA_RETURN_IF_ERROR(daemon->impl_->listen(settings));
  return daemon;
}

std::uint16_t Daemon::partner_port() const { return impl_->partner_server->port(); }
std::uint16_t Daemon::operator_port() const { return impl_->operator_server->port(); }
std::uint16_t Daemon::health_port() const { return impl_->health_server->port(); }

void Daemon::drain() {
  impl_->log.info("draining");
  impl_->health_endpoints->set_ready(false);
  impl_->partner_server->begin_drain();
  impl_->operator_server->begin_drain();
  impl_->partner_server->drain();
  impl_->operator_server->drain();
  impl_->health_server->drain();
  impl_->shut();
  if (const Status moved = impl_->database->truncate_wal(); !moved.ok()) {
    impl_->log.warning("cannot check-point the database", {{"reason", moved.error().message}});
  }
  impl_->log.info("stopped");
}

}  // namespace bauta::coordinator
