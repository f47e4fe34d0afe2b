// Runs one layer forward and back on numbers from outside. Reads one JSON object from stdin, {"layer": ..., its shapes,
// parameters, inputs and output gradients}, and prints another of outputs and gradients; all in double but Adam.
//
// Matrices of parameters are flat and row-major. Columns (samples, positions) follow one another; positions of
// sequences are given and returned sequence by sequence, whatever the order in which they are packed.
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/model/adam.h"
#include "common/model/layers/attention_unit.h"
#include "common/model/layers/embedding_bag.h"
#include "common/model/layers/gru.h"
#include "common/model/layers/info_nce.h"
#include "common/model/layers/layer_norm.h"
#include "common/model/layers/linear.h"
#include "common/model/layers/losses.h"
#include "common/model/layers/prelu.h"
#include "common/model/layers/query_pooling.h"
#include "common/model/layers/sampled_softmax.h"

using namespace bauta;

namespace {

using Index = Eigen::Index;
using Json = nlohmann::json;
using Values = std::vector<double>;
using Numbers = std::vector<std::uint32_t>;
using ConstMatrix = Eigen::Map<const RowMajorMatrix<double>>;
using MutableMatrix = Eigen::Map<RowMajorMatrix<double>>;

Values values(const Json& in, const char* name) { return in.at(name).get<Values>(); }
Numbers numbers(const Json& in, const char* name) { return in.at(name).get<Numbers>(); }
Index size_of(const Values& v) { return static_cast<Index>(v.size()); }
Values zeros_like(const Values& v) { return Values(v.size(), 0.0); }

Columns<double> to_columns(const Values& flat, Index rows) {
  Columns<double> columns;
  columns.resize(rows, size_of(flat) / rows);
  std::copy(flat.begin(), flat.end(), columns.column(0));
  return columns;
}
Columns<double> columns(const Json& in, const char* name, Index rows) { return to_columns(values(in, name), rows); }
Values flat(const Columns<double>& c) { return {c.column(0), c.column(0) + c.rows() * c.count()}; }
Columns<double> zero_columns(Index rows, Index count) {
  Columns<double> c;
  c.resize_zero(rows, count);
  return c;
}

/// The sequences of a request and the way between its order of positions and the packed one.
struct Sequences {
  explicit Sequences(const Json& in) {
    lengths = in.at("lengths").get<std::vector<std::size_t>>();
    pack.assign(lengths);
    std::vector<Index> first(lengths.size(), 0);
    for (std::size_t s = 1; s < lengths.size(); ++s) first[s] = first[s - 1] + static_cast<Index>(lengths[s - 1]);
    packed.resize(static_cast<std::size_t>(pack.positions()));
    for (Index rank = 0; rank < pack.sequences(); ++rank)
      for (Index t = 0; t < pack.length(rank); ++t)
        packed[static_cast<std::size_t>(first[pack.sequence(rank)] + t)] = pack.column(rank, t);
  }
  Columns<double> positions(const Values& given, Index rows) const { return from(given, rows, packed); }
  Values positions(const Columns<double>& c) const { return back(c, packed); }
  Columns<double> sequences(const Values& given, Index rows) const { return from(given, rows, ranks()); }
  Values sequences(const Columns<double>& c) const { return back(c, ranks()); }

  std::vector<std::size_t> lengths;
  SequencePack pack;
  std::vector<Index> packed;  // column of each position of the request

 private:
  std::vector<Index> ranks() const {
    std::vector<Index> ranks(lengths.size());
    for (Index rank = 0; rank < pack.sequences(); ++rank) ranks[pack.sequence(rank)] = rank;
    return ranks;
  }
  static Columns<double> from(const Values& given, Index rows, const std::vector<Index>& order) {
    Columns<double> c;
    c.resize(rows, static_cast<Index>(order.size()));
    for (std::size_t i = 0; i < order.size(); ++i)
      std::copy_n(given.data() + static_cast<Index>(i) * rows, rows, c.column(order[i]));
    return c;
  }
  static Values back(const Columns<double>& c, const std::vector<Index>& order) {
    Values given;
    for (const Index column : order) given.insert(given.end(), c.column(column), c.column(column) + c.rows());
    return given;
  }
};

Json linear(const Json& in) {
  const Values weight = values(in, "weight");
  const Values bias = values(in, "bias");
  const Index out = size_of(bias);
  const Index width = size_of(weight) / out;
  const Columns<double> x = columns(in, "x", width);
  Columns<double> y, x_gradient;
  Linear<double>::forward(ConstMatrix(weight.data(), out, width), ConstMatrix(bias.data(), 1, out), x, y);
  Values weight_gradient = zeros_like(weight);
  Values bias_gradient = zeros_like(bias);
  Linear<double>::backward(ConstMatrix(weight.data(), out, width), x, columns(in, "gradient", out),
                           MutableMatrix(weight_gradient.data(), out, width),
                           MutableMatrix(bias_gradient.data(), 1, out), x_gradient);
  return {{"y", flat(y)}, {"weight", weight_gradient}, {"bias", bias_gradient}, {"x", flat(x_gradient)}};
}

Json prelu(const Json& in) {
  const Values slope = values(in, "slope");
  const Columns<double> x = columns(in, "x", size_of(slope));
  Columns<double> y;
  PRelu<double>::forward(slope.data(), x, y);
  Columns<double> gradient = columns(in, "gradient", size_of(slope));
  Values slope_gradient = zeros_like(slope);
  PRelu<double>::backward(slope.data(), x, gradient, slope_gradient.data());
  return {{"y", flat(y)}, {"slope", slope_gradient}, {"x", flat(gradient)}};
}

Json layer_norm(const Json& in) {
  const Values gain = values(in, "gain");
  const Values bias = values(in, "bias");
  Columns<double> x = columns(in, "x", size_of(gain));
  Columns<double> y;
  LayerNorm<double> layer;
  layer.forward(gain.data(), bias.data(), x, y);
  Columns<double> gradient = columns(in, "gradient", size_of(gain));
  Values gain_gradient = zeros_like(gain);
  Values bias_gradient = zeros_like(bias);
  layer.backward(gain.data(), x, gradient, gain_gradient.data(), bias_gradient.data());
  return {{"y", flat(y)}, {"gain", gain_gradient}, {"bias", bias_gradient}, {"x", flat(gradient)}};
}

Json gru(const Json& in) {
  const Sequences sequences(in);
  const Values input = values(in, "input");
  const Values recurrent = values(in, "recurrent");
  const Values bias = values(in, "bias");
  const Values candidate = values(in, "candidate");
  const Index hidden = size_of(candidate);
  const Index width = size_of(input) / size_of(bias);
  const Columns<double> x = sequences.positions(values(in, "x"), width);
  const bool with_attention = in.contains("attention");
  const Columns<double> attention =
      with_attention ? sequences.positions(values(in, "attention"), 1) : Columns<double>{};
  const double* a = with_attention ? attention.column(0) : nullptr;
  const Gru<double>::Weights weights{input.data(), recurrent.data(), bias.data(), candidate.data()};
  Gru<double> layer;
  Columns<double> states, x_gradient;
  layer.forward(weights, sequences.pack, x, a, hidden, states);
  Columns<double> state_gradient = sequences.positions(values(in, "gradient"), hidden);
  Values input_gradient = zeros_like(input);
  Values recurrent_gradient = zeros_like(recurrent);
  Values bias_gradient = zeros_like(bias);
  Values candidate_gradient = zeros_like(candidate);
  Columns<double> attention_gradient = zero_columns(1, x.count());
  layer.backward(weights, sequences.pack, x, a, states, state_gradient,
                 {input_gradient.data(), recurrent_gradient.data(), bias_gradient.data(), candidate_gradient.data()},
                 x_gradient, with_attention ? attention_gradient.column(0) : nullptr);
  return {{"y", sequences.positions(states)},
          {"input", input_gradient},
          {"recurrent", recurrent_gradient},
          {"bias", bias_gradient},
          {"candidate", candidate_gradient},
          {"x", sequences.positions(x_gradient)},
          {"attention", sequences.positions(attention_gradient)}};
}

Json attention_unit(const Json& in) {
  const Sequences sequences(in);
  const char* const names[] = {"target", "step", "bias1", "second", "bias2", "score", "offset"};
  std::vector<Values> w, g;
  for (const char* name : names) w.push_back(values(in, name)), g.push_back(zeros_like(w.back()));
  const std::map<std::string, AttentionScore> scores = {
      {"raw", AttentionScore::raw}, {"sigmoid", AttentionScore::sigmoid}, {"softmax", AttentionScore::softmax}};
  const Index width = size_of(w[0]) / size_of(w[2]);
  AttentionUnit<double> unit({width, size_of(w[2]), size_of(w[4]), scores.at(in.at("mode"))});
  const AttentionUnit<double>::Weights weights{w[0].data(), w[1].data(), w[2].data(), w[3].data(),
                                               w[4].data(), w[5].data(), w[6].data()};
  const Columns<double> targets = sequences.sequences(values(in, "targets"), width);
  const Columns<double> keys = sequences.positions(values(in, "keys"), width);
  Columns<double> out = zero_columns(1, keys.count());
  unit.forward(weights, sequences.pack, targets, keys, out.column(0));
  const Columns<double> gradient = sequences.positions(values(in, "gradient"), 1);
  Columns<double> target_gradient = zero_columns(width, targets.count());
  Columns<double> key_gradient = zero_columns(width, keys.count());
  unit.backward(weights, sequences.pack, targets, gradient.column(0),
                {g[0].data(), g[1].data(), g[2].data(), g[3].data(), g[4].data(), g[5].data(), g[6].data()},
                target_gradient, key_gradient);
  Json answer = {{"y", sequences.positions(out)},
                 {"targets", sequences.sequences(target_gradient)},
                 {"keys", sequences.positions(key_gradient)}};
  for (std::size_t i = 0; i < w.size(); ++i) answer[names[i]] = g[i];
  return answer;
}

Json query_pooling(const Json& in) {
  const Sequences sequences(in);
  const Values queries = values(in, "queries");
  const auto width = in.at("width").get<Index>();
  const Index count = size_of(queries) / width;
  const Columns<double> keys = sequences.positions(values(in, "keys"), width);
  QueryPooling<double> pooling;
  Columns<double> pooled;
  pooling.forward(ConstMatrix(queries.data(), count, width), sequences.pack, keys, pooled);
  Values query_gradient = zeros_like(queries);
  Columns<double> key_gradient = zero_columns(width, keys.count());
  pooling.backward(ConstMatrix(queries.data(), count, width), sequences.pack, keys,
                   sequences.sequences(values(in, "gradient"), count * width),
                   MutableMatrix(query_gradient.data(), count, width), key_gradient);
  return {{"y", sequences.sequences(pooled)}, {"queries", query_gradient}, {"keys", sequences.positions(key_gradient)}};
}

Json info_nce(const Json& in) {
  const auto width = in.at("width").get<Index>();
  UnitColumns<double> persons, texts;
  persons.forward(columns(in, "persons", width));
  texts.forward(columns(in, "texts", width));
  Columns<double> person_gradient = zero_columns(width, persons.units().count());
  Columns<double> text_gradient = zero_columns(width, texts.units().count());
  const Numbers positives = numbers(in, "positives");
  const Numbers person_groups = numbers(in, "person_groups");
  const Numbers text_groups = numbers(in, "text_groups");
  InfoNce<double> layer;
  const double loss = layer.forward_backward(persons.units(), texts.units(), positives, person_groups, text_groups,
                                             {in.at("inverse_temperature"), in.at("both_ways")}, in.at("loss_weight"),
                                             person_gradient, text_gradient);
  persons.backward(person_gradient);
  texts.backward(text_gradient);
  return {{"y", {loss}}, {"persons", flat(person_gradient)}, {"texts", flat(text_gradient)}};
}

Json sampled_softmax(const Json& in) {
  const auto width = in.at("width").get<Index>();
  const Columns<double> queries = columns(in, "queries", width);
  const Columns<double> items = columns(in, "items", width);
  const Values bias = values(in, "bias");
  const Values log_q = values(in, "log_q");
  const Numbers positives = numbers(in, "positives");
  Columns<double> query_gradient = zero_columns(width, queries.count());
  Columns<double> item_gradient = zero_columns(width, items.count());
  Values bias_gradient = zeros_like(bias);
  SampledSoftmax<double> layer;
  const double loss = layer.forward_backward(queries, positives, items, bias.data(), log_q, in.at("loss_weight"),
                                             query_gradient, item_gradient, bias_gradient.data());
  return {{"y", {loss}}, {"queries", flat(query_gradient)}, {"items", flat(item_gradient)}, {"bias", bias_gradient}};
}

/// Every loss of one sample: losses and gradients, sample by sample.
Json losses(const Json& in) {
  const auto kind = in.at("kind").get<std::string>();
  const auto width = in.at("width").get<std::size_t>();
  const Values labels = values(in, "labels");
  const double weight = in.at("loss_weight");
  Values x = values(in, "x");
  Values y;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<double> raw = std::span(x).subspan(i * width, width);
    const auto label = static_cast<std::size_t>(labels[i]);
    if (kind == "logistic") {
      y.push_back(weight * logistic_loss(raw[0], label != 0));
      raw[0] = weight * logistic_gradient(raw[0], label != 0);
    }
    if (kind == "class") y.push_back(class_loss(raw, label, weight));
    if (kind == "hazard") y.push_back(hazard_loss(raw, label, values(in, "seen")[i] != 0, weight));
    if (kind == "ziln") y.push_back(Ziln<double>::loss(raw.first<3>(), labels[i], weight));
  }
  return {{"y", y}, {"x", x}};
}

TokenBags bags_of(const Json& in) {
  TokenBags bags;
  for (const Json& bag : in.at("bags")) {
    std::vector<TokenRow> rows;
    for (const Json& code : bag) rows.push_back({code.get<std::uint32_t>()});
    bags.add(rows);
  }
  return bags;
}

Json embedding_bag(const Json& in) {
  const auto width = in.at("width").get<Index>();
  const Values table = values(in, "table");
  const Index rows = size_of(table) / width;
  const TokenBags bags = bags_of(in);
  const Numbers wanted = numbers(in, "wanted");
  Columns<double> means = zero_columns(width, static_cast<Index>(wanted.size()));
  EmbeddingBag<double>::forward(ConstMatrix(table.data(), rows, width), bags, wanted, 0, wanted.size(), means);
  Columns<double> gradient = columns(in, "gradient", width);
  EmbeddingBag<double>::divide(bags, wanted, 0, wanted.size(), gradient);
  Values table_gradient = zeros_like(table);
  TouchedRows touched(static_cast<std::uint32_t>(rows));
  std::vector<std::uint32_t> listed;
  for (std::size_t part = 0; part < TouchedRows::kParts; ++part) {
    EmbeddingBag<double>::backward(bags, wanted, gradient, part, table_gradient.data(), touched);
    listed.insert(listed.end(), touched.part(part).begin(), touched.part(part).end());
  }
  return {{"y", flat(means)}, {"table", table_gradient}, {"touched", listed}};
}

/// A dense tensor and a table, one step for every entry of "steps".
Json adam(const Json& in) {
  const auto dense = in.at("dense").get<std::uint32_t>();
  const auto rows = in.at("rows").get<std::uint32_t>();
  const auto width = in.at("width").get<std::uint32_t>();
  const Tensor tensors[] = {{"dense", 1, dense, 0, 0, 0, false}, {"table", rows, width, dense, 0, 0, true}};
  auto parameters = in.at("parameters").get<std::vector<float>>();
  Adam optimiser(tensors, in.at("learning_rate"));
  for (const Json& step : in.at("steps")) {
    Gradient<float> gradient{step.at("gradient").get<std::vector<float>>(), {}};
    gradient.tables.emplace_back(rows);
    for (const std::uint32_t row : numbers(step, "touched"))
      gradient.tables[0].touch(gradient.tables[0].part_of(row), row);
    optimiser.step(parameters, gradient, serial_executor());
  }
  return {{"y", parameters}};
}

const std::map<std::string, std::function<Json(const Json&)>> kLayers = {
    {"linear", linear},
    {"prelu", prelu},
    {"layer_norm", layer_norm},
    {"gru", gru},
    {"attention_unit", attention_unit},
    {"query_pooling", query_pooling},
    {"info_nce", info_nce},
    {"sampled_softmax", sampled_softmax},
    {"losses", losses},
    {"embedding_bag", embedding_bag},
    {"adam", adam},
};

}  // namespace

int main() {
  const Json in = Json::parse(std::cin);
  std::cout << kLayers.at(in.at("layer"))(in) << '\n';
  return 0;
}
