#include "common/model/behaviour_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "common/base/thread_team.h"
#include "gradient_check.h"

using namespace bauta;

namespace {

constexpr std::uint32_t kItems = 9;

/// A batch of unlike samples: long, short and empty histories, items with and without text, every label here and there.
class Batch {
 public:
  explicit Batch(const ModelSettings& settings, std::size_t size = 24) {
    CounterRandom random(1, "batch");
    const auto draw = [&](std::uint64_t below) { return static_cast<std::uint8_t>(random.below(below)); };
    const auto bag = [&](int tokens) {
      std::vector<TokenRow> rows;
      for (int token = 0; token < tokens; ++token)
        rows.push_back({static_cast<std::uint32_t>(random.below(2ULL * settings.table_rows))});
      return rows;
    };
    for (std::uint32_t item = 0; item < kItems; ++item) items_.add(bag(item == 0 ? 0 : 2 + static_cast<int>(item)));
    for (int text = 0; text < 5; ++text) texts_.add(bag(3 + text));
    const auto codes = [&] {
      EventCodes event;
      event.item = random.below(4) == 0 ? kNone : static_cast<std::uint32_t>(random.below(kItems));
      event.type = draw(kTypeSlots);
      event.gap = draw(kGapBuckets + 1);
      event.amount = draw(kAmountBuckets + 1);
      event.hour = draw(kHours + 1);
      event.weekday = draw(kWeekdays + 1);
      event.channel = draw(kChannelSlots);
      return event;
    };
    events_.reserve(size * settings.history);
    times_.reserve(size * settings.history);
    for (std::size_t s = 0; s < size; ++s) {
      const std::size_t count = s == 1 ? 0 : 1 + random.below(settings.history);
      const std::size_t first = events_.size();
      std::int64_t at = 1'500'000'000;
      for (std::size_t e = 0; e < count; ++e) {
        at += static_cast<std::int64_t>(random.below(9 * 86400));
        events_.push_back(codes());
        times_.push_back(at);
      }
      ModelSample sample;
      sample.events = std::span(events_).subspan(first, count);
      sample.event_times = std::span(times_).subspan(first, count);
      sample.cut = at + 1 + static_cast<std::int64_t>(random.below(20 * 86400));
      sample.target = codes();
      sample.horizon = draw(kHorizonBuckets);
      for (float& feature : sample.context) feature = static_cast<float>(2 * random.unit() - 1);
      sample.offset = static_cast<float>(random.unit() - 0.5);
      sample.labels.next_events = s % 4 != 3;
      if (s % 3 != 0) sample.labels.conversion = static_cast<std::int8_t>(random.below(2));
      if (s % 5 != 0) sample.labels.hazard = static_cast<std::int8_t>(random.below(kHorizonBuckets));
      sample.labels.hazard_seen = random.below(2) == 0;
      if (s % 4 != 0) sample.labels.value = random.below(3) == 0 ? 0.0F : static_cast<float>(5 * random.unit());
      if (s % 2 == 0) sample.labels.future = static_cast<std::uint32_t>(random.below(texts_.size()));
      samples_.push_back(sample);
    }
    candidates_ = {7, 2, 5, 0};
    log_q_ = {-0.5F, 0.0F, -1.0F, -0.2F};
  }

  ModelBatch view(std::size_t first = 0) const {
    return {std::span(samples_).subspan(first), &items_, &texts_, candidates_, log_q_};
  }
  std::vector<ModelSample>& samples() { return samples_; }

 private:
  TokenBags items_, texts_;
  std::vector<EventCodes> events_;
  std::vector<std::int64_t> times_;
  std::vector<ModelSample> samples_;
  std::vector<std::uint32_t> candidates_;
  std::vector<float> log_q_;
};

const ModelSettings kSmall = {.table_rows = 16, .token_width = 8, .width = 8, .history = 6};
const ModelOptions kAllHeads = {.weights = {0.9, 0.8, 0.7, 0.6, 0.5, 0.4}};

ParameterLayout layout_of(const ModelSettings& settings) {
  auto layout = ParameterLayout::create(settings);
  REQUIRE(layout.ok());
  return layout->with_private(kItems);
}

/// Away from zeros, so that no gradient is small by symmetry.
template <class Scalar>
std::vector<Scalar> nudged_parameters(const ParameterLayout& layout) {
  const std::vector<float> start = initial_parameters(layout);
  std::vector<Scalar> parameters(start.begin(), start.end());
  CounterRandom random(4, "nudge");
  for (Scalar& value : parameters) value += static_cast<Scalar>((2 * random.unit() - 1) * 0.3);
  return parameters;
}

void check_all_tensors(const ModelSettings& settings, ModelOptions options) {
  const ParameterLayout layout = layout_of(settings);
  const Batch batch(settings);
  std::vector<double> parameters = nudged_parameters<double>(layout);
  BehaviourModel<double> model(layout, options);
  constexpr std::uint64_t kDraw = 77;  // the same elements are dropped each time
  const auto loss = [&] {
    return model.train(parameters, batch.view(), kDraw, serial_executor()).weighted(options.weights);
  };
  loss();
  const std::vector<double> analytic = model.gradient().flat;
  for (const Tensor& tensor : layout.tensors()) {
    if (settings.attention == Attention::uniform && tensor.name.starts_with("attention.")) continue;
    if (settings.attention == Attention::softmax && tensor.name == "attention.offset") continue;
    // A thinned check of the widest tensors is enough: every row and column is met.
    const std::size_t stride = tensor.size() > 200 ? 7 : 1;
    gradient_check::check_against_differences(tensor.name, std::span(parameters).subspan(tensor.offset, tensor.size()),
                                              std::span(analytic).subspan(tensor.offset, tensor.size()), loss, stride);
  }
}

}  // namespace

TEST_CASE("the whole model's gradients equal finite differences in every tensor, private ones too") {
  check_all_tensors(kSmall, kAllHeads);
}

TEST_CASE("gradients equal finite differences with softmax attention and a plain evolution") {
  ModelSettings settings = kSmall;
  settings.attention = Attention::softmax;
  settings.evolution_attends = false;
  check_all_tensors(settings, kAllHeads);
}

TEST_CASE("gradients equal finite differences without attention and with dropout") {
  ModelSettings settings = kSmall;
  settings.attention = Attention::uniform;
  ModelOptions options = kAllHeads;
  options.dropout = 0.25;
  options.id_dropout = 0.5;
  options.state_dropout = 0.25;
  check_all_tensors(settings, options);
}

TEST_CASE("dropout of the states changes only what is told of the next event") {
  const ParameterLayout layout = layout_of(kSmall);
  const std::vector<float> parameters = nudged_parameters<float>(layout);
  const Batch batch(kSmall);
  ModelOptions options = kAllHeads;
  BehaviourModel<float> whole(layout, options);
  options.state_dropout = 0.5;
  BehaviourModel<float> dropped(layout, options);
  const BatchLosses plain = whole.train(parameters, batch.view(), 3, serial_executor());
  const BatchLosses losses = dropped.train(parameters, batch.view(), 3, serial_executor());
  CHECK(losses.next_item != plain.next_item);
  CHECK(losses.next_kind != plain.next_kind);
  CHECK(losses.conversion == plain.conversion);
  CHECK(losses.churn == plain.churn);
  CHECK(losses.demand == plain.demand);
}

TEST_CASE("heads that weigh nothing leave the gradient of the others as it is") {
  const ParameterLayout layout = layout_of(kSmall);
  const std::vector<float> parameters = nudged_parameters<float>(layout);
  Batch batch(kSmall);
  const ModelOptions options = {.weights = {1, 0, 0, 0, 0, 0}};
  BehaviourModel<float> all_labels(layout, options);
  all_labels.train(parameters, batch.view(), 1, serial_executor());
  for (ModelSample& sample : batch.samples()) sample.labels = {.next_events = sample.labels.next_events};
  BehaviourModel<float> one_label(layout, options);
  one_label.train(parameters, batch.view(), 1, serial_executor());
  CHECK(all_labels.gradient().flat == one_label.gradient().flat);
}

TEST_CASE("a head without a label in the batch adds neither loss nor gradient") {
  const ParameterLayout layout = layout_of(kSmall);
  const std::vector<float> parameters = nudged_parameters<float>(layout);
  Batch batch(kSmall);
  for (ModelSample& sample : batch.samples()) sample.labels = {.conversion = sample.labels.conversion};
  BehaviourModel<float> model(layout, kAllHeads);
  const BatchLosses losses = model.train(parameters, batch.view(), 1, serial_executor());
  CHECK(losses.conversion > 0);
  for (const double other : {losses.next_item, losses.next_kind, losses.demand, losses.churn, losses.value})
    CHECK(other == 0);
  for (const char* name : {"next.item", "next.kind", "demand.person", "demand.text", "outlook.weight"}) {
    const Tensor& tensor = layout.at(name);
    const auto elements = std::span(model.gradient().flat).subspan(tensor.offset, tensor.size());
    CHECK(std::all_of(elements.begin(), elements.end(), [](float g) { return g == 0; }));
  }
}

TEST_CASE("the same bits come out of any number of threads") {
  const ModelSettings settings = {.table_rows = 64, .token_width = 8, .width = 16, .history = 20};
  const ParameterLayout layout = layout_of(settings);
  const Batch batch(settings, 150);
  const std::vector<float> parameters = nudged_parameters<float>(layout);
  ModelOptions options = kAllHeads;
  options.dropout = 0.2;
  options.id_dropout = 0.5;
  BehaviourModel<float> alone(layout, options);
  const BatchLosses expected = alone.train(parameters, batch.view(), 5, serial_executor());
  Predictions<float> predicted;
  alone.predict(parameters, batch.view(), serial_executor(), predicted);
  for (const unsigned threads : {2U, 3U, 8U}) {
    ThreadTeam team(threads);
    BehaviourModel<float> together(layout, options);
    const BatchLosses losses = together.train(parameters, batch.view(), 5, team.executor());
    CHECK(losses.weighted(options.weights) == expected.weighted(options.weights));
    CHECK(together.gradient().flat == alone.gradient().flat);
    Predictions<float> other;
    together.predict(parameters, batch.view(), team.executor(), other);
    CHECK(other.logits == predicted.logits);
  }
}

TEST_CASE("a gradient holds nothing of the batch before") {
  const ParameterLayout layout = layout_of(kSmall);
  const Batch batch(kSmall);
  const std::vector<float> parameters = nudged_parameters<float>(layout);
  BehaviourModel<float> used(layout, kAllHeads);
  for (const std::size_t first : {0UL, 20UL, 10UL, 23UL}) {
    used.train(parameters, batch.view(first), 2, serial_executor());
    BehaviourModel<float> fresh(layout, kAllHeads);
    fresh.train(parameters, batch.view(first), 2, serial_executor());
    CHECK(used.gradient().flat == fresh.gradient().flat);
  }
}

TEST_CASE("rows of a table without a gradient are exactly those not listed as touched") {
  ModelSettings settings = kSmall;
  settings.table_rows = 256;
  const ParameterLayout layout = layout_of(settings);
  const Batch batch(settings);
  const std::vector<float> parameters = nudged_parameters<float>(layout);
  BehaviourModel<float> model(layout, kAllHeads);
  model.train(parameters, batch.view(), 1, serial_executor());
  const Tensor& table = layout.at("token.table");
  const TouchedRows& touched = model.gradient().tables.front();
  std::vector<int> listed(table.rows, 0);
  for (std::size_t part = 0; part < TouchedRows::kParts; ++part)
    for (const std::uint32_t row : touched.part(part)) ++listed[row];
  std::size_t moved = 0;
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    const auto elements =
        std::span(model.gradient().flat).subspan(table.offset + std::size_t{row} * table.columns, table.columns);
    const bool any = std::any_of(elements.begin(), elements.end(), [](float g) { return g != 0; });
    CHECK(listed[row] <= 1);
    CHECK_FALSE((any && listed[row] == 0));
    moved += any ? 1 : 0;
  }
  CHECK(moved > 0);
  CHECK(moved < table.rows);
}

TEST_CASE("a sample's predictions do not depend on what it is predicted with") {
  const ParameterLayout layout = layout_of(kSmall);
  const Batch batch(kSmall);
  const std::vector<double> parameters = nudged_parameters<double>(layout);
  BehaviourModel<double> model(layout, kAllHeads);
  Predictions<double> all;
  model.predict(parameters, batch.view(), serial_executor(), all);
  for (std::size_t i = 0; i < batch.view().samples.size(); ++i) {
    ModelBatch one = batch.view();
    one.samples = one.samples.subspan(i, 1);
    Predictions<double> own;
    model.predict(parameters, one, serial_executor(), own);
    const auto column = static_cast<Eigen::Index>(i);
    CHECK(own.logits[0] == doctest::Approx(all.logits[i]).epsilon(1e-12));
    CHECK((own.outlooks.view().col(0) - all.outlooks.view().col(column)).norm() < 1e-12);
    CHECK((own.demand.view().col(0) - all.demand.view().col(column)).norm() < 1e-12);
    CHECK((own.next_item.view().col(0) - all.next_item.view().col(column)).norm() < 1e-12);
    CHECK(own.attention[0].size() == one.samples[0].events.size());
  }
}

TEST_CASE("with private parts at zero the shared model speaks alone") {
  const ParameterLayout layout = layout_of(kSmall);
  const Batch batch(kSmall);
  std::vector<float> parameters = nudged_parameters<float>(layout);
  BehaviourModel<float> model(layout, kAllHeads);
  Predictions<float> with_private;
  model.predict(parameters, batch.view(), serial_executor(), with_private);
  for (const char* name : {"private.adapter.up", "private.logit.weight", "private.logit.bias", "private.item.residual"})
    std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(layout.at(name).offset), layout.at(name).size(), 0.0F);
  Predictions<float> shared;
  model.predict(parameters, batch.view(), serial_executor(), shared);
  CHECK(shared.logits != with_private.logits);
  const Tensor& down = layout.at("private.adapter.down");
  std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(down.offset), down.size(), 9.0F);
  Predictions<float> again;
  model.predict(parameters, batch.view(), serial_executor(), again);
  CHECK(again.logits == shared.logits);
}

TEST_CASE("steps along the gradient lower every loss") {
  const ParameterLayout layout = layout_of(kSmall);
  const Batch batch(kSmall);
  std::vector<float> parameters = initial_parameters(layout);
  BehaviourModel<float> model(layout, kAllHeads);
  Adam adam(layout.tensors(), 0.01);
  const BatchLosses before = model.train(parameters, batch.view(), 1, serial_executor());
  BatchLosses after;
  for (int step = 0; step < 60; ++step) {
    after = model.train(parameters, batch.view(), 1, serial_executor());
    adam.step(parameters, model.gradient(), serial_executor());
  }
  CHECK(after.next_item < before.next_item);
  CHECK(after.next_kind < before.next_kind);
  CHECK(after.demand < before.demand);
  CHECK(after.conversion < before.conversion);
  CHECK(after.churn < before.churn);
  CHECK(after.value < before.value);
}
