#include <algorithm>
#include <array>
#include <numeric>

#include "common/base/counter_random.h"
#include "common/model/layers/embedding_bag.h"
#include "common/model/layers/info_nce.h"
#include "tests/bench/training_models.h"

namespace bauta::bench {
namespace {

using Index = Eigen::Index;

constexpr std::size_t kBatch = 1024;
constexpr std::size_t kBatches = 6;
constexpr std::uint32_t kRows = 1 << 18;
constexpr Index kWidth = 64;
constexpr int kSlice = kBatch / kSlots;
constexpr InfoNceOptions kOptions{.inverse_temperature = 20, .both_ways = false};

/// Every bag of the batch once, in order.
std::vector<std::uint32_t> all_bags() {
  std::vector<std::uint32_t> bags(kBatch);
  std::iota(bags.begin(), bags.end(), 0U);
  return bags;
}

/// Skewed tokens like the script's.
TokenBags make_bags(CounterRandom& random, std::size_t shortest, std::size_t longest) {
  TokenBags bags;
  for (std::size_t bag = 0; bag < kBatch; ++bag) {
    std::vector<TokenRow> tokens(shortest + random.below(longest - shortest + 1));
    for (TokenRow& token : tokens) {
      const double u = random.unit();
      token.code = 2 * static_cast<std::uint32_t>(u * u * kRows);
    }
    bags.add(tokens);
  }
  return bags;
}

TrainedParameters make_parameters() {
  const TrainedParameters::Shape tables[] = {{"persons", kRows, kWidth, 1.7F}, {"texts", kRows, kWidth, 1.7F}};
  return {{}, tables};
}

class TwoTowerModel final : public TrainedModel {
 public:
  TwoTowerModel() : parameters_(make_parameters()), slots_(kSlots) {
    CounterRandom random(2, "batches");
    for (std::size_t i = 0; i < kBatches; ++i)
      batches_.push_back({make_bags(random, 4, 12), make_bags(random, 16, 48)});
    for (Tower& tower : towers_) {
      tower.means.resize(kWidth, kBatch);
      tower.gradients.resize(kWidth, kBatch);
    }
  }

  double step(std::size_t index, const Executor& executor) override;
  std::size_t batch_size() const override { return kBatch; }
  std::size_t batches() const override { return kBatches; }
  double multiply_adds(std::size_t) const override { return static_cast<double>(kBatch * kBatch * kWidth); }
  std::span<const float> parameters() const override { return parameters_.values(); }

 private:
  struct Tower {
    Columns<float> means, gradients;
    UnitColumns<float> units;
  };
  /// Of 1/kSlots of the persons, against all texts.
  struct Slot {
    Columns<float> persons, person_gradient, text_gradient;
    InfoNce<float> contrast;
    float loss = 0;
  };

  void contrast(Slot& slot, std::size_t first);
  void sum_text_gradients(std::size_t first);

  TrainedParameters parameters_;
  std::vector<std::array<TokenBags, 2>> batches_;
  std::vector<std::uint32_t> wanted_ = all_bags();
  std::array<Tower, 2> towers_;
  std::vector<Slot> slots_;
};

double TwoTowerModel::step(std::size_t index, const Executor& executor) {
  const std::array<TokenBags, 2>& bags = batches_[index];
  executor(2 * kSlots, [&](std::size_t task) {
    const std::size_t tower = task / kSlots;
    EmbeddingBag<float>::forward(parameters_.view(tower), bags[tower], wanted_, task % kSlots * kSlice, kSlice,
                                 towers_[tower].means);
  });
  executor(2, [&](std::size_t tower) { towers_[tower].units.forward(towers_[tower].means); });
  executor(kSlots, [&](std::size_t slot) { contrast(slots_[slot], slot * kSlice); });
  executor(kSlots, [&](std::size_t slice) { sum_text_gradients(slice * kSlice); });
  executor(2, [&](std::size_t tower) {
    towers_[tower].units.backward(towers_[tower].gradients);
    EmbeddingBag<float>::divide(bags[tower], wanted_, 0, kBatch, towers_[tower].gradients);
  });
  executor(2 * TouchedRows::kParts, [&](std::size_t task) {
    const std::size_t tower = task / TouchedRows::kParts;
    EmbeddingBag<float>::backward(bags[tower], wanted_, towers_[tower].gradients, task % TouchedRows::kParts,
                                  parameters_.table_gradient(tower), parameters_.touched(tower));
  });
  parameters_.step({}, executor);
  return std::accumulate(slots_.begin(), slots_.end(), 0.0,
                         [](double sum, const Slot& slot) { return sum + static_cast<double>(slot.loss); });
}

void TwoTowerModel::contrast(Slot& slot, std::size_t first) {
  slot.persons.resize(kWidth, kSlice);
  slot.persons.view() = towers_[0].units.units().view().middleCols(static_cast<Index>(first), kSlice);
  slot.person_gradient.resize_zero(kWidth, kSlice);
  slot.text_gradient.resize_zero(kWidth, kBatch);
  slot.loss =
      slot.contrast.forward_backward(slot.persons, towers_[1].units.units(), std::span(wanted_).subspan(first, kSlice),
                                     {}, {}, kOptions, 1.0F / kBatch, slot.person_gradient, slot.text_gradient);
  towers_[0].gradients.view().middleCols(static_cast<Index>(first), kSlice) = slot.person_gradient.view();
}

void TwoTowerModel::sum_text_gradients(std::size_t first) {
  auto sum = towers_[1].gradients.view().middleCols<kSlice>(static_cast<Index>(first));
  sum = slots_[0].text_gradient.view().middleCols<kSlice>(static_cast<Index>(first));
  for (std::size_t slot = 1; slot < kSlots; ++slot)
    sum += slots_[slot].text_gradient.view().middleCols<kSlice>(static_cast<Index>(first));
}

}  // namespace

std::unique_ptr<TrainedModel> two_tower_model() { return std::make_unique<TwoTowerModel>(); }

}  // namespace bauta::bench
