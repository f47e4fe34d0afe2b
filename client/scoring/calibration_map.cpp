#include "client/scoring/calibration_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bauta::client {
namespace {

constexpr double kLeastBlock = 100;
constexpr double kAdded = 2;  // samples of the mean person, to every block

}  // namespace

std::optional<CalibrationMap> CalibrationMap::fit(std::span<const Scored> samples) {
  if (samples.empty()) return std::nullopt;
  std::vector<Scored> sorted(samples.begin(), samples.end());
  if (std::any_of(sorted.begin(), sorted.end(), [](const Scored& s) { return std::isnan(s.logit); }))
    return std::nullopt;
  std::sort(sorted.begin(), sorted.end(), [](const Scored& a, const Scored& b) { return a.logit < b.logit; });
  struct Block {
    double from = 0;
    double positives = 0;
    double count = 0;
    double share() const { return positives / count; }
  };
  std::vector<Block> blocks;
  const auto add = [&blocks](Block block) {
    while (!blocks.empty() && blocks.back().share() >= block.share()) {
      block = {blocks.back().from, blocks.back().positives + block.positives, blocks.back().count + block.count};
      blocks.pop_back();
    }
    blocks.push_back(block);
  };
  for (std::size_t i = 0; i < sorted.size();) {
    Block block{sorted[i].logit, 0, 0};
    for (; i < sorted.size() && sorted[i].logit == block.from; ++i) {
      block.positives += sorted[i].label ? 1 : 0;
      block.count += 1;
    }
    add(block);
  }
  // What few persons did is no probability: a block that is small joins the one below it, the first the one above.
  for (std::size_t i = blocks.size(); i-- > 1;) {
    const bool small = blocks[i].count < kLeastBlock || (i == 1 && blocks[0].count < kLeastBlock);
    if (!small) continue;
    blocks[i - 1] = {blocks[i - 1].from, blocks[i - 1].positives + blocks[i].positives,
                     blocks[i - 1].count + blocks[i].count};
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(i));
  }
  const auto positives = std::count_if(sorted.begin(), sorted.end(), [](const Scored& one) { return one.label; });
  const double base_rate = static_cast<double>(positives) / static_cast<double>(sorted.size());
  // Small blocks move further than large ones, so that neighbours may change places.
  const std::vector<Block> merged = std::exchange(blocks, {});
  for (const Block& block : merged) add({block.from, block.positives + kAdded * base_rate, block.count + kAdded});
  CalibrationMap map;
  for (const Block& block : blocks) {
    map.from_.push_back(block.from);
    map.probability_.push_back(block.share());
  }
  return map;
}

double CalibrationMap::operator()(double score) const {
  const auto after = std::upper_bound(from_.begin(), from_.end(), score);
  return probability_[after == from_.begin() ? 0 : static_cast<std::size_t>(after - from_.begin()) - 1];
}

}  // namespace bauta::client
