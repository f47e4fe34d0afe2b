#include <doctest/doctest.h>

#include <vector>

#include "common/model/layers/attention_unit.h"
#include "common/model/layers/gru.h"
#include "common/model/layers/query_pooling.h"
#include "gradient_check.h"

using namespace bauta;
using namespace bauta::gradient_check;

namespace {

using Index = Eigen::Index;

/// Sequences of unlike lengths, one of them empty.
SequencePack unlike_lengths() {
  SequencePack pack;
  pack.assign(std::vector<std::size_t>{2, 5, 0, 3, 5});
  return pack;
}

struct GruSet {
  GruSet(Index in, Index hidden, CounterRandom& random)
      : input(random_values(static_cast<std::size_t>(3 * hidden * in), random)),
        recurrent(random_values(static_cast<std::size_t>(3 * hidden * hidden), random)),
        bias(random_values(static_cast<std::size_t>(3 * hidden), random)),
        candidate(random_values(static_cast<std::size_t>(hidden), random)) {}
  GruSet zeros() const {
    GruSet other = *this;
    for (auto* part : {&other.input, &other.recurrent, &other.bias, &other.candidate}) part->assign(part->size(), 0.0);
    return other;
  }
  Gru<double>::Weights weights() const { return {input.data(), recurrent.data(), bias.data(), candidate.data()}; }
  Gru<double>::WeightGradients gradients() { return {input.data(), recurrent.data(), bias.data(), candidate.data()}; }

  std::vector<double> input, recurrent, bias, candidate;
};

void check_gru(bool with_attention) {
  CounterRandom random(7, "gru");
  const SequencePack pack = unlike_lengths();
  constexpr Index kIn = 16;
  constexpr Index kHidden = 8;
  GruSet set(kIn, kHidden, random);
  Columns<double> x = random_columns(kIn, pack.positions(), random);
  Columns<double> toward = random_columns(kHidden, pack.positions(), random);
  std::vector<double> attention = random_values(static_cast<std::size_t>(pack.positions()), random);
  for (double& a : attention) a = 0.5 + a / 3;
  const double* a = with_attention ? attention.data() : nullptr;
  const auto loss = [&] {
    Gru<double> gru;
    Columns<double> states;
    gru.forward(set.weights(), pack, x, a, kHidden, states);
    return weighted_sum(states, toward);
  };
  Gru<double> gru;
  Columns<double> states;
  gru.forward(set.weights(), pack, x, a, kHidden, states);
  GruSet gradients = set.zeros();
  Columns<double> state_gradient = toward;
  Columns<double> x_gradient;
  std::vector<double> attention_gradient(attention.size());
  gru.backward(set.weights(), pack, x, a, states, state_gradient, gradients.gradients(), x_gradient,
               with_attention ? attention_gradient.data() : nullptr);
  check_against_differences("input", set.input, gradients.input, loss);
  check_against_differences("recurrent", set.recurrent, gradients.recurrent, loss);
  check_against_differences("bias", set.bias, gradients.bias, loss);
  check_against_differences("candidate bias", set.candidate, gradients.candidate, loss);
  check_against_differences("x", elements(x), elements(x_gradient), loss);
  if (with_attention) check_against_differences("attention", attention, attention_gradient, loss);
}

struct AttentionSet {
  AttentionSet(const AttentionShape& shape, CounterRandom& random) {
    const auto d = static_cast<std::size_t>(shape.width);
    const auto m1 = static_cast<std::size_t>(shape.hidden1);
    const auto m2 = static_cast<std::size_t>(shape.hidden2);
    const std::size_t sizes[] = {m1 * d, m1 * 2 * d, m1, m2 * m1, m2, m2, 1};
    for (std::size_t i = 0; i < 7; ++i) parts[i] = random_values(sizes[i], random);
  }
  AttentionSet zeros() const {
    AttentionSet other = *this;
    for (auto& part : other.parts) part.assign(part.size(), 0.0);
    return other;
  }
  AttentionUnit<double>::Weights weights() const {
    return {parts[0].data(), parts[1].data(), parts[2].data(), parts[3].data(),
            parts[4].data(), parts[5].data(), parts[6].data()};
  }
  AttentionUnit<double>::WeightGradients gradients() {
    return {parts[0].data(), parts[1].data(), parts[2].data(), parts[3].data(),
            parts[4].data(), parts[5].data(), parts[6].data()};
  }

  std::vector<double> parts[7];
};

void check_attention(AttentionScore score) {
  CounterRandom random(8, "attention");
  const SequencePack pack = unlike_lengths();
  const AttentionShape shape{8, 16, 8, score};
  AttentionSet set(shape, random);
  Columns<double> targets = random_columns(shape.width, pack.sequences(), random);
  Columns<double> keys = random_columns(shape.width, pack.positions(), random);
  const std::vector<double> toward = random_values(static_cast<std::size_t>(pack.positions()), random);
  const auto loss = [&] {
    AttentionUnit<double> unit(shape);
    std::vector<double> weights(toward.size());
    unit.forward(set.weights(), pack, targets, keys, weights.data());
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * toward[i];
    return sum;
  };
  AttentionUnit<double> unit(shape);
  std::vector<double> weights(toward.size());
  unit.forward(set.weights(), pack, targets, keys, weights.data());
  AttentionSet gradients = set.zeros();
  Columns<double> target_gradient;
  target_gradient.resize_zero(shape.width, pack.sequences());
  Columns<double> key_gradient;
  key_gradient.resize_zero(shape.width, pack.positions());
  unit.backward(set.weights(), pack, targets, toward.data(), gradients.gradients(), target_gradient, key_gradient);
  const char* const names[] = {"target", "step", "bias1", "second", "bias2", "score", "offset"};
  for (std::size_t i = 0; i < (score == AttentionScore::softmax ? 6 : 7); ++i)
    check_against_differences(names[i], set.parts[i], gradients.parts[i], loss);
  check_against_differences("targets", elements(targets), elements(target_gradient), loss);
  check_against_differences("keys", elements(keys), elements(key_gradient), loss);
}

}  // namespace

TEST_CASE("packed sequences lie step by step, longest first, without padding") {
  const SequencePack pack = unlike_lengths();
  CHECK(pack.positions() == 15);
  CHECK(pack.steps() == 5);
  CHECK(pack.sequence(0) == 1);
  CHECK(pack.sequence(1) == 4);
  CHECK(pack.sequence(4) == 2);
  CHECK(pack.active(0) == 4);
  CHECK(pack.active(4) == 2);
  CHECK(pack.column(2, 2) == pack.first(2) + 2);
  SequencePack empty;
  empty.assign({});
  CHECK(empty.positions() == 0);
}

TEST_CASE("the GRU's gradients equal finite differences") { check_gru(false); }

TEST_CASE("the AUGRU's gradients equal finite differences, those of the attention too") { check_gru(true); }

TEST_CASE("a sequence's states do not depend on what it is packed with") {
  CounterRandom random(9, "alone");
  const SequencePack pack = unlike_lengths();
  GruSet set(8, 8, random);
  Columns<double> x = random_columns(8, pack.positions(), random);
  Gru<double> gru;
  Columns<double> together;
  gru.forward(set.weights(), pack, x, nullptr, 8, together);
  SequencePack alone;
  alone.assign(std::vector<std::size_t>{3});
  Columns<double> own;
  own.resize(8, 3);
  for (Index t = 0; t < 3; ++t) own.view().col(t) = x.view().col(pack.column(2, t));
  Columns<double> states;
  gru.forward(set.weights(), alone, own, nullptr, 8, states);
  for (Index t = 0; t < 3; ++t)
    CHECK((states.view().col(t) - together.view().col(pack.column(2, t))).norm() == doctest::Approx(0).epsilon(1e-12));
}

TEST_CASE("the activation unit's gradients equal finite differences with sigmoid") {
  check_attention(AttentionScore::sigmoid);
}

TEST_CASE("the activation unit's gradients equal finite differences with softmax") {
  check_attention(AttentionScore::softmax);
}

TEST_CASE("the activation unit's gradients equal finite differences with raw scores") {
  check_attention(AttentionScore::raw);
}

TEST_CASE("softmax attention adds to one over each history") {
  CounterRandom random(10, "sums");
  const SequencePack pack = unlike_lengths();
  const AttentionShape shape{8, 16, 8, AttentionScore::softmax};
  const AttentionSet set(shape, random);
  AttentionUnit<double> unit(shape);
  std::vector<double> weights(static_cast<std::size_t>(pack.positions()));
  unit.forward(set.weights(), pack, random_columns(8, 5, random), random_columns(8, pack.positions(), random),
               weights.data());
  for (Index rank = 0; rank < 4; ++rank) {
    double sum = 0;
    for (Index t = 0; t < pack.length(rank); ++t) sum += weights[static_cast<std::size_t>(pack.column(rank, t))];
    CHECK(sum == doctest::Approx(1));
  }
}

TEST_CASE("the query pooling's gradients equal finite differences and an empty history pools to zero") {
  CounterRandom random(11, "queries");
  const SequencePack pack = unlike_lengths();
  constexpr Index kWidth = 8;
  std::vector<double> queries = random_values(3 * kWidth, random);
  const Eigen::Map<const RowMajorMatrix<double>> q(queries.data(), 3, kWidth);
  Columns<double> keys = random_columns(kWidth, pack.positions(), random);
  Columns<double> toward = random_columns(3 * kWidth, pack.sequences(), random);
  const auto loss = [&] {
    QueryPooling<double> pooling;
    Columns<double> pooled;
    pooling.forward(q, pack, keys, pooled);
    return weighted_sum(pooled, toward);
  };
  QueryPooling<double> pooling;
  Columns<double> pooled;
  pooling.forward(q, pack, keys, pooled);
  CHECK(pooled.view().col(4).norm() == 0);
  std::vector<double> query_gradient(queries.size(), 0.0);
  Columns<double> key_gradient;
  key_gradient.resize_zero(kWidth, pack.positions());
  pooling.backward(q, pack, keys, toward, {query_gradient.data(), 3, kWidth}, key_gradient);
  check_against_differences("queries", queries, query_gradient, loss);
  check_against_differences("keys", elements(keys), elements(key_gradient), loss);
}
