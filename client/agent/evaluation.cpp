#include "client/agent/evaluation.h"

#include <nlohmann/json.hpp>

#include "client/agent/model_shelf.h"
#include "client/agent/service_data.h"

namespace bauta::client {
namespace {

using nlohmann::ordered_json;

ordered_json optional_number(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json interval_of(const std::optional<Interval>& interval) {
  return interval ? ordered_json{interval->low, interval->high} : ordered_json();
}

ordered_json rows_of(const TableReport& table) {
  return {{"rows", table.rows}, {"kept", table.kept}, {"bad", table.bad}};
}

}  // namespace

Result<std::string> evaluate(const ClientSettings& settings, const Logger& log) {
  BAUTA_TRY(const ModelShelf shelf, ModelShelf::open(settings.store.state_directory));
  const auto& final_model = shelf.current();
  if (!final_model || final_model->state.steps == 0) {
    return Error{ErrorCode::not_found, settings.store.state_directory.string() +
                                           " holds no shared model yet; it is there once a round was completed"};
  }
  BAUTA_TRY(const auto plan, shelf.plan(final_model->plan_hash));
  if (!plan) {
    return Error{ErrorCode::not_found,
                 "the plan of the shared model is missing in " + (settings.store.state_directory / "models").string()};
  }
  BAUTA_TRY(const ServiceData data, load_service_data(settings, log));
  BAUTA_TRY(BehaviourTrainer trainer, make_trainer(settings, data, *plan, [] { return false; }));

  // The shared arm: the last model, or the incoming model of the round that did best on the validation data.
  BAUTA_TRY(std::optional<HeldModel> best, shelf.best());
  const HeldModel* shared = &*final_model;
  if (best && best->plan_hash == final_model->plan_hash && best->state.steps <= final_model->state.steps) {
    BAUTA_TRY(const ValidationMetrics of_final, trainer.validate(final_model->state.parameters));
    BAUTA_TRY(const ValidationMetrics of_best, trainer.validate(best->state.parameters));
    if (of_best.auc.value_or(0) > of_final.auc.value_or(0)) shared = &*best;
  }
  const std::uint64_t steps = final_model->state.steps * plan->training.local_steps;
  log.info("training alone", {{"steps", steps}});
  BAUTA_TRY(const LocalModel local, trainer.train_alone(steps));
  BAUTA_TRY(const TestResult of_local, trainer.evaluate_test(local.parameters));
  BAUTA_TRY(const TestResult of_shared, trainer.evaluate_test(shared->state.parameters));
  BAUTA_TRY(const auto difference, trainer.compare_test(shared->state.parameters, local.parameters));

  ordered_json report;
  report["name"] = settings.name;
  report["persons"] = data.loaded.log.persons.size();
  report["events"] = data.loaded.log.events.size();
  report["task"] = settings.task.kind == TaskKind::propensity ? "propensity" : "conversion";
  report["test_samples"] = of_shared.samples;
  report["test_positives"] = of_shared.positives;
  report["auc_local"] = optional_number(of_local.auc);
  report["auc_local_interval"] = interval_of(of_local.auc_interval);
  report["auc_shared"] = optional_number(of_shared.auc);
  report["auc_shared_interval"] = interval_of(of_shared.auc_interval);
  report["difference"] = difference ? ordered_json(difference->auc) : ordered_json();
  report["difference_interval"] = difference ? interval_of(difference->interval) : ordered_json();
  report["model_hash"] = to_hex(final_model->hash);
  report["evaluated_model_hash"] = to_hex(shared->hash);
  report["rounds"] = final_model->state.steps;
  const LoadReport& rows = data.loaded.report;
  report["rows"] = {{"persons", rows_of(rows.persons)},
                    {"items", rows_of(rows.items)},
                    {"events", rows_of(rows.events)},
                    {"persons_without_consent", rows.persons_without_consent},
                    {"events_without_consent", rows.events_without_consent},
                    {"events_of_unlisted_persons", rows.events_of_unlisted_persons}};
  return report.dump(2) + "\n";
}

}  // namespace bauta::client
