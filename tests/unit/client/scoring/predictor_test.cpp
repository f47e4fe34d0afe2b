#include "client/scoring/predictor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "client/scoring/demand_ranker.h"
#include "client/scoring/explanation.h"
#include "client/scoring/person_scores.h"
#include "client/scoring/recommendation.h"
#include "common/evaluation/metrics.h"
#include "tests/unit/client/training/made_service.h"

using namespace bauta;
using namespace bauta::client;

namespace {

/// Half of the persons like tea and buy; what they like is visible in the words of what they looked at.
struct Shop {
  MadeService service;
  BehaviourTrainer trainer;
  OwnModel model;

  explicit Shop(std::uint64_t steps = 0, std::size_t persons = 80)
      : service(made_propensity_service(persons, 1)), trainer(created(service)) {
    auto trained = trainer.train_alone(steps);
    REQUIRE(trained.ok());
    model = std::move(*trained);
  }
  static BehaviourTrainer created(const MadeService& service) {
    auto made = BehaviourTrainer::create(service.log, service.task, service.samples, small_plan());
    REQUIRE(made.ok());
    return std::move(*made);
  }
  Predictor predictor(double share = 1) {
    std::vector<float> other = trainer.with_neutral_parts(std::span(model.parameters).first(trainer.layout().size()));
    for (float& one : other) one *= 0.9F;
    return {service.log, service.task, trainer, {model.parameters, other, share}};
  }
};

double churn_of_future(const Shop& shop, const Sample& sample) {
  const auto events = shop.service.log.of(sample.person);
  return std::none_of(events.begin(), events.end(),
                      [&](const Event& event) {
                        return event.occurred_at > sample.cut &&
                               event.occurred_at <= sample.cut + shop.service.task.horizon;
                      })
             ? 1
             : 0;
}

}  // namespace

TEST_CASE("a mix is the mean of both models' log odds and of their next-item scores") {
  Shop shop;
  Predictor first = shop.predictor(1), second = shop.predictor(0), both = shop.predictor(0.25);
  const auto& samples = shop.service.samples.test;
  const auto a = first.vectors(samples), b = second.vectors(samples), mix = both.vectors(samples);
  const auto ia = first.item_vectors(), ib = second.item_vectors(), imix = both.item_vectors();
  REQUIRE((a.ok() && b.ok() && mix.ok() && ia.ok() && ib.ok() && imix.ok()));
  double apart = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto column = static_cast<Eigen::Index>(i);
    CHECK(mix->conversion[i] == doctest::Approx(0.25 * a->conversion[i] + 0.75 * b->conversion[i]));
    const float score_a = ia->vectors.col(3).dot(a->next_item.col(column)) + ia->biases(3);
    const float score_b = ib->vectors.col(3).dot(b->next_item.col(column)) + ib->biases(3);
    const float score = imix->vectors.col(3).dot(mix->next_item.col(column)) + imix->biases(3);
    CHECK(score == doctest::Approx(0.25F * score_a + 0.75F * score_b).epsilon(0.001));
    apart += std::abs(a->conversion[i] - b->conversion[i]);
  }
  CHECK(apart > 0.01);
}

TEST_CASE("what is served follows its items by their ids when the catalogue changes") {
  Shop shop;
  ServingModel serving;
  serving.choice.local_share = 1;
  serving.local = shop.model.parameters;
  for (const Item& item : shop.service.log.items) serving.items.push_back(item.id);
  const Tensor& bias = shop.trainer.full_layout().at("private.item.bias");
  for (std::size_t i = 0; i < serving.items.size(); ++i) serving.local[bias.offset + i] = static_cast<float>(i);
  EventLog changed = shop.service.log;
  std::reverse(changed.items.begin(), changed.items.end());
  changed.items.push_back({"new", "a new thing", "", "", {}});
  const ParameterLayout layout = shop.trainer.layout().with_private(static_cast<std::uint32_t>(changed.items.size()));
  const auto served = served_parameters(serving, layout, changed);
  REQUIRE(served.ok());
  const std::size_t first = layout.at("private.item.bias").offset;
  for (std::size_t i = 0; i + 1 < changed.items.size(); ++i)
    CHECK(served->local[first + i] == std::stof(changed.items[i].id));
  CHECK(served->local[first + changed.items.size() - 1] == 0);
  serving.items.pop_back();
  const auto misfit = served_parameters(serving, layout, changed);
  REQUIRE(!misfit.ok());
  CHECK(misfit.error().code == ErrorCode::conflict);
}

TEST_CASE("probabilities of persons are calibrated and in order, and one person alone gets the same") {
  Shop shop(150, 150);
  Predictor predictor = shop.predictor();
  ScoreQuestion question;
  question.now = shop.service.task.cut;
  const auto scores = score_persons(predictor, shop.service.samples, question);
  REQUIRE(scores.ok());
  CHECK(scores->quality.auc.value() > 0.7);
  CHECK(scores->quality.calibration_error.value() < 0.2);
  CHECK(std::is_sorted(scores->persons.begin(), scores->persons.end(),
                       [](const PersonScore& a, const PersonScore& b) { return a.score > b.score; }));
  question.only = scores->persons[5].person;
  const auto alone = score_persons(predictor, shop.service.samples, question);
  REQUIRE(alone.ok());
  REQUIRE(alone->persons.size() == 1);
  CHECK(alone->persons[0].score == doctest::Approx(scores->persons[5].score));
}

TEST_CASE("churn and value are judged by what happened after the cut and within the horizon") {
  Shop shop(30);
  Predictor predictor = shop.predictor();
  double value = 0;
  for (const Sample& sample : shop.service.samples.test) {
    CHECK(predictor.churned_after(sample) == (churn_of_future(shop, sample) > 0.5));
    value += predictor.value_after(sample);
  }
  CHECK(value > 0);
  ScoreQuestion question;
  question.now = shop.service.task.cut;
  question.task = ScoreTask::value;
  const auto amounts = score_persons(predictor, shop.service.samples, question);
  REQUIRE(amounts.ok());
  double predicted = 0;
  double actual = 0;
  for (const PersonScore& one : amounts->persons) {
    CHECK(one.score >= 0);
    predicted += one.score;
  }
  for (const Sample& sample : shop.service.samples.validation) actual += predictor.value_after(sample);
  CHECK(predicted > actual / 3);  // one week is like the one before
  CHECK(predicted < actual * 3);
  question.item = 3;
  question.task = ScoreTask::propensity;
  CHECK(!score_persons(predictor, shop.service.samples, question).ok());
}

TEST_CASE("events from now on change no score, no recommendation and no explanation") {
  Shop shop(10);
  EventLog log = shop.service.log;
  std::vector<Event> events(log.events.begin(), log.events.end());
  const UnixSeconds now = shop.service.task.cut;
  for (Event& event : events) {
    if (event.occurred_at < now) continue;
    event.item = 39 - (event.item == kNoItem ? 0 : event.item);
    event.type = EventType::purchase;
  }
  log.events = std::move(events);
  auto other_trainer = BehaviourTrainer::create(log, shop.service.task, shop.service.samples, small_plan());
  REQUIRE(other_trainer.ok());
  Predictor first = shop.predictor();
  Predictor second(log, shop.service.task, *other_trainer, {shop.model.parameters, {}, 1});
  const RecommendationSettings settings{.now = now, .top = 5, .new_only = true};
  const auto a = recommend(first, settings), b = recommend(second, settings);
  REQUIRE((a.ok() && b.ok()));
  REQUIRE(a->persons == b->persons);
  for (std::size_t p = 0; p < a->items.size(); ++p)
    for (std::size_t i = 0; i < a->items[p].size(); ++i) CHECK(a->items[p][i].item == b->items[p][i].item);
  CHECK(*first.conversion(first.persons_at(now), "") == *second.conversion(second.persons_at(now), ""));
  CHECK(first.attention(first.persons_at(now), {}).value() == second.attention(second.persons_at(now), {}).value());
}

TEST_CASE(
    "recommendations are the best of a plain product, without what was bought where only new ones are asked for") {
  Shop shop(20);
  Predictor predictor = shop.predictor(0.5);
  const RecommendationSettings settings{.now = shop.service.task.cut, .top = 4, .new_only = true};
  const auto made = recommend(predictor, settings);
  REQUIRE(made.ok());
  const auto samples = predictor.persons_at(settings.now);
  const auto vectors = predictor.vectors(samples);
  const auto items = predictor.item_vectors();
  REQUIRE((vectors.ok() && items.ok()));
  const EventLog& log = shop.service.log;
  std::vector<bool> known(log.items.size(), false);
  for (const Event& event : log.events)
    if (event.item != kNoItem && event.occurred_at < settings.now) known[event.item] = true;
  for (std::size_t p = 0; p < samples.size(); p += 7) {
    std::vector<bool> allowed = known;
    for (const Event& event : log.before(samples[p].person, settings.now))
      if (event.type == EventType::purchase) allowed[event.item] = false;
    const Eigen::VectorXf scores =
        items->vectors.transpose() * vectors->next_item.col(static_cast<Eigen::Index>(p)) + items->biases;
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < allowed.size(); ++i)
      if (allowed[i]) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return scores(static_cast<Eigen::Index>(a)) > scores(static_cast<Eigen::Index>(b));
    });
    REQUIRE(made->items[p].size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(made->items[p][i].score == doctest::Approx(scores(static_cast<Eigen::Index>(order[i]))).epsilon(1e-4));
  }
  CHECK(made->coverage > 0);
  CHECK(made->coverage <= 1);
}

TEST_CASE("of equal scores the lower number comes first, and popularity ranks share ties") {
  const std::vector<float> scores = {1, 3, 3, 2, 3};
  const auto best = best_items(scores, {false, false, true, false, false}, 3);
  REQUIRE(best.size() == 3);
  CHECK(best[0].item == 1);
  CHECK(best[1].item == 4);
  CHECK(best[2].item == 3);
  CHECK(best_items(scores, std::vector<bool>(5, true), 3).empty());
  const std::vector<std::uint32_t> counts = {0, 5, 5, 9};
  CHECK(popularity_ranks(counts) == std::vector<double>{0, 0.5, 0.5, 1});
}

TEST_CASE("an explanation names the newest events that the model reads, by weight") {
  Shop shop(20);
  Predictor predictor = shop.predictor();
  const auto weights = predictor.attention(shop.service.samples.test, {});
  const Sample& sample = shop.service.samples.test.front();
  const auto events = explain(predictor, sample.person, sample.cut, kNoItem, {}, 3);
  REQUIRE((weights.ok() && events.ok()));
  REQUIRE(events->size() == 3);
  const auto& own = weights->front();
  CHECK(events->front().weight == doctest::Approx(*std::max_element(own.begin(), own.end())));
  CHECK(events->front().share ==
        doctest::Approx(events->front().weight / std::accumulate(own.begin(), own.end(), 0.0)));
  for (const ExplainedEvent& one : *events) CHECK(one.event.occurred_at < sample.cut);
  CHECK(!explain(predictor, sample.person, kMadeStart, kNoItem, {}, 3).ok());
}

TEST_CASE("whoever looked at tea is ranked above the others for a demand for tea") {
  Shop shop(150, 150);
  Predictor predictor = shop.predictor();
  const auto sentence = parse_demand_sentence("customers likely to view tea within 7 days");
  REQUIRE(sentence.ok());
  const DemandItems items = match_items(shop.service.log, sentence->words);
  for (const int fitted_cuts : {3, 0}) {
    CAPTURE(fitted_cuts);
    DemandRanker ranker(predictor, {.fitted_cuts = fitted_cuts, .days_between = 7});
    const auto scores = ranker.scores(*sentence, items, shop.service.task.cut);
    REQUIRE(scores.ok());
    CHECK(ranker.weights().empty() == (fitted_cuts == 0));
    const auto samples = demand_samples(shop.service.log, *sentence, items, shop.service.task.cut);
    REQUIRE(samples.ok());
    std::vector<Scored> scored;
    for (const Sample& sample : *samples) scored.push_back({scores->of_person[sample.person], sample.label});
    CHECK(scores->comparable == (fitted_cuts > 0));
    CHECK(auc(scored).value() > 0.9);
  }
}

TEST_CASE("events from the cut on change no rank of a demand") {
  Shop shop(20);
  const auto sentence = parse_demand_sentence("customers likely to view tea within 7 days");
  REQUIRE(sentence.ok());
  const UnixSeconds cut = shop.service.task.cut;
  EventLog log = shop.service.log;
  std::vector<Event> events(log.events.begin(), log.events.end());
  for (Event& event : events)
    if (event.occurred_at >= cut && event.item != kNoItem) event.item = 39 - event.item;
  log.events = std::move(events);
  auto other_trainer = BehaviourTrainer::create(log, shop.service.task, shop.service.samples, small_plan());
  REQUIRE(other_trainer.ok());
  Predictor first = shop.predictor();
  Predictor second(log, shop.service.task, *other_trainer, {shop.model.parameters, {}, 1});
  const DemandItems items = match_items(log, sentence->words);
  DemandRanker one(first, {.fitted_cuts = 3, .days_between = 7});
  DemandRanker other(second, {.fitted_cuts = 3, .days_between = 7, .keep_vectors = true});
  CHECK(one.scores(*sentence, items, cut)->of_person == other.scores(*sentence, items, cut)->of_person);
}
