#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "common/base/counter_random.h"
#include "common/model/layers/attention_unit.h"
#include "common/model/layers/embedding_bag.h"
#include "common/model/layers/gru.h"
#include "common/model/layers/linear.h"
#include "common/model/layers/losses.h"
#include "common/model/layers/prelu.h"
#include "tests/bench/training_models.h"

namespace bauta::bench {
namespace {

using Index = Eigen::Index;

constexpr std::size_t kBatch = 256;
constexpr std::size_t kBatches = 8;
constexpr std::uint32_t kItems = 100'000;
constexpr std::uint32_t kCategories = 1000;
constexpr std::size_t kShortest = 10;
constexpr std::size_t kLongest = 50;
constexpr Index kPart = 16;          // of an item's and of a category's vector
constexpr Index kWidth = 2 * kPart;  // E, and H of DIEN
constexpr Index kHidden1 = 80;
constexpr Index kHidden2 = 40;
constexpr Index kOutput1 = 200;
constexpr Index kOutput2 = 80;

enum Part : std::size_t {
  kTarget,
  kStep,
  kBias1,
  kSecond,
  kBias2,
  kScore,
  kOffset,  // attention
  kFirst,
  kFirstBias,
  kSlope1,
  kMiddle,
  kMiddleBias,
  kSlope2,
  kLast,
  kLastBias,
  kGruInput,
  kGruRecurrent,
  kGruBias,
  kGruCandidate,
  kAugruInput,
  kAugruRecurrent,
  kAugruBias,
  kAugruCandidate,
};

struct Sample {
  std::uint32_t target = 0;
  std::vector<std::uint32_t> history;
  bool label = false;
};

/// Skewed ids and uniform lengths like the scripts': the distribution is the same, the numbers are not.
std::vector<Sample> make_batch(CounterRandom& random) {
  const auto item = [&] { return static_cast<std::uint32_t>(std::pow(random.unit(), 3) * kItems); };
  std::vector<Sample> samples(kBatch);
  for (Sample& sample : samples) {
    sample.target = item();
    sample.history.resize(kShortest + random.below(kLongest - kShortest + 1));
    for (std::uint32_t& event : sample.history) event = item();
    sample.label = random.unit() < 0.3;
  }
  // Micro-batches of about equal length waste nothing in the steps that only the longest of them has.
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.history.size() > b.history.size(); });
  return samples;
}

TokenBags one_row_bags(std::uint32_t rows) {
  TokenBags bags;
  for (std::uint32_t row = 0; row < rows; ++row) bags.add(std::array{TokenRow{row * 2}});
  return bags;
}

TrainedParameters make_parameters(Interest kind) {
  using Shape = TrainedParameters::Shape;
  std::vector<Shape> dense;
  const auto matrix = [&](std::string name, Index rows, Index columns) {
    dense.push_back({std::move(name), static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(columns),
                     1 / std::sqrt(static_cast<float>(columns))});
  };
  const auto vector = [&](std::string name, Index size, float bound, float start = 0) {
    dense.push_back({std::move(name), 1, static_cast<std::uint32_t>(size), bound, start});
  };
  matrix("target", kHidden1, kWidth);
  matrix("step", kHidden1, 2 * kWidth);
  vector("bias 1", kHidden1, 0.1F);
  matrix("second", kHidden2, kHidden1);
  vector("bias 2", kHidden2, 0.1F);
  matrix("score", 1, kHidden2);
  vector("offset", 1, 0.1F);
  matrix("first", kOutput1, kind == Interest::din ? 3 * kWidth : 2 * kWidth);
  vector("first bias", kOutput1, 0.1F);
  vector("slope 1", kOutput1, 0, 0.25F);
  matrix("middle", kOutput2, kOutput1);
  vector("middle bias", kOutput2, 0.1F);
  vector("slope 2", kOutput2, 0, 0.25F);
  matrix("last", 1, kOutput2);
  vector("last bias", 1, 0.1F);
  for (const std::string unit : {"gru", "augru"}) {
    if (kind == Interest::din) break;
    matrix(unit + " input", 3 * kWidth, kWidth);
    matrix(unit + " recurrent", 3 * kWidth, kWidth);
    vector(unit + " bias", 3 * kWidth, 0.1F);
    vector(unit + " candidate", kWidth, 0.1F);
  }
  constexpr float kBound = 0.0866F;  // a deviation of 0.05
  const Shape tables[] = {{"items", kItems, kPart, kBound}, {"categories", kCategories, kPart, kBound}};
  return {dense, tables};
}

/// Samples that are computed together, and where their columns lie among those of the batch.
struct MicroBatch {
  std::span<const Sample> samples;
  std::size_t first_column = 0;
};

class InterestModel final : public TrainedModel {
 public:
  InterestModel(Interest kind, std::size_t micro_batch)
      : kind_(kind),
        micro_batch_(micro_batch),
        parameters_(make_parameters(kind)),
        item_bags_(one_row_bags(kItems)),
        category_bags_(one_row_bags(kCategories)),
        slots_(kSlots, Slot(kind)),
        slot_gradients_(kSlots, std::vector<float>(parameters_.dense_size())) {
    CounterRandom random(2, "batches");
    for (std::size_t i = 0; i < kBatches; ++i) batches_.push_back(make_batch(random));
  }

  double step(std::size_t index, const Executor& executor) override;
  std::size_t batch_size() const override { return kBatch; }
  std::size_t batches() const override { return kBatches; }
  double multiply_adds(std::size_t index) const override;
  std::span<const float> parameters() const override { return parameters_.values(); }

 private:
  /// What one micro-batch after another is computed in.
  struct Slot {
    explicit Slot(Interest kind)
        : attention(
              {kWidth, kHidden1, kHidden2, kind == Interest::din ? AttentionScore::raw : AttentionScore::softmax}) {}

    SequencePack pack;
    Columns<float> events, targets, events_gradient, targets_gradient;
    AttentionUnit<float> attention;
    std::vector<float> weights, weight_gradients;
    Gru<float> extractor, evolution;
    Columns<float> interests, interests_gradient, states, states_gradient;
    Columns<float> input, pre1, hidden1, pre2, hidden2, logits;
    Columns<float> input_gradient, hidden1_gradient, hidden2_gradient, logits_gradient;
    double loss = 0;
  };

  void cut(std::span<const Sample> samples);
  void train(const MicroBatch& micro, Slot& slot, float* gradient);
  void embed(const MicroBatch& micro, Slot& slot);
  void put_gradients_back(const MicroBatch& micro, const Slot& slot);
  void pool(const MicroBatch& micro, Slot& slot, float* gradient);
  void evolve(const MicroBatch& micro, Slot& slot, float* gradient);
  void output(const MicroBatch& micro, Slot& slot, float* gradient);

  AttentionUnit<float>::Weights attention_weights() const {
    const TrainedParameters& p = parameters_;
    return {p.at(kTarget), p.at(kStep), p.at(kBias1), p.at(kSecond), p.at(kBias2), p.at(kScore), p.at(kOffset)};
  }
  AttentionUnit<float>::WeightGradients attention_gradients(float* gradient) const {
    const auto at = [&](Part part) { return gradient + parameters_.offset(part); };
    return {at(kTarget), at(kStep), at(kBias1), at(kSecond), at(kBias2), at(kScore), at(kOffset)};
  }
  Gru<float>::Weights gru_weights(Part first) const {
    return {parameters_.at(first), parameters_.at(first + 1), parameters_.at(first + 2), parameters_.at(first + 3)};
  }
  Gru<float>::WeightGradients gru_gradients(Part first, float* gradient) const {
    const auto at = [&](std::size_t part) { return gradient + parameters_.offset(part); };
    return {at(first), at(first + 1), at(first + 2), at(first + 3)};
  }
  Eigen::Map<RowMajorMatrix<float>> gradient_view(float* gradient, Part part) const {
    const Tensor& tensor = parameters_.tensors()[part];
    return {gradient + tensor.offset, tensor.rows, tensor.columns};
  }

  Interest kind_;
  std::size_t micro_batch_;
  TrainedParameters parameters_;
  TokenBags item_bags_, category_bags_;
  std::vector<std::vector<Sample>> batches_;
  std::vector<MicroBatch> micros_;
  // One column an event and one a target, of the whole batch.
  std::vector<std::uint32_t> items_, categories_;
  Columns<float> item_vectors_, category_vectors_, item_gradients_, category_gradients_;
  std::vector<Slot> slots_;
  std::vector<std::vector<float>> slot_gradients_;
};

void InterestModel::cut(std::span<const Sample> samples) {
  micros_.clear();
  std::size_t columns = 0;
  for (std::size_t first = 0; first < samples.size(); first += micro_batch_) {
    micros_.push_back({samples.subspan(first, std::min(micro_batch_, samples.size() - first)), columns});
    for (const Sample& sample : micros_.back().samples) columns += sample.history.size() + 1;
  }
  items_.resize(columns);
  categories_.resize(columns);
  for (auto* part : {&item_vectors_, &category_vectors_, &item_gradients_, &category_gradients_})
    part->resize(kPart, static_cast<Index>(columns));
}

double InterestModel::step(std::size_t index, const Executor& executor) {
  cut(batches_[index]);
  executor(kSlots, [&](std::size_t slot) {
    slots_[slot].loss = 0;
    std::fill(slot_gradients_[slot].begin(), slot_gradients_[slot].end(), 0.0F);
    for (std::size_t i = slot; i < micros_.size(); i += kSlots)
      train(micros_[i], slots_[slot], slot_gradients_[slot].data());
  });
  constexpr std::size_t kParts = TouchedRows::kParts;
  const std::size_t tables = parameters_.tensors().size() - 2;
  executor(2 * kParts, [&](std::size_t task) {
    const bool item = task < kParts;
    EmbeddingBag<float>::backward(
        item ? item_bags_ : category_bags_, item ? items_ : categories_, item ? item_gradients_ : category_gradients_,
        task % kParts, parameters_.table_gradient(tables + task / kParts), parameters_.touched(task / kParts));
  });
  parameters_.step(slot_gradients_, executor);
  return std::accumulate(slots_.begin(), slots_.end(), 0.0, [](double sum, const Slot& s) { return sum + s.loss; });
}

void InterestModel::train(const MicroBatch& micro, Slot& slot, float* gradient) {
  std::vector<std::size_t> lengths;
  for (const Sample& sample : micro.samples) lengths.push_back(sample.history.size());
  slot.pack.assign(lengths);
  embed(micro, slot);
  slot.targets_gradient.resize_zero(kWidth, slot.targets.count());
  slot.events_gradient.resize_zero(kWidth, slot.events.count());
  slot.weights.resize(static_cast<std::size_t>(slot.events.count()));
  slot.weight_gradients.resize(slot.weights.size());
  kind_ == Interest::din ? pool(micro, slot, gradient) : evolve(micro, slot, gradient);
  put_gradients_back(micro, slot);
}

/// Events in the order of the pack, then targets.
void InterestModel::embed(const MicroBatch& micro, Slot& slot) {
  const SequencePack& pack = slot.pack;
  std::uint32_t* item = items_.data() + micro.first_column;
  for (Index t = 0; t < pack.steps(); ++t)
    for (Index i = 0; i < pack.active(t); ++i)
      *item++ = micro.samples[pack.sequence(i)].history[static_cast<std::size_t>(t)];
  for (Index i = 0; i < pack.sequences(); ++i) *item++ = micro.samples[pack.sequence(i)].target;
  const std::size_t count = static_cast<std::size_t>(pack.positions() + pack.sequences());
  for (std::size_t c = micro.first_column; c < micro.first_column + count; ++c)
    categories_[c] = items_[c] % kCategories;
  const std::size_t tables = parameters_.tensors().size() - 2;
  EmbeddingBag<float>::forward(parameters_.view(tables), item_bags_, items_, micro.first_column, count, item_vectors_);
  EmbeddingBag<float>::forward(parameters_.view(tables + 1), category_bags_, categories_, micro.first_column, count,
                               category_vectors_);
  slot.events.resize(kWidth, pack.positions());
  slot.targets.resize(kWidth, pack.sequences());
  for (Columns<float>* half : {&slot.events, &slot.targets}) {
    const auto first = static_cast<Index>(micro.first_column) + (half == &slot.events ? 0 : pack.positions());
    half->view().topRows<kPart>() = item_vectors_.view().middleCols(first, half->count());
    half->view().bottomRows<kPart>() = category_vectors_.view().middleCols(first, half->count());
  }
}

void InterestModel::put_gradients_back(const MicroBatch& micro, const Slot& slot) {
  auto first = static_cast<Index>(micro.first_column);
  for (const Columns<float>* half : {&slot.events_gradient, &slot.targets_gradient}) {
    item_gradients_.view().middleCols(first, half->count()) = half->view().topRows<kPart>();
    category_gradients_.view().middleCols(first, half->count()) = half->view().bottomRows<kPart>();
    first += half->count();
  }
}

/// DIN: the history as the sum of its events, weighted by the raw scores; output layers over [u, q, u∘q].
void InterestModel::pool(const MicroBatch& micro, Slot& slot, float* gradient) {
  const SequencePack& pack = slot.pack;
  slot.attention.forward(attention_weights(), pack, slot.targets, slot.events, slot.weights.data());
  slot.input.resize_zero(3 * kWidth, pack.sequences());
  for (Index t = 0; t < pack.steps(); ++t)
    for (Index i = 0; i < pack.active(t); ++i) {
      const Index p = pack.first(t) + i;
      lanes::add_scaled(slot.weights[static_cast<std::size_t>(p)], slot.events.column(p), slot.input.column(i), kWidth);
    }
  const auto pooled = slot.input.view().topRows<kWidth>();
  slot.input.view().middleRows<kWidth>(kWidth) = slot.targets.view();
  slot.input.view().bottomRows<kWidth>() = pooled.cwiseProduct(slot.targets.view());
  output(micro, slot, gradient);
  const auto by_product = slot.input_gradient.view().bottomRows<kWidth>();
  slot.targets_gradient.view() =
      slot.input_gradient.view().middleRows<kWidth>(kWidth) + by_product.cwiseProduct(pooled);
  slot.input_gradient.view().topRows<kWidth>() += by_product.cwiseProduct(slot.targets.view());
  for (Index t = 0; t < pack.steps(); ++t)
    for (Index i = 0; i < pack.active(t); ++i) {
      const Index p = pack.first(t) + i;
      const float* g = slot.input_gradient.column(i);
      slot.weight_gradients[static_cast<std::size_t>(p)] = lanes::dot(g, slot.events.column(p), kWidth);
      lanes::add_scaled(slot.weights[static_cast<std::size_t>(p)], g, slot.events_gradient.column(p), kWidth);
    }
  slot.attention.backward(attention_weights(), pack, slot.targets, slot.weight_gradients.data(),
                          attention_gradients(gradient), slot.targets_gradient, slot.events_gradient);
}

/// DIEN: a GRU reads the history, the attention its states, and an AUGRU both; output layers over [q, last state].
void InterestModel::evolve(const MicroBatch& micro, Slot& slot, float* gradient) {
  const SequencePack& pack = slot.pack;
  slot.extractor.forward(gru_weights(kGruInput), pack, slot.events, nullptr, kWidth, slot.interests);
  slot.attention.forward(attention_weights(), pack, slot.targets, slot.interests, slot.weights.data());
  slot.evolution.forward(gru_weights(kAugruInput), pack, slot.interests, slot.weights.data(), kWidth, slot.states);
  slot.input.resize(2 * kWidth, pack.sequences());
  slot.input.view().topRows<kWidth>() = slot.targets.view();
  for (Index i = 0; i < pack.sequences(); ++i)
    std::copy_n(slot.states.column(pack.column(i, pack.length(i) - 1)), kWidth, slot.input.column(i) + kWidth);
  output(micro, slot, gradient);
  slot.targets_gradient.view() = slot.input_gradient.view().topRows<kWidth>();
  slot.states_gradient.resize_zero(kWidth, pack.positions());
  for (Index i = 0; i < pack.sequences(); ++i)
    std::copy_n(slot.input_gradient.column(i) + kWidth, kWidth,
                slot.states_gradient.column(pack.column(i, pack.length(i) - 1)));
  slot.evolution.backward(gru_weights(kAugruInput), pack, slot.interests, slot.weights.data(), slot.states,
                          slot.states_gradient, gru_gradients(kAugruInput, gradient), slot.interests_gradient,
                          slot.weight_gradients.data());
  slot.attention.backward(attention_weights(), pack, slot.targets, slot.weight_gradients.data(),
                          attention_gradients(gradient), slot.targets_gradient, slot.interests_gradient);
  slot.extractor.backward(gru_weights(kGruInput), pack, slot.events, nullptr, slot.interests, slot.interests_gradient,
                          gru_gradients(kGruInput, gradient), slot.events_gradient, nullptr);
}

/// From `input` to the loss and back to `input_gradient`.
void InterestModel::output(const MicroBatch& micro, Slot& slot, float* gradient) {
  const TrainedParameters& p = parameters_;
  Linear<float>::forward(p.view(kFirst), p.view(kFirstBias), slot.input, slot.pre1);
  PRelu<float>::forward(p.at(kSlope1), slot.pre1, slot.hidden1);
  Linear<float>::forward(p.view(kMiddle), p.view(kMiddleBias), slot.hidden1, slot.pre2);
  PRelu<float>::forward(p.at(kSlope2), slot.pre2, slot.hidden2);
  Linear<float>::forward(p.view(kLast), p.view(kLastBias), slot.hidden2, slot.logits);
  slot.logits_gradient.resize(1, slot.logits.count());
  for (Index i = 0; i < slot.logits.count(); ++i) {
    const bool label = micro.samples[slot.pack.sequence(i)].label;
    const float logit = *slot.logits.column(i);
    slot.loss += static_cast<double>(logistic_loss(logit, label)) / kBatch;
    *slot.logits_gradient.column(i) = logistic_gradient(logit, label) / kBatch;
  }
  Linear<float>::backward(p.view(kLast), slot.hidden2, slot.logits_gradient, gradient_view(gradient, kLast),
                          gradient_view(gradient, kLastBias), slot.hidden2_gradient);
  PRelu<float>::backward(p.at(kSlope2), slot.pre2, slot.hidden2_gradient, gradient + p.offset(kSlope2));
  Linear<float>::backward(p.view(kMiddle), slot.hidden1, slot.hidden2_gradient, gradient_view(gradient, kMiddle),
                          gradient_view(gradient, kMiddleBias), slot.hidden1_gradient);
  PRelu<float>::backward(p.at(kSlope1), slot.pre1, slot.hidden1_gradient, gradient + p.offset(kSlope1));
  Linear<float>::backward(p.view(kFirst), slot.input, slot.hidden1_gradient, gradient_view(gradient, kFirst),
                          gradient_view(gradient, kFirstBias), slot.input_gradient);
}

double InterestModel::multiply_adds(std::size_t index) const {
  constexpr double kAttentionStep = 2 * kWidth * kHidden1 + kHidden1 * kHidden2 + kHidden2;
  constexpr double kGate = 3 * kWidth * kWidth;
  const double input = kind_ == Interest::din ? 3 * kWidth : 2 * kWidth;
  double sum = 0;
  for (const Sample& sample : batches_[index]) {
    const auto steps = static_cast<double>(sample.history.size());
    sum += kWidth * kHidden1 + kAttentionStep * steps;
    sum += input * kOutput1 + kOutput1 * kOutput2 + kOutput2;
    // Two recurrent layers; the first step's state is zero and multiplies nothing.
    sum += kind_ == Interest::din ? kWidth * steps : 2 * kGate * (2 * steps - 1);
  }
  return sum;
}

}  // namespace

std::unique_ptr<TrainedModel> interest_model(Interest kind, std::size_t micro_batch) {
  return std::make_unique<InterestModel>(kind, micro_batch);
}

}  // namespace bauta::bench
