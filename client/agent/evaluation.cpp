#include "client/agent/evaluation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/agent/model_shelf.h"
#include "client/agent/service_data.h"
#include "client/scoring/serving_model.h"
#include "client/training/held_out.h"

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
  const auto& held = shelf.current();
  if (!held || held->state.steps == 0) {
    return Error{ErrorCode::not_found, settings.store.state_directory.string() +
                                           " holds no shared model yet; it is there once a round was completed"};
  }
  BAUTA_TRY(const Plan plan, shelf.plan_of_model(held->plan_hash));
  BAUTA_TRY(const ServiceData data, load_service_data(settings, log));
  BAUTA_TRY(BehaviourTrainer trainer, make_trainer(settings, data, plan, [] { return false; }));

  const std::span<const float> shared = held->state.parameters;
  const std::span<const Sample> validation = data.samples.validation;
  const std::span<const Sample> test = data.samples.test;
  // Both take as many steps as who took part in every round and then fine-tuned.
  const std::uint64_t steps = std::min<std::uint64_t>(held->state.steps, plan.round.rounds) * plan.training.local_steps;
  const std::uint64_t tuning = fine_tuning_steps(steps);
  log.info("fine-tuning the shared model", {{"steps", tuning}});
  BAUTA_TRY(OwnModel personalised, trainer.fine_tune(shared, tuning));
  log.info("training alone", {{"steps", steps + tuning}});
  BAUTA_TRY(OwnModel local, trainer.train_alone(steps + tuning));

  BAUTA_TRY(const std::vector<Scored> shared_validation, trainer.score(shared, validation));
  BAUTA_TRY(const std::vector<Scored> local_validation, trainer.score(local.parameters, validation));
  BAUTA_TRY(const std::vector<Scored> personalised_validation, trainer.score(personalised.parameters, validation));
  const ServingChoice choice = choose_served(local_validation, shared_validation, personalised_validation,
                                             persons_of(validation), data.samples.training.size());
  ServingModel serving;
  serving.service = settings.name;
  serving.task = task_text(settings.task);
  serving.choice = choice;
  serving.plan_hash = held->plan_hash;
  serving.newest_shared = held->hash;
  serving.base_log_odds = trainer.base_log_odds();
  for (const Item& item : data.loaded.log.items) serving.items.push_back(item.id);
  if (choice.local_share > 0) serving.local = local.parameters;
  if (choice.local_share < 1)
    serving.federated =
        choice.model == ServedModel::shared ? trainer.with_neutral_parts(shared) : personalised.parameters;
  serving.calibration = Calibration::proven(
      served_scores(choice, local_validation, shared_validation, personalised_validation), persons_of(validation));
  BAUTA_RETURN_IF_ERROR(write_serving_model(settings.store.state_directory, serving));

  const std::vector<std::uint32_t> persons = persons_of(test);
  BAUTA_TRY(const std::vector<Scored> local_test, trainer.score(local.parameters, test));
  BAUTA_TRY(const std::vector<Scored> shared_test, trainer.score(shared, test));
  BAUTA_TRY(const std::vector<Scored> personalised_test, trainer.score(personalised.parameters, test));
  const std::vector<Scored> served_test = served_scores(choice, local_test, shared_test, personalised_test);
  std::vector<Scored> calibrated = served_test;
  for (Scored& one : calibrated) one.logit = serving.calibration.logit(one.logit);

  ordered_json report;
  report["name"] = settings.name;
  report["persons"] = data.loaded.log.persons.size();
  report["events"] = data.loaded.log.events.size();
  report["task"] = settings.task.kind == TaskKind::propensity ? "propensity" : "conversion";
  report["test_samples"] = test.size();
  report["test_positives"] = std::count_if(test.begin(), test.end(), [](const Sample& sample) { return sample.label; });
  const auto arm = [&](const std::string& name, const std::vector<Scored>& scored) {
    const TestResult result = test_result(scored, persons);
    report["auc_" + name] = optional_number(result.auc);
    report["auc_" + name + "_interval"] = interval_of(result.auc_interval);
    if (name == "local") return;
    const auto difference = test_difference(scored, local_test, persons);
    const std::string key = name == "served" ? "difference" : "difference_" + name;
    report[key] = difference ? ordered_json(difference->auc) : ordered_json();
    report[key + "_interval"] = difference ? interval_of(difference->interval) : ordered_json();
  };
  arm("local", local_test);
  arm("shared", shared_test);
  arm("personalised", personalised_test);
  arm("served", served_test);
  arm("recency", by_recency(data.loaded.log, test));
  report["served"] = {{"model", to_string(choice.model)},
                      {"local_share", choice.local_share},
                      {"validation_auc", optional_number(choice.auc)},
                      {"incumbent", to_string(choice.incumbent)},
                      {"above_incumbent", optional_number(choice.above_incumbent)},
                      {"needed", optional_number(choice.needed)},
                      {"calibration_error", optional_number(calibration_error(calibrated))},
                      {"calibration_error_before", optional_number(calibration_error(served_test))}};
  report["model_hash"] = to_hex(held->hash);
  report["rounds"] = held->state.steps;
  const LoadReport& rows = data.loaded.report;
  report["rows"] = {{"persons", rows_of(rows.persons)},
                    {"items", rows_of(rows.items)},
                    {"events", rows_of(rows.events)},
                    {"persons_without_consent", rows.persons_without_consent},
                    {"events_without_consent", rows.events_without_consent},
                    {"events_of_unlisted_persons", rows.events_of_unlisted_persons}};
  return report.dump(2) + "\n";
}

std::string evaluation_text(std::string_view text) {
  const auto report = ordered_json::parse(text);
  const auto number = [](const ordered_json& value, std::string_view form) {
    return value.is_number() ? fmt::format(fmt::runtime(form), value.get<double>()) : std::string("not measurable");
  };
  const auto interval = [&](const ordered_json& ends, std::string_view form) {
    return ends.is_array() ? " [" + number(ends[0], form) + ", " + number(ends[1], form) + "]" : std::string();
  };
  std::string table =
      fmt::format("on {} held-out test samples, {} of them positive: AUC [95 %], and its difference to local\n",
                  report["test_samples"].get<std::size_t>(), report["test_positives"].get<std::size_t>());
  const std::string served = report["served"]["model"].get<std::string>();
  for (const char* const arm : {"local", "shared", "personalised", "served", "recency"}) {
    const std::string name = std::string("auc_") + arm;
    const std::string difference = arm == std::string("served") ? "difference" : std::string("difference_") + arm;
    std::string line = fmt::format("  {:<22}{}{}",
                                   arm == std::string("served")    ? "served: " + served
                                   : arm == std::string("recency") ? "recency (no model)"
                                                                   : std::string(arm),
                                   number(report[name], "{:.3f}"), interval(report[name + "_interval"], "{:.3f}"));
    if (report.contains(difference))
      line += fmt::format("   {}{}", number(report[difference], "{:+.3f}"),
                          interval(report[difference + "_interval"], "{:+.3f}"));
    table += line + "\n";
  }
  return table;
}

}  // namespace bauta::client
