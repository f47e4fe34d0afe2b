#include "client/agent/service_data.h"

#include <algorithm>
#include <thread>

#include "common/base/counter_random.h"

namespace bauta::client {
namespace {

// A batch has as many independent parts.
constexpr unsigned kMostThreads = 8;

}  // namespace

Result<ServiceData> load_service_data(const ClientSettings& settings, const Logger& log, Samples wanted) {
  BAUTA_TRY(const auto source, open_source(settings.data.source));
  BAUTA_TRY(LoadedData loaded, load_event_log(*source, settings.data.load));
  log.info("data loaded", {{"persons", loaded.log.persons.size()},
                           {"events", loaded.log.events.size()},
                           {"summary", loaded.report.summary()}});
  if (const std::string problems = loaded.report.problems(); !problems.empty()) {
    log.warning("bad rows", {{"problems", problems}});
  }
  auto cut = make_samples(loaded.log, settings.task);
  if (!cut.ok() && (wanted == Samples::needed || cut.error().code != ErrorCode::bad_data)) return cut.error();
  if (!cut.ok())
    log.warning("no samples of your own yet: nothing can be calibrated", {{"reason", cut.error().message}});
  SampleSets samples = cut.ok() ? *std::move(cut) : SampleSets();
  log.info("samples cut", {{"training", samples.training.size()},
                           {"validation", samples.validation.size()},
                           {"test", samples.test.size()}});
  return ServiceData{std::move(loaded), std::move(samples)};
}

Result<BehaviourTrainer> make_trainer(const ClientSettings& settings, const ServiceData& data, const Plan& plan,
                                      std::function<bool()> stop_requested, std::optional<float> base_log_odds) {
  TrainerOptions options;
  options.service_seed = fnv1a64(settings.name) ^ mix64(plan.model.seed);
  options.threads = settings.training.threads == 0 ? std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads)
                                                   : settings.training.threads;
  options.state_directory = settings.store.state_directory;
  options.item_residuals = settings.training.item_residuals;
  options.id_dropout = settings.training.id_dropout;
  options.base_log_odds = base_log_odds;
  options.stop_requested = std::move(stop_requested);
  return BehaviourTrainer::create(data.loaded.log, settings.task, data.samples, plan, std::move(options));
}

}  // namespace bauta::client
