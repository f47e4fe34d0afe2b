// Fair choice without replacement.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/random_source.h"

namespace bauta {

/// `most` of `items` (or all, where there are no more), every subset as likely as every other but for a bias below
/// 2^-40 where there are fewer than 2^20 items; ascending. Fisher and Yates.
template <class T>
std::vector<T> random_subset(std::vector<T> items, std::size_t most, RandomSource& random) {
  for (std::size_t i = 0; i < most && i < items.size(); ++i) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    std::swap(items[i], items[i + read_u64(bytes) % (items.size() - i)]);
  }
  if (items.size() > most) items.resize(most);
  std::sort(items.begin(), items.end());
  return items;
}

}  // namespace bauta
