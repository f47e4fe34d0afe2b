// The tensors of the behaviour model, looked up once, and pointers to them in a flat vector.
#pragma once

#include <array>

#include "common/model/layers/attention_unit.h"
#include "common/model/layers/event_embedding.h"
#include "common/model/layers/gru.h"
#include "common/model/parameters.h"

namespace bauta {

struct ModelTensors {
  struct Hidden {
    Tensor weight, bias, slope;
  };
  struct Recurrent {
    Tensor input, recurrent, bias, candidate;
  };

  explicit ModelTensors(const ParameterLayout& layout)
      : table(layout.at("token.table")),
        projection(layout.at("token.projection")),
        events{layout.at("event.type"), layout.at("event.gap"),     layout.at("event.amount"),
               layout.at("event.hour"), layout.at("event.weekday"), layout.at("event.channel")},
        norm_gain(layout.at("event.norm.gain")),
        norm_bias(layout.at("event.norm.bias")),
        interest(recurrent_of(layout, "interest")),
        evolution(recurrent_of(layout, "evolution")),
        age(layout.at("key.age")),
        attention{layout.at("attention.target"), layout.at("attention.step"),  layout.at("attention.bias1"),
                  layout.at("attention.second"), layout.at("attention.bias2"), layout.at("attention.score"),
                  layout.at("attention.offset")},
        queries(layout.at("person.queries")),
        person_weight(layout.at("person.weight")),
        person_bias(layout.at("person.bias")),
        next_item(layout.at("next.item")),
        next_kind(layout.at("next.kind")),
        next_kind_bias(layout.at("next.kind.bias")),
        demand_person(layout.at("demand.person")),
        demand_text(layout.at("demand.text")),
        horizon(layout.at("horizon")),
        hidden1(hidden_of(layout, "hidden1")),
        hidden2(hidden_of(layout, "hidden2")),
        logit_weight(layout.at("logit.weight")),
        logit_bias(layout.at("logit.bias")),
        outlook(hidden_of(layout, "outlook")),
        outlook_outputs(layout.at("outlook.outputs")),
        outlook_bias(layout.at("outlook.outputs.bias")),
        adapter_down(layout.at("private.adapter.down")),
        adapter_up(layout.at("private.adapter.up")),
        own_logit_weight(layout.at("private.logit.weight")),
        own_logit_bias(layout.at("private.logit.bias")),
        residual(layout.at("private.item.residual")),
        item_bias(layout.at("private.item.bias")) {}

  /// The dense tensors lie between the token table and the private tables.
  std::size_t dense_first() const { return table.offset + table.size(); }
  std::size_t dense_size() const { return residual.offset - dense_first(); }

  Tensor table, projection;
  std::array<Tensor, kEventTables> events;
  Tensor norm_gain, norm_bias;
  Recurrent interest, evolution;
  Tensor age;
  AttentionWeights<Tensor> attention;
  Tensor queries, person_weight, person_bias;
  Tensor next_item, next_kind, next_kind_bias;
  Tensor demand_person, demand_text;
  Tensor horizon;
  Hidden hidden1, hidden2;
  Tensor logit_weight, logit_bias;
  Hidden outlook;
  Tensor outlook_outputs, outlook_bias;
  Tensor adapter_down, adapter_up;
  Tensor own_logit_weight, own_logit_bias;
  Tensor residual, item_bias;

 private:
  static Hidden hidden_of(const ParameterLayout& layout, const std::string& name) {
    return {layout.at(name + ".weight"), layout.at(name + ".bias"), layout.at(name + ".slope")};
  }
  static Recurrent recurrent_of(const ParameterLayout& layout, const std::string& name) {
    return {layout.at(name + ".input"), layout.at(name + ".recurrent"), layout.at(name + ".bias"),
            layout.at(name + ".candidate")};
  }
};

/// Where tensors lie in memory: a flat vector that begins with the element `first` of the layout.
template <class Pointer>
struct TensorMemory {
  using Matrix =
      Eigen::Map<std::conditional_t<std::is_const_v<std::remove_pointer_t<Pointer>>,
                                    const RowMajorMatrix<std::remove_const_t<std::remove_pointer_t<Pointer>>>,
                                    RowMajorMatrix<std::remove_pointer_t<Pointer>>>>;
  Pointer data;
  std::size_t first = 0;

  Pointer at(const Tensor& tensor) const { return data + (tensor.offset - first); }
  Matrix matrix(const Tensor& tensor) const { return {at(tensor), tensor.rows, tensor.columns}; }
  GruWeights<Pointer> gru(const ModelTensors::Recurrent& t) const {
    return {at(t.input), at(t.recurrent), at(t.bias), at(t.candidate)};
  }
  AttentionWeights<Pointer> attention(const AttentionWeights<Tensor>& t) const {
    return {at(t.target), at(t.step), at(t.bias1), at(t.second), at(t.bias2), at(t.score), at(t.offset)};
  }
};

}  // namespace bauta
