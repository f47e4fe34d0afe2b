#include <doctest/doctest.h>

#include <vector>

#include "common/model/layers/embedding_bag.h"
#include "common/model/layers/event_embedding.h"
#include "common/model/layers/layer_norm.h"
#include "common/model/layers/linear.h"
#include "common/model/layers/prelu.h"
#include "gradient_check.h"

using namespace bauta;
using namespace bauta::gradient_check;

namespace {

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

TEST_CASE("the embedding bag's gradients equal finite differences, with repeated rows, signs and an empty bag") {
  CounterRandom random(4, "bag");
  constexpr std::uint32_t kRows = 16;
  constexpr Eigen::Index kWidth = 8;
  TokenBags bags;
  for (int item = 0; item < 4; ++item) {
    std::vector<TokenRow> rows;
    for (int token = 0; token < 3 * item; ++token)
      rows.push_back({static_cast<std::uint32_t>(random.below(2 * kRows))});
    bags.add(rows);
  }
  const std::vector<std::uint32_t> wanted = {3, 0, 1};
  std::vector<double> table = random_values(kRows * kWidth, random);
  const ConstMap t(table.data(), kRows, kWidth);
  Columns<double> toward = random_columns(kWidth, 3, random);
  const auto means = [&] {
    Columns<double> output;
    output.resize(kWidth, 3);
    EmbeddingBag<double>::forward(t, bags, wanted, 0, 2, output);
    EmbeddingBag<double>::forward(t, bags, wanted, 2, 1, output);
    return output;
  };
  const auto loss = [&] {
    Columns<double> output = means();
    return weighted_sum(output, toward);
  };
  CHECK(means().view().col(1).norm() == 0);
  std::vector<double> table_gradient(table.size(), 0.0);
  TouchedRows touched(kRows);
  Columns<double> divided = toward;
  EmbeddingBag<double>::divide(bags, wanted, 0, 3, divided);
  for (std::size_t part = 0; part < TouchedRows::kParts; ++part)
    EmbeddingBag<double>::backward(bags, wanted, divided, part, table_gradient.data(), touched);
  check_against_differences("table", table, table_gradient, loss);
  std::vector<int> listed(kRows, 0);
  for (std::size_t part = 0; part < TouchedRows::kParts; ++part)
    for (const std::uint32_t row : touched.part(part)) ++listed[row];
  for (std::uint32_t row = 0; row < kRows; ++row) {
    CHECK(listed[row] <= 1);
    const ConstMap gradient(table_gradient.data(), kRows, kWidth);
    if (listed[row] == 0) CHECK(gradient.row(row).norm() == 0);
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
