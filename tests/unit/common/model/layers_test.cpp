#include <doctest/doctest.h>

#include <vector>

#include "common/model/layers/event_embedding.h"
#include "common/model/layers/layer_norm.h"
#include "common/model/layers/linear.h"
#include "common/model/layers/pooling.h"
#include "common/model/layers/prelu.h"
#include "common/model/layers/token_bag.h"
#include "gradient_check.h"

using namespace bauta;
using namespace bauta::gradient_check;

namespace {

Columns<double> random_columns(Eigen::Index rows, Eigen::Index count, CounterRandom& random) {
  Columns<double> columns;
  columns.resize(rows, count);
  fill_random(elements(columns), random);
  return columns;
}

std::vector<double> random_values(std::size_t count, CounterRandom& random) {
  std::vector<double> values(count);
  fill_random(values, random);
  return values;
}

using ConstMap = Eigen::Map<const RowMajorMatrix<double>>;
using Map = Eigen::Map<RowMajorMatrix<double>>;

}  // namespace

TEST_CASE("the linear layer's gradients equal finite differences") {
  CounterRandom random(1, "linear");
  std::vector<double> weight = random_values(5 * 11, random);
  std::vector<double> bias = random_values(5, random);
  Columns<double> input = random_columns(11, 4, random);
  Columns<double> toward = random_columns(5, 4, random);
  const ConstMap w(weight.data(), 5, 11);
  const ConstMap b(bias.data(), 1, 5);
  const auto loss = [&] {
    Columns<double> output;
    Linear<double>::forward(w, b, input, output);
    return weighted_sum(output, toward);
  };
  std::vector<double> weight_gradient(weight.size(), 0.0);
  std::vector<double> bias_gradient(bias.size(), 0.0);
  Columns<double> input_gradient;
  Linear<double>::backward(w, input, toward, Map(weight_gradient.data(), 5, 11), Map(bias_gradient.data(), 1, 5),
                           input_gradient);
  check_against_differences("weight", weight, weight_gradient, loss);
  check_against_differences("bias", bias, bias_gradient, loss);
  check_against_differences("input", elements(input), elements(input_gradient), loss);
}

TEST_CASE("the PReLU's gradients equal finite differences") {
  CounterRandom random(2, "prelu");
  std::vector<double> slope = random_values(6, random);
  Columns<double> input = random_columns(6, 7, random);
  Columns<double> toward = random_columns(6, 7, random);
  const auto loss = [&] {
    Columns<double> output;
    PRelu<double>::forward(slope.data(), input, output);
    return weighted_sum(output, toward);
  };
  std::vector<double> slope_gradient(slope.size(), 0.0);
  Columns<double> gradient = toward;
  PRelu<double>::backward(slope.data(), input, gradient, slope_gradient.data());
  check_against_differences("slope", slope, slope_gradient, loss);
  check_against_differences("input", elements(input), elements(gradient), loss);
}

TEST_CASE("the layer norm's gradients equal finite differences") {
  CounterRandom random(3, "norm");
  std::vector<double> gain = random_values(16, random);
  std::vector<double> bias = random_values(16, random);
  Columns<double> input = random_columns(16, 5, random);
  Columns<double> toward = random_columns(16, 5, random);
  LayerNorm<double> norm;
  const auto loss = [&] {
    LayerNorm<double> fresh;
    Columns<double> x = input;
    Columns<double> output;
    fresh.forward(gain.data(), bias.data(), x, output);
    return weighted_sum(output, toward);
  };
  Columns<double> normalised = input;
  Columns<double> output;
  norm.forward(gain.data(), bias.data(), normalised, output);
  std::vector<double> gain_gradient(16, 0.0);
  std::vector<double> bias_gradient(16, 0.0);
  Columns<double> gradient = toward;
  norm.backward(gain.data(), normalised, gradient, gain_gradient.data(), bias_gradient.data());
  check_against_differences("gain", gain, gain_gradient, loss);
  check_against_differences("bias", bias, bias_gradient, loss);
  check_against_differences("input", elements(input), elements(gradient), loss);
}

TEST_CASE("a normalised vector has mean zero and deviation one, and a constant one stays finite") {
  Columns<float> x;
  x.resize(8, 2);
  for (int i = 0; i < 8; ++i) {
    x.column(0)[i] = static_cast<float>(i);
    x.column(1)[i] = 3;
  }
  const std::vector<float> ones(8, 1.0F);
  const std::vector<float> zeros(8, 0.0F);
  LayerNorm<float> norm;
  Columns<float> y;
  norm.forward(ones.data(), zeros.data(), x, y);
  CHECK(y.view().col(0).sum() == doctest::Approx(0));
  CHECK(y.view().col(0).squaredNorm() == doctest::Approx(8).epsilon(1e-4));
  CHECK(y.view().col(1).norm() == 0);
}

TEST_CASE("the token bag's gradients equal finite differences, with repeated rows, signs and an empty bag") {
  CounterRandom random(4, "bag");
  constexpr std::uint32_t kRows = 16;
  constexpr Eigen::Index kTokenWidth = 8;
  TokenBags bags;
  for (int item = 0; item < 4; ++item) {
    std::vector<TokenRow> rows;
    for (int token = 0; token < 3 * item; ++token)
      rows.push_back({static_cast<std::uint32_t>(random.below(2 * kRows))});
    bags.add(rows);
  }
  const std::vector<std::uint32_t> wanted = {3, 0, 1};
  std::vector<double> table = random_values(kRows * kTokenWidth, random);
  std::vector<double> projection = random_values(8 * kTokenWidth, random);
  const ConstMap t(table.data(), kRows, kTokenWidth);
  const ConstMap p(projection.data(), 8, kTokenWidth);
  Columns<double> toward = random_columns(8, 3, random);
  const auto loss = [&] {
    TokenBagLayer<double> layer;
    Columns<double> output;
    layer.forward(t, p, bags, wanted, output);
    return weighted_sum(output, toward);
  };
  TokenBagLayer<double> layer;
  Columns<double> output;
  layer.forward(t, p, bags, wanted, output);
  CHECK(output.view().col(1).norm() == 0);
  std::vector<double> projection_gradient(projection.size(), 0.0);
  std::vector<double> table_gradient(table.size(), 0.0);
  std::vector<std::uint32_t> touched;
  std::vector<bool> seen(kRows);
  layer.backward(p, bags, wanted, toward, Map(projection_gradient.data(), 8, kTokenWidth),
                 Map(table_gradient.data(), kRows, kTokenWidth), touched, seen);
  check_against_differences("table", table, table_gradient, loss);
  check_against_differences("projection", projection, projection_gradient, loss);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    const bool listed = std::count(touched.begin(), touched.end(), row) == 1;
    CHECK(listed == seen[row]);
    const ConstMap gradient(table_gradient.data(), kRows, kTokenWidth);
    if (!listed) CHECK(gradient.row(row).norm() == 0);
  }
}

TEST_CASE("the event embedding's gradients equal finite differences") {
  CounterRandom random(5, "event");
  constexpr Eigen::Index kWidth = 8;
  std::array<std::vector<double>, kEventTables> tables;
  for (auto& table : tables) table = random_values(4 * kWidth, random);
  std::vector<EventRow> events(6);
  for (EventRow& event : events) {
    event.slot = random.below(3) == 0 ? kNoSlot : static_cast<std::uint32_t>(random.below(2));
    for (std::uint8_t& code : event.codes) code = static_cast<std::uint8_t>(random.below(4));
  }
  events[0].slot = 1;
  events[1].slot = kNoSlot;
  Columns<double> items = random_columns(kWidth, 2, random);
  Columns<double> toward = random_columns(kWidth, 6, random);
  std::array<const double*, kEventTables> pointers{};
  std::array<double*, kEventTables> gradient_pointers{};
  std::array<std::vector<double>, kEventTables> gradients;
  for (std::size_t i = 0; i < kEventTables; ++i) {
    pointers[i] = tables[i].data();
    gradients[i].assign(tables[i].size(), 0.0);
    gradient_pointers[i] = gradients[i].data();
  }
  const auto loss = [&] {
    Columns<double> output;
    EventEmbedding<double>::forward(pointers, events, items, kWidth, output);
    return weighted_sum(output, toward);
  };
  Columns<double> item_gradient;
  item_gradient.resize_zero(kWidth, 2);
  EventEmbedding<double>::backward(events, toward, kWidth, gradient_pointers, item_gradient);
  for (std::size_t i = 0; i < kEventTables; ++i)
    check_against_differences("table " + std::to_string(i), tables[i], gradients[i], loss);
  check_against_differences("items", elements(items), elements(item_gradient), loss);
}

TEST_CASE("the pooling's gradients equal finite differences and an empty history pools to zero") {
  CounterRandom random(6, "pooling");
  const std::vector<std::uint32_t> first = {0, 3, 3, 5};
  Columns<double> events = random_columns(8, 5, random);
  Columns<double> weights = random_columns(2, 5, random);
  Columns<double> toward = random_columns(16, 3, random);
  const auto pool = [&] {
    Columns<double> output;
    output.resize(16, 3);
    Pooling<double>::forward(events, first, weights, output);
    return output;
  };
  const auto loss = [&] {
    Columns<double> output = pool();
    return weighted_sum(output, toward);
  };
  Columns<double> gradient;
  gradient.resize_zero(8, 5);
  Pooling<double>::backward(first, weights, toward, gradient);
  check_against_differences("events", elements(events), elements(gradient), loss);
  CHECK(pool().view().col(1).norm() == 0);
}
