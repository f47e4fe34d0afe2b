#include "tests/bench/experiments/purchase_heads.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "client/scoring/person_scores.h"
#include "client/training/behaviour_trainer.h"
#include "common/base/counter_random.h"
#include "tests/bench/experiments/federation.h"
#include "tests/bench/experiments/purchase_cuts.h"
#include "tests/bench/must.h"

namespace bauta::experiment {
namespace {

using bench::ExperimentService;
using bench::must;
using client::UnixSeconds;

constexpr UnixSeconds kDay = 86400;
constexpr UnixSeconds kHorizon = kLabelDays * kDay;
constexpr double kValidationShare = 0.2;
/// Both sets of data begin on a Wednesday, and so does the first week that is counted from here.
constexpr UnixSeconds kFirstDay = 6 * kDay;

/// Midnight, where cuts fall; purchases fall on noon.
UnixSeconds beginning_of(long day) { return kFirstDay + day * kDay; }

client::EventLog log_of(const Histories& histories) {
  std::vector<const CustomerHistory*> persons;
  for (const CustomerHistory& one : histories) persons.push_back(&one);
  std::sort(persons.begin(), persons.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  client::EventLog log;
  std::vector<client::Event> events;
  for (const CustomerHistory* one : persons) {
    log.persons.push_back(one->id);
    log.first_event.push_back(events.size());
    for (const Purchase& purchase : one->purchases) {
      client::Event event;
      event.occurred_at = beginning_of(std::lround(purchase.time * 7)) + kDay / 2;
      event.amount = static_cast<float>(purchase.amount);
      event.type = client::EventType::purchase;
      events.push_back(event);
    }
  }
  log.first_event.push_back(events.size());
  log.events = std::move(events);
  log.items = {client::Item{}};  // the model wants one; no event names it
  log.channels = {""};
  return log;
}

/// The product cuts training and validation apart by time. Here that would leave no training cut after the first
/// quarter, in which CDNOW's customers are all new, so persons are cut apart instead.
client::SampleSets samples_of(const client::EventLog& log, long cut, std::uint64_t seed) {
  client::SampleSets samples;
  for (int k = kInnerCuts; k-- > 0;) {
    const UnixSeconds at = beginning_of(inner_cut_day(cut, k));
    for (std::uint32_t person = 0; person < log.persons.size(); ++person) {
      if (log.before(person, at).empty()) continue;
      const bool held = CounterRandom(seed, "validation of " + log.persons[person]).unit() < kValidationShare;
      const bool buys = !log.after(person, at, at + kHorizon).empty();
      (held ? samples.validation : samples.training).push_back({person, client::kNoItem, at, buys});
    }
  }
  return samples;
}

ExperimentService service_of(const Histories& histories, std::size_t number, std::uint64_t seed) {
  ExperimentService service;
  service.name = "shop " + std::to_string(number + 1);
  service.log = log_of(histories);
  service.task.horizon = kHorizon;
  service.task.cut = beginning_of(cut_day(histories));
  service.samples = samples_of(service.log, cut_day(histories), seed);
  return service;
}

using PredictionOf = std::map<std::string, Prediction>;

/// As `bauta-client score` does it: calibrated on the validation samples.
void predict(const ExperimentService& service, client::BehaviourTrainer& trainer, std::vector<float> parameters,
             PredictionOf& out) {
  client::Predictor predictor(service.log, service.task, trainer, {std::move(parameters), {}, 1});
  const auto scores = [&](client::ScoreTask task) {
    return must(client::score_persons(predictor, service.samples, {task, service.task.cut, client::kNoItem, {}, {}}));
  };
  for (const client::PersonScore& one : scores(client::ScoreTask::churn).persons)
    out[service.log.persons[one.person]].log_odds = std::log1p(-one.score) - std::log(one.score);
  for (const client::PersonScore& one : scores(client::ScoreTask::value).persons)
    out[service.log.persons[one.person]].value = one.score;
}

/// The churn head's answers, not yet calibrated.
std::vector<Scored> validation_scores(const ExperimentService& service, client::BehaviourTrainer& trainer,
                                      const std::vector<float>& parameters) {
  client::Predictor predictor(service.log, service.task, trainer, {parameters, {}, 1});
  const std::vector<double> odds = must(predictor.churn(service.samples.validation, nullptr));
  std::vector<Scored> scored;
  for (std::size_t i = 0; i < odds.size(); ++i) scored.push_back({odds[i], !service.samples.validation[i].label});
  return scored;
}

/// The round whose personalised models lose least, over the validation samples of all shops together.
struct BestRound {
  std::uint32_t round = 0;
  double loss = std::numeric_limits<double>::infinity();
  std::vector<std::vector<float>> parameters;  ///< a vector a shop
};

BestRound train_rounds(std::span<const ExperimentService> services, const Plan& plan, bench::Federation& federation) {
  BestRound best;
  while (federation.rounds() < plan.round.rounds) {
    federation.round();
    std::vector<std::vector<float>> parameters;
    std::vector<Scored> scored;
    for (std::size_t i = 0; i < services.size(); ++i) {
      parameters.push_back(federation.trainer(i).personalised(federation.shared()));
      const auto some = validation_scores(services[i], federation.trainer(i), parameters.back());
      scored.insert(scored.end(), some.begin(), some.end());
    }
    const double loss = log_loss(scored).value_or(std::numeric_limits<double>::infinity());
    if (loss < best.loss) best = {static_cast<std::uint32_t>(federation.rounds()), loss, std::move(parameters)};
  }
  return best;
}

/// Services and their federation, which refers to them.
struct Training {
  Training(std::span<const Histories> partners, Plan plan_as_given, std::uint64_t seed)
      : plan(std::move(plan_as_given)) {
    plan.model.seed = seed;
    for (const Histories& histories : partners) services.push_back(service_of(histories, services.size(), seed));
    bench::FederationOptions options;
    options.threads = 1;
    // One shop's own training is cut into the same pieces, but what it has learned in one is taken as it is.
    options.plain_averaging = services.size() == 1;
    if (services.size() == 1) plan.update.clip = kNoClip;
    federation = std::make_unique<bench::Federation>(services, plan, options);
    best = train_rounds(services, plan, *federation);
  }

  static constexpr double kNoClip = 1e9;

  Plan plan;
  std::vector<ExperimentService> services;
  std::unique_ptr<bench::Federation> federation;
  BestRound best;
};

}  // namespace

Scorer behaviour_heads(const Plan& plan) {
  const auto train = [plan](std::span<const Histories> partners, double, std::uint64_t seed) -> Predictor {
    Training trained(partners, plan, seed);
    const auto predictions = std::make_shared<PredictionOf>();
    for (std::size_t i = 0; i < partners.size(); ++i)
      predict(trained.services[i], trained.federation->trainer(i), trained.best.parameters[i], *predictions);
    return [predictions](const CustomerHistory& customer) { return predictions->at(customer.id); };
  };
  return {"heads", true, train, kLabelReach};
}

HeadsValidation validate_heads(std::span<const Histories> partners, const Plan& plan, std::uint64_t seed) {
  const Training trained(partners, plan, seed);
  std::size_t samples = 0;
  for (const ExperimentService& service : trained.services) samples += service.samples.validation.size();
  return {trained.best.loss, trained.best.round, samples};
}

}  // namespace bauta::experiment
