#include "common/evaluation/bootstrap.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "common/base/counter_random.h"

using namespace bauta;

namespace {

struct Drawn {
  std::vector<Scored> good;  // separates by 1
  std::vector<Scored> useless;
  std::vector<std::uint32_t> persons;
};

Drawn draw(std::size_t count, std::uint64_t seed, std::uint32_t samples_per_person) {
  CounterRandom random(seed, "drawn");
  Drawn drawn;
  for (std::size_t i = 0; i < count; ++i) {
    const bool label = random.below(2) == 0;
    drawn.good.push_back({random.unit() * 2 + (label ? 1 : 0), label});
    drawn.useless.push_back({random.unit(), label});
    drawn.persons.push_back(static_cast<std::uint32_t>(i) / samples_per_person * 7);
  }
  return drawn;
}

}  // namespace

TEST_CASE("about 95 of 100 intervals cover the true AUC") {
  // P(U(1,3) > U(0,2)) = 1 - 1/8
  int covered = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Drawn drawn = draw(200, seed, 1);
    const auto interval = bootstrap_auc(drawn.good, drawn.persons, {400, 0.95, seed});
    REQUIRE(interval);
    covered += interval->low <= 0.875 && 0.875 <= interval->high ? 1 : 0;
  }
  CHECK(covered >= 87);
  CHECK(covered <= 100);
}

TEST_CASE("samples that repeat a person widen the interval") {
  Drawn drawn = draw(300, 5, 1);
  const auto single = bootstrap_auc(drawn.good, drawn.persons);
  Drawn repeated;
  for (std::size_t i = 0; i < drawn.good.size(); ++i) {
    for (int copy = 0; copy < 4; ++copy) {
      repeated.good.push_back(drawn.good[i]);
      repeated.persons.push_back(drawn.persons[i]);
    }
  }
  const auto clustered = bootstrap_auc(repeated.good, repeated.persons);
  std::vector<std::uint32_t> pretended(repeated.good.size());
  std::iota(pretended.begin(), pretended.end(), 0U);
  const auto pretended_apart = bootstrap_auc(repeated.good, pretended);
  REQUIRE((single && clustered && pretended_apart));
  const auto length = [](const Interval& i) { return i.high - i.low; };
  CHECK(length(*clustered) == doctest::Approx(length(*single)).epsilon(0.15));
  CHECK(length(*pretended_apart) < 0.65 * length(*clustered));
}

TEST_CASE("the same seed gives the same interval, another seed another") {
  const Drawn drawn = draw(200, 3, 2);
  const auto a = bootstrap_auc(drawn.good, drawn.persons, {300, 0.95, 1});
  const auto b = bootstrap_auc(drawn.good, drawn.persons, {300, 0.95, 1});
  const auto c = bootstrap_auc(drawn.good, drawn.persons, {300, 0.95, 2});
  CHECK(a->low == b->low);
  CHECK(a->high == b->high);
  CHECK(a->low != c->low);
}

TEST_CASE("the paired difference is exactly zero between equal scores and clear between unequal ones") {
  const Drawn drawn = draw(400, 4, 2);
  const auto none = bootstrap_auc_difference(drawn.good, drawn.good, drawn.persons);
  CHECK(none->low == 0);
  CHECK(none->high == 0);
  const auto clear = bootstrap_auc_difference(drawn.good, drawn.useless, drawn.persons);
  CHECK(clear->low > 0.2);
  CHECK(clear->high < 0.55);
}

TEST_CASE("there is no interval where there is no AUC") {
  const std::vector<Scored> one_class = {{1, true}, {2, true}};
  const std::vector<std::uint32_t> persons = {0, 1};
  CHECK_FALSE(bootstrap_auc(one_class, persons));
  CHECK_FALSE(bootstrap_auc({}, {}));
}

namespace {

std::vector<Valued> draw_values(std::size_t count, double noise, std::uint64_t seed) {
  CounterRandom random(seed, "values");
  std::vector<Valued> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double actual = random.unit() < 0.5 ? 0 : random.unit();
    values.push_back({actual + noise * random.unit(), actual});
  }
  return values;
}

std::vector<std::uint32_t> own_person_each(std::size_t count) {
  std::vector<std::uint32_t> persons(count);
  std::iota(persons.begin(), persons.end(), 0U);
  return persons;
}

}  // namespace

TEST_CASE("the interval of the Gini holds the Gini, and its paired difference knows equal from unequal predictions") {
  const auto good = draw_values(400, 0.1, 1);
  const auto poor = draw_values(400, 5, 1);
  const auto persons = own_person_each(400);
  const auto interval = bootstrap_gini(poor, persons);
  REQUIRE(interval);
  CHECK(interval->low < *normalised_gini(poor));
  CHECK(*normalised_gini(poor) < interval->high);
  CHECK(interval->high - interval->low > 0.02);
  const auto none = bootstrap_gini_difference(good, good, persons);
  CHECK(none->low == 0);
  CHECK(none->high == 0);
  const auto clear = bootstrap_gini_difference(good, poor, persons);
  CHECK(clear->low > 0.2);
  CHECK(clear->low < *normalised_gini(good) - *normalised_gini(poor));
  CHECK(clear->high > *normalised_gini(good) - *normalised_gini(poor));
  const std::vector<Valued> equal = {{1, 3}, {2, 3}};
  CHECK_FALSE(bootstrap_gini(equal, own_person_each(2)));
}

TEST_CASE("the interval of a mean is about two standard errors to either side, and needs finite values") {
  CounterRandom random(2, "mean");
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) values.push_back(random.unit());
  const auto interval = bootstrap_mean(values, own_person_each(values.size()));
  REQUIRE(interval);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 2000;
  const double error = 0.288675 / 44.7214;
  CHECK(interval->low == doctest::Approx(mean - 1.96 * error).epsilon(0.003));
  CHECK(interval->high == doctest::Approx(mean + 1.96 * error).epsilon(0.003));
  CHECK_FALSE(bootstrap_mean({}, {}));
  values[7] = std::numeric_limits<double>::infinity();
  CHECK_FALSE(bootstrap_mean(values, own_person_each(values.size())));
}

TEST_CASE("the mean over questions has the interval of its one question and a narrower one for several") {
  const Drawn drawn = draw(300, 11, 1);
  const BootstrapSettings settings{400, 0.95, 3};
  const ScoredQuestion good{drawn.good, drawn.persons};
  const std::vector<ScoredQuestion> one = {good};
  const auto direct = bootstrap_auc(drawn.good, drawn.persons, settings);
  const auto single = percentile_interval(bootstrap_means(one, {}, settings));
  REQUIRE((direct && single));
  CHECK(single->low == direct->low);
  CHECK(single->high == direct->high);
  std::vector<Drawn> many;
  for (std::uint64_t seed = 0; seed < 9; ++seed) many.push_back(draw(300, 100 + seed, 1));
  std::vector<ScoredQuestion> questions;
  for (const Drawn& d : many) questions.push_back({d.good, d.persons});
  const auto mean = percentile_interval(bootstrap_means(questions, {}, settings));
  CHECK(mean->high - mean->low < 0.6 * (direct->high - direct->low));
  CHECK(mean->low < *mean_over_questions(questions, {}));
  CHECK(mean->high > *mean_over_questions(questions, {}));
}

TEST_CASE("bootstrapped lift surrounds the lift and is 1 throughout for equal scores") {
  const Drawn drawn = draw(600, 12, 2);
  const Measure tenth{Measure::Kind::lift, 0.1};
  const std::vector<ScoredQuestion> good = {{drawn.good, drawn.persons}};
  const auto interval = percentile_interval(bootstrap_means(good, tenth, {300, 0.95, 1}));
  REQUIRE(interval);
  CHECK(interval->low <= *lift(drawn.good, 0.1));
  CHECK(interval->high >= *lift(drawn.good, 0.1));
  CHECK(interval->low > 1.5);
  std::vector<Scored> equal = drawn.good;
  for (Scored& sample : equal) sample.logit = 0;
  const std::vector<ScoredQuestion> blind = {{equal, drawn.persons}};
  for (const double value : bootstrap_means(blind, tenth, {50, 0.95, 1})) CHECK(value == doctest::Approx(1));
}

TEST_CASE("a question with a NaN or a single class is left out of the mean and of its replicates") {
  const Drawn drawn = draw(100, 13, 1);
  std::vector<Scored> broken = drawn.good;
  broken[5].logit = std::nan("");
  std::vector<Scored> one_class = drawn.good;
  for (Scored& sample : one_class) sample.label = false;
  const std::vector<ScoredQuestion> all = {
      {drawn.good, drawn.persons}, {broken, drawn.persons}, {one_class, drawn.persons}};
  const std::vector<ScoredQuestion> sound = {{drawn.good, drawn.persons}};
  for (const Measure measure : {Measure{}, Measure{Measure::Kind::lift, 0.1}}) {
    CHECK(mean_over_questions(all, measure) == mean_over_questions(sound, measure));
    CHECK(bootstrap_means(all, measure, {20, 0.95, 1}) == bootstrap_means(sound, measure, {20, 0.95, 1}));
  }
  CHECK(bootstrap_means(std::span(all).subspan(1), {}, {20, 0.95, 1}).empty());
}
