#include "common/model/behaviour_model.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/model/layers/losses.h"
#include "gradient_check.h"

using namespace bauta;

namespace {

/// A batch of unlike samples: long, short and empty histories, with and without target, items with and without text.
class Batch {
 public:
  explicit Batch(const ModelSettings& settings, std::size_t size = 7) {
    CounterRandom random(1, "batch");
    const auto draw = [&](std::uint64_t below) { return static_cast<std::uint8_t>(random.below(below)); };
    bags_.add({});
    for (int item = 1; item < 6; ++item) {
      std::vector<TokenRow> rows;
      for (int token = 0; token < 2 + item; ++token)
        rows.push_back({static_cast<std::uint32_t>(random.below(2ULL * settings.table_rows))});
      bags_.add(rows);
    }
    const auto codes = [&] {
      EventCodes event;
      event.bag = random.below(4) == 0 ? kNoBag : static_cast<std::uint32_t>(random.below(bags_.size()));
      event.type = draw(kTypeSlots);
      event.gap = draw(kGapBuckets + 1);
      event.amount = draw(kAmountBuckets + 1);
      event.hour = draw(kHours + 1);
      event.weekday = draw(kWeekdays + 1);
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
      sample.has_target = s % 3 != 0;
      sample.target = codes();
      sample.task_type = draw(kTypeSlots);
      sample.horizon = draw(kHorizonBuckets);
      for (float& feature : sample.context) feature = static_cast<float>(2 * random.unit() - 1);
      sample.offset = static_cast<float>(random.unit() - 0.5);
      sample.label = random.below(2) == 0;
      samples_.push_back(sample);
    }
  }

  const TokenBags& bags() const { return bags_; }
  std::span<const ModelSample> samples() const { return samples_; }

 private:
  TokenBags bags_;
  std::vector<EventCodes> events_;
  std::vector<std::int64_t> times_;
  std::vector<ModelSample> samples_;
};

constexpr std::uint32_t kTableRows = 16;
const ModelSettings kSmall = {.table_rows = kTableRows, .token_width = 8, .width = 8, .history = 6};

template <class Scalar>
std::vector<Scalar> logit_gradients(std::span<const Scalar> logits, std::span<const ModelSample> samples) {
  std::vector<Scalar> gradients;
  for (std::size_t i = 0; i < samples.size(); ++i) gradients.push_back(logistic_gradient(logits[i], samples[i].label));
  return gradients;
}

}  // namespace

TEST_CASE("the whole model's gradients equal finite differences in every tensor") {
  const auto layout = ParameterLayout::create(kSmall);
  REQUIRE(layout.ok());
  const Batch batch(kSmall, 24);
  const std::vector<float> start = initial_parameters(*layout);
  std::vector<double> parameters(start.begin(), start.end());
  CounterRandom random(3, "nudge");  // away from zeros, so that no gradient is small by symmetry
  for (double& value : parameters) value += (2 * random.unit() - 1) * 0.1;

  BehaviourModel<double> model(*layout);
  const auto loss = [&] {
    const auto logits = model.forward(parameters, batch.bags(), batch.samples());
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) sum += logistic_loss(logits[i], batch.samples()[i].label);
    return sum;
  };
  const auto logits = model.forward(parameters, batch.bags(), batch.samples());
  const std::vector<double> analytic = model.backward(logit_gradients(logits, batch.samples())).flat;
  for (const Tensor& tensor : layout->tensors()) {
    // A thinned check of the widest tensors is enough: every row and column is met.
    const std::size_t stride = tensor.size() > 2000 ? 7 : 1;
    gradient_check::check_against_differences(tensor.name, std::span(parameters).subspan(tensor.offset, tensor.size()),
                                              std::span(analytic).subspan(tensor.offset, tensor.size()), loss, stride);
  }
}

TEST_CASE("a gradient holds nothing of the batch before") {
  const auto layout = ParameterLayout::create(kSmall);
  const Batch batch(kSmall);
  const std::vector<float> parameters = initial_parameters(*layout);
  BehaviourModel<float> used(*layout);
  for (const std::size_t size : {7UL, 2UL, 5UL, 1UL}) {
    const auto samples = batch.samples().last(size);
    const auto warm_logits = used.forward(parameters, batch.bags(), samples);
    const auto& warm = used.backward(logit_gradients(warm_logits, samples));
    BehaviourModel<float> cold(*layout);
    const auto cold_logits = cold.forward(parameters, batch.bags(), samples);
    CHECK(std::equal(warm_logits.begin(), warm_logits.end(), cold_logits.begin(), cold_logits.end()));
    const auto& expected = cold.backward(logit_gradients(cold_logits, samples));
    CHECK(warm.flat == expected.flat);
    CHECK(warm.touched_rows == expected.touched_rows);
  }
}

TEST_CASE("rows of the table without a gradient are exactly those not listed as touched") {
  ModelSettings settings = kSmall;
  settings.table_rows = 256;
  const auto layout = ParameterLayout::create(settings);
  const Batch batch(settings);
  const std::vector<float> parameters = initial_parameters(*layout);
  BehaviourModel<float> model(*layout);
  const auto logits = model.forward(parameters, batch.bags(), batch.samples());
  const auto& gradient = model.backward(logit_gradients(logits, batch.samples()));
  const Tensor& table = layout->at("token.table");
  std::size_t moved = 0;
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    const auto elements = std::span(gradient.flat).subspan(table.offset + row * table.columns, table.columns);
    const bool any = std::any_of(elements.begin(), elements.end(), [](float g) { return g != 0; });
    const bool listed = std::count(gradient.touched_rows.begin(), gradient.touched_rows.end(), row) == 1;
    CHECK_FALSE((any && !listed));
    moved += any ? 1 : 0;
  }
  CHECK(moved > 0);
  CHECK(moved < table.rows);
}

TEST_CASE("a sample's logit does not depend on the others in the batch") {
  const auto layout = ParameterLayout::create(kSmall);
  const Batch batch(kSmall);
  const std::vector<float> parameters = initial_parameters(*layout);
  BehaviourModel<float> model(*layout);
  const auto together = model.forward(parameters, batch.bags(), batch.samples());
  const std::vector<float> kept(together.begin(), together.end());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto alone = model.forward(parameters, batch.bags(), batch.samples().subspan(i, 1));
    CHECK(alone[0] == doctest::Approx(kept[i]).epsilon(1e-5));
  }
}

TEST_CASE("the private offset is added to the logit") {
  const auto layout = ParameterLayout::create(kSmall);
  const Batch batch(kSmall);
  std::vector<ModelSample> samples(batch.samples().begin(), batch.samples().end());
  BehaviourModel<float> model(*layout);
  const std::vector<float> parameters = initial_parameters(*layout);
  const float before = model.forward(parameters, batch.bags(), samples)[2];
  samples[2].offset += 1.5F;
  CHECK(model.forward(parameters, batch.bags(), samples)[2] == doctest::Approx(before + 1.5F));
}

TEST_CASE("an empty batch is no failure") {
  const auto layout = ParameterLayout::create(kSmall);
  const Batch batch(kSmall);
  BehaviourModel<float> model(*layout);
  CHECK(model.forward(initial_parameters(*layout), batch.bags(), {}).empty());
}
