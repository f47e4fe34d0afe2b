#include "common/model/layers/losses.h"

#include <doctest/doctest.h>

#include <vector>

#include "common/model/layers/info_nce.h"
#include "common/model/layers/sampled_softmax.h"
#include "gradient_check.h"

using namespace bauta;
using namespace bauta::gradient_check;

namespace {

using Index = Eigen::Index;

Columns<double> zeros_like(const Columns<double>& columns) {
  Columns<double> zeros;
  zeros.resize_zero(columns.rows(), columns.count());
  return zeros;
}

/// Checks a loss of the form loss(raw) that replaces raw by weight · gradient.
template <class Loss>
void check_raw(const std::string& name, std::vector<double> raw, Loss loss) {
  std::vector<double> gradient = raw;
  loss(std::span<double>(gradient));
  check_against_differences(name, raw, gradient, [&] {
    std::vector<double> copy = raw;
    return loss(std::span<double>(copy));
  });
}

}  // namespace

TEST_CASE("the logistic gradient equals finite differences and both stay finite far out") {
  for (const bool label : {false, true}) {
    for (const double logit : {-30.0, -2.0, -1e-3, 0.5, 4.0, 25.0}) {
      const double step = 1e-5;
      const double numeric = (logistic_loss(logit + step, label) - logistic_loss(logit - step, label)) / (2 * step);
      CHECK(logistic_gradient(logit, label) == doctest::Approx(numeric).epsilon(1e-6));
    }
  }
  CHECK(logistic_loss(1e30F, false) == 1e30F);
  CHECK(logistic_gradient(-1e30F, false) == 0.0F);
  CHECK(logistic_gradient(1e30F, false) == 1.0F);
}

TEST_CASE("the gradients of classes, hazards and the zero-inflated log-normal equal finite differences") {
  check_raw("classes", {0.3, -1.2, 2.0, 0.1, -0.4}, [](std::span<double> raw) { return class_loss(raw, 2, 0.7); });
  for (const bool seen : {false, true})
    check_raw("hazard", {0.3, -1.2, 2.0, 0.1},
              [seen](std::span<double> raw) { return hazard_loss(raw, 2, seen, 0.7); });
  for (const double value : {0.0, 0.2, 35.0})
    check_raw("value", {0.3, 1.2, -0.4},
              [value](std::span<double> raw) { return Ziln<double>::loss(raw.first<3>(), value, 0.7); });
}

TEST_CASE("a hazard learns nothing from what came after the event or the end of what is known") {
  std::vector<double> censored = {0.3, -1.2, 2.0, 0.1};
  hazard_loss(std::span(censored), 2, false, 1.0);
  CHECK(censored[1] > 0);
  CHECK(censored[2] == 0);
  CHECK(censored[3] == 0);
  std::vector<double> seen = {0.3, -1.2, 2.0, 0.1};
  hazard_loss(std::span(seen), 2, true, 1.0);
  CHECK(seen[2] < 0);
  CHECK(seen[3] == 0);
}

TEST_CASE("the zero-inflated log-normal is the density it claims, and wild outputs stay finite") {
  std::vector<double> raw = {0.4, 1.1, std::log(0.6)};
  double mean = 0;
  double mass = 0;
  const double step = 0.001;
  for (double log_value = -5; log_value < 8; log_value += step) {
    std::vector<double> copy = raw;
    const double value = std::exp(log_value);
    const double density = std::exp(-Ziln<double>::loss(std::span(copy).first<3>(), value, 1.0));
    mass += density * value * step;
    mean += density * value * value * step;
  }
  CHECK(mass == doctest::Approx(sigmoid(0.4)).epsilon(1e-6));
  CHECK(Ziln<double>::mean(std::span<const double>(raw).first<3>()) == doctest::Approx(mean).epsilon(1e-4));
  std::vector<float> wild = {1e20F, 1e20F, 1e20F};
  CHECK(std::isfinite(Ziln<float>::mean(std::span<const float>(wild).first<3>())));
}

TEST_CASE("the sampled softmax's gradients equal finite differences, also where a candidate is the positive") {
  CounterRandom random(12, "sampled");
  Columns<double> items = random_columns(8, 9, random);
  Columns<double> queries = random_columns(8, 70, random);  // more than one tile
  std::vector<double> bias(9);
  fill_random(bias, random);
  const std::vector<double> log_q = {-0.5, 0.0, -1.5, -0.1, -2.0};
  std::vector<std::uint32_t> positives;
  for (int i = 0; i < 70; ++i) positives.push_back(static_cast<std::uint32_t>(random.below(9)));
  const auto loss = [&] {
    Columns<double> a = zeros_like(queries);
    Columns<double> b = zeros_like(items);
    std::vector<double> c(bias.size());
    return SampledSoftmax<double>().forward_backward(queries, positives, items, bias.data(), log_q, 0.3, a, b,
                                                     c.data());
  };
  Columns<double> query_gradient = zeros_like(queries);
  Columns<double> item_gradient = zeros_like(items);
  std::vector<double> bias_gradient(bias.size());
  SampledSoftmax<double>().forward_backward(queries, positives, items, bias.data(), log_q, 0.3, query_gradient,
                                            item_gradient, bias_gradient.data());
  check_against_differences("queries", elements(queries), elements(query_gradient), loss);
  check_against_differences("items", elements(items), elements(item_gradient), loss);
  check_against_differences("bias", bias, bias_gradient, loss);
}

TEST_CASE("with every item as a candidate the sampled softmax is the full one, and sampling estimates its sum") {
  CounterRandom random(13, "full");
  constexpr std::size_t kItems = 40;
  Columns<double> items = random_columns(8, kItems, random);
  Columns<double> query = random_columns(8, 1, random);
  const std::vector<double> bias(kItems, 0.0);
  const std::uint32_t positive = 33;
  double total = 0;
  for (Index i = 0; i < Index{kItems}; ++i) total += std::exp(lanes::dot(items.column(i), query.column(0), 8));
  const double exact = std::log(total) - lanes::dot(items.column(positive), query.column(0), 8);
  const auto loss = [&](const Columns<double>& columns, std::uint32_t at, std::span<const double> log_q) {
    Columns<double> a = zeros_like(query);
    Columns<double> b = zeros_like(columns);
    std::vector<double> c(bias.size());
    const std::vector<std::uint32_t> positives = {at};
    return SampledSoftmax<double>().forward_backward(query, positives, columns, bias.data(), log_q, 1, a, b, c.data());
  };
  CHECK(loss(items, positive, std::vector<double>(kItems, 0.0)) == doctest::Approx(exact).epsilon(1e-12));
  // Each other item among the candidates half of the time, with its weight doubled: the mean of the sums is exact.
  double mean = 0;
  constexpr int kDraws = 4000;
  for (int draw = 0; draw < kDraws; ++draw) {
    Columns<double> chosen;
    chosen.resize(8, kItems);
    Index used = 0;
    for (Index i = 0; i < Index{kItems}; ++i)
      if (random.below(2) == 0) chosen.view().col(used++) = items.view().col(i);
    // The positive stands behind the candidates; where it was drawn as one it must not be counted.
    std::vector<double> log_q(static_cast<std::size_t>(used), std::log(0.5));
    Columns<double> with_positive;
    with_positive.resize(8, used + 1);
    with_positive.view().leftCols(used) = chosen.view().leftCols(used);
    with_positive.view().col(used) = items.view().col(positive);
    const double own = lanes::dot(items.column(positive), query.column(0), 8);
    double sum = std::exp(loss(with_positive, static_cast<std::uint32_t>(used), log_q) + own);
    for (Index i = 0; i < used; ++i)
      if (with_positive.view().col(i) == items.view().col(positive)) sum -= 2 * std::exp(own);
    mean += sum / kDraws;
  }
  CHECK(mean == doctest::Approx(total).epsilon(0.01));
}

TEST_CASE("InfoNCE's gradients equal finite differences, one way with groups and both ways") {
  CounterRandom random(14, "nce");
  for (const bool both : {false, true}) {
    const Index texts_count = both ? 5 : 7;
    Columns<double> persons = random_columns(8, 5, random);
    Columns<double> texts = random_columns(8, texts_count, random);
    const std::vector<std::uint32_t> positives = {0, 1, 2, 3, 4};
    const std::vector<std::uint32_t> person_groups = {1, 2, 1, 4, 5};
    const std::vector<std::uint32_t> text_groups = {1, 2, 1, 4, 5, 4, 6};
    const auto run = [&](Columns<double>& a, Columns<double>& b) {
      UnitColumns<double> person_units;
      UnitColumns<double> text_units;
      person_units.forward(persons);
      text_units.forward(texts);
      a = zeros_like(persons);
      b = zeros_like(texts);
      const InfoNceOptions options{5, both};
      const double loss = InfoNce<double>().forward_backward(
          person_units.units(), text_units.units(), positives,
          both ? std::span<const std::uint32_t>() : std::span<const std::uint32_t>(person_groups),
          both ? std::span<const std::uint32_t>() : std::span<const std::uint32_t>(text_groups), options, 0.4, a, b);
      person_units.backward(a);
      text_units.backward(b);
      return loss;
    };
    Columns<double> person_gradient;
    Columns<double> text_gradient;
    run(person_gradient, text_gradient);
    const auto loss = [&] {
      Columns<double> a;
      Columns<double> b;
      return run(a, b);
    };
    check_against_differences("persons", elements(persons), elements(person_gradient), loss);
    check_against_differences("texts", elements(texts), elements(text_gradient), loss);
  }
}
