#include "client/training/serving_choice.h"

#include <doctest/doctest.h>

#include <numeric>

#include "common/base/counter_random.h"

using namespace bauta;
using namespace bauta::client;

namespace {

constexpr std::size_t kMany = 100'000;  // training samples

/// Labels with an even chance, and scores that know them up to noise.
struct Service {
  explicit Service(std::size_t samples) : random(5, "service") {
    for (std::size_t i = 0; i < samples; ++i) labels.push_back(random.below(2) == 0);
    persons.resize(samples);
    std::iota(persons.begin(), persons.end(), 0U);
  }
  std::vector<Scored> scores(double signal) {
    std::vector<Scored> scored;
    for (const bool label : labels) scored.push_back({(label ? signal : 0) + 2 * random.unit(), label});
    return scored;
  }
  CounterRandom random;
  std::vector<bool> labels;
  std::vector<std::uint32_t> persons;
};

}  // namespace

TEST_CASE("a clearly better model is served") {
  Service service(600);
  const auto local = service.scores(0.2);
  const auto better = service.scores(1.5);
  const auto worse = service.scores(0.1);
  const ServingChoice choice = choose_served(local, better, worse, service.persons, kMany);
  CHECK(choice.model == ServedModel::shared);
  CHECK(choice.local_share == 0);
  CHECK(*choice.above_incumbent > *choice.needed);
  CHECK(choose_served(local, worse, better, service.persons, kMany).local_share < 0.5);
}

TEST_CASE("a model that is no better than chance allows does not replace the local one") {
  Service service(60);
  const auto local = service.scores(0.5);
  const ServingChoice choice = choose_served(local, service.scores(0), service.scores(0), service.persons, kMany);
  CHECK(choice.model == ServedModel::local);
  CHECK(choice.local_share == 1);
}

TEST_CASE("two models that err on different samples are mixed") {
  Service service(900);
  const ServingChoice choice =
      choose_served(service.scores(0.8), service.scores(0.0), service.scores(0.8), service.persons, kMany);
  CHECK(choice.model == ServedModel::mix);
  CHECK(choice.local_share > 0);
  CHECK(choice.local_share < 1);
}

TEST_CASE("without a local model the better of the others is served, without labels the shared one") {
  Service service(300);
  const auto shared = service.scores(0.3);
  const auto personalised = service.scores(1.0);
  CHECK(choose_served({}, shared, personalised, service.persons, kMany).model == ServedModel::personalised);
  CHECK(choose_served({}, {}, {}, {}, kMany).model == ServedModel::shared);
  std::vector<Scored> one_class = shared;
  for (Scored& one : one_class) one.label = true;
  CHECK(choose_served(one_class, one_class, one_class, service.persons, kMany).model == ServedModel::local);
}

TEST_CASE("a newcomer serves the shared model until something is better by two standard errors") {
  Service service(400);
  const auto shared = service.scores(0.5);
  int established_leaves = 0, newcomer_leaves = 0;
  for (double signal = 0; signal < 2; signal += 0.05) {
    const auto personalised = mixed(service.scores(signal), shared, 0.1);
    const auto chosen = [&](std::size_t training_samples) {
      return choose_served(shared, shared, personalised, service.persons, training_samples);
    };
    const ServingChoice established = chosen(kNewcomerSamples);
    const ServingChoice newcomer = chosen(kNewcomerSamples - 1);
    CHECK(established.incumbent == ServedModel::local);
    CHECK(newcomer.incumbent == ServedModel::shared);
    CHECK(*newcomer.needed == doctest::Approx(2 * *established.needed));
    if (established.model != ServedModel::local) ++established_leaves;
    if (newcomer.model != ServedModel::shared) ++newcomer_leaves;
  }
  CHECK(established_leaves > newcomer_leaves);
  CHECK(newcomer_leaves > 0);
  CHECK(choose_served({}, shared, service.scores(2), service.persons, 10).model == ServedModel::personalised);
}

TEST_CASE("with few samples of a class the incumbent stays however much better another looks") {
  const auto chosen = [](std::size_t positives) {
    Service service(400);
    for (std::size_t i = 0; i < service.labels.size(); ++i) service.labels[i] = i < positives;
    const auto bad = service.scores(0);
    const auto perfect = service.scores(100);
    CHECK(choose_served(bad, perfect, perfect, service.persons, 10).model == ServedModel::shared);
    CHECK(choose_served(bad, bad, perfect, service.persons, 10).incumbent == ServedModel::shared);
    return choose_served(bad, bad, perfect, service.persons, kMany).model;
  };
  CHECK(chosen(kFewestOfAClass) == ServedModel::personalised);
  CHECK(chosen(kFewestOfAClass - 1) == ServedModel::local);
  CHECK(chosen(400 - kFewestOfAClass) == ServedModel::personalised);
  CHECK(chosen(401 - kFewestOfAClass) == ServedModel::local);
}

TEST_CASE("a mix is the mean of logits by its share") {
  const std::vector<Scored> first = {{2, true}};
  const std::vector<Scored> second = {{-2, true}};
  CHECK(mixed(first, second, 0.75)[0].logit == 1);
  CHECK(mixed(first, {}, 1)[0].logit == 2);
  CHECK(mixed({}, second, 0)[0].logit == -2);
}
