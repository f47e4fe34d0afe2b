#include "client/commands/served_service.h"

#include <algorithm>

#include "client/agent/model_shelf.h"
#include "client/scoring/serving_model.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/model/model_file.h"

namespace bauta::client {
namespace {

Error no_model(const std::filesystem::path& state) {
  return {ErrorCode::not_found, state.string() +
                                    " holds no model yet: take part in a round (`bauta-client run`); "
                                    "`bauta-client evaluate` then chooses what is served"};
}

/// Which model is asked, and how it is to be read.
struct Source {
  Plan plan;
  std::optional<ServingModel> chosen;
  std::optional<HeldModel> shared;  // always there where nothing was chosen
};

Result<Source> from_state(const ClientSettings& settings) {
  const std::filesystem::path& state = settings.store.state_directory;
  std::error_code error;
  if (!std::filesystem::is_directory(state, error)) return no_model(state);
  BAUTA_TRY(const ModelShelf shelf, ModelShelf::open(state));
  Source source;
  source.shared = shelf.current();
  BAUTA_TRY(source.chosen, read_serving_model(state));
  if (!source.chosen && (!source.shared || source.shared->state.steps == 0)) return no_model(state);
  BAUTA_TRY(source.plan, shelf.plan_of_model(source.chosen ? source.chosen->plan_hash : source.shared->plan_hash));
  return source;
}

Result<Source> from_files(const GivenModel& given) {
  BAUTA_TRY(const Bytes bytes, read_file(given.model, kMaxModelBytes));
  auto model = read_model(bytes);
  if (!model.ok()) return with_context(given.model, model.error());
  BAUTA_TRY(const std::string text, read_text_file(given.plan, kMaxPlanBytes));
  if (plan_hash(text) != model->plan_hash) {
    return Error{ErrorCode::wrong_context, given.plan + ": its SHA-256 is " + to_hex(plan_hash(text)) + ", but " +
                                               given.model + " was made by the plan " + to_hex(model->plan_hash)};
  }
  Source source;
  source.shared = *std::move(model);
  auto plan = parse_plan(text);
  if (!plan.ok()) return with_context(given.plan, plan.error());
  source.plan = *std::move(plan);
  BAUTA_TRY(const ModelFile file, decode_model(bytes));
  BAUTA_TRY(const ParameterLayout layout, ParameterLayout::create(source.plan.model));
  if (const Status fits = check_layout(file, layout); !fits.ok()) return with_context(given.model, fits.error());
  return source;
}

}  // namespace

Result<std::unique_ptr<ServedService>> ServedService::open(const ClientSettings& settings, const GivenModel& given,
                                                           const Logger& log, OnProgress on_progress) {
  if (given.model.empty() != given.plan.empty())
    return Error{ErrorCode::invalid_argument,
                 "--model and --plan go together: a model is read by the plan it was made by"};
  BAUTA_TRY(const Source source, given.model.empty() ? from_state(settings) : from_files(given));
  BAUTA_TRY(ServiceData data, load_service_data(settings, log, Samples::where_they_can_be_cut));
  std::unique_ptr<ServedService> service(new ServedService(settings, std::move(data)));
  service->find_now(std::chrono::floor<std::chrono::seconds>(SystemClock().wall()).time_since_epoch().count(), log);
  ClientSettings without_state = settings;  // private parts are the daemon's; what is served holds its own
  without_state.store.state_directory.clear();
  const auto& chosen = source.chosen;
  if (chosen && (chosen->service != settings.name || chosen->task != task_text(settings.task))) {
    return Error{ErrorCode::wrong_context, "what is served was chosen for " + chosen->service + " and the question \"" +
                                               chosen->task + "\", not for " + settings.name + " and \"" +
                                               task_text(settings.task) + "\"; run `bauta-client evaluate` again"};
  }
  BAUTA_TRY(BehaviourTrainer trainer, make_trainer(
                                          without_state, service->data_, source.plan, [] { return false; },
                                          chosen ? std::optional(chosen->base_log_odds) : std::nullopt));
  service->trainer_ = std::make_unique<BehaviourTrainer>(std::move(trainer));

  ServedParameters parameters;
  if (chosen) {
    BAUTA_TRY(parameters, served_parameters(*chosen, service->trainer_->full_layout(), service->log()));
    service->model_ = to_string(chosen->choice.model);
    service->calibration_ = chosen->calibration;
    if (source.shared && source.shared->hash != chosen->newest_shared)
      log.info("what is served is older than the shared model", {{"mend", "bauta-client evaluate"}});
  } else {
    if (source.shared->state.parameters.size() != service->trainer_->layout().size())
      return Error{ErrorCode::malformed, "the shared model has not the shape that its plan says"};
    parameters.federated = service->trainer_->with_neutral_parts(source.shared->state.parameters);
    service->model_ = "shared, not chosen yet";
    log.warning(
        "the shared model is used as it is: no choice has been made on your own data",
        {{"model", to_hex(source.shared->hash)},
         {"mend", given.model.empty() ? "bauta-client evaluate" : "take part in rounds, then bauta-client evaluate"}});
  }
  service->predictor_ = std::make_unique<Predictor>(service->log(), service->task_, *service->trainer_,
                                                    std::move(parameters), std::move(on_progress));
  return service;
}

void ServedService::find_now(UnixSeconds today, const Logger& log) {
  const auto& events = data_.loaded.log.events;
  const UnixSeconds last = data_.loaded.log.last_time().value_or(0);
  // Events carry the service's own wall clock, up to 14 hours ahead of UTC.
  today += 86400;
  now_ = std::min(last, today) + 1;
  if (last <= today) return;
  const auto later = std::count_if(events.begin(), events.end(), [&](const Event& e) { return e.occurred_at > today; });
  log.warning("events lie in the future: histories end tomorrow, and --at asks about another time",
              {{"events", later}, {"last", format_time(last)}});
}

Result<UnixSeconds> ServedService::now(std::string_view at) const {
  if (at.empty()) return now_;
  auto time = parse_time(at);
  if (!time) time = parse_date(at);
  if (!time) {
    return Error{ErrorCode::invalid_argument,
                 "--at " + std::string(at) + ": YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ is needed"};
  }
  return *time;
}

Result<std::uint32_t> ServedService::person(std::string_view id) const {
  const auto& persons = log().persons;
  const auto at = std::lower_bound(persons.begin(), persons.end(), id);
  if (at == persons.end() || *at != id) {
    return Error{ErrorCode::not_found, "no consenting person with an event has the id " + std::string(id)};
  }
  return static_cast<std::uint32_t>(at - persons.begin());
}

Result<std::uint32_t> ServedService::item(std::string_view id) const {
  const auto& items = log().items;
  const auto at = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.id == id; });
  if (at == items.end()) return Error{ErrorCode::not_found, "no item with an event has the id " + std::string(id)};
  return static_cast<std::uint32_t>(at - items.begin());
}

std::string_view text_of(const Item& item) { return item.title.empty() ? item.category : item.title; }

}  // namespace bauta::client
