// How the histories of a micro-batch lie in memory: sorted by length, longest first, and packed step by step, so that
// step t of all sequences that have one is one block of columns and nothing is computed for padding.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace bauta {

/// Sequence `rank` is the rank-th longest. Its step t, counted from the oldest, is column first(t) + rank.
class SequencePack {
 public:
  using Index = Eigen::Index;

  void assign(std::span<const std::size_t> lengths) {
    order_.resize(lengths.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
    lengths_.clear();
    for (const std::size_t sequence : order_) lengths_.push_back(static_cast<Index>(lengths[sequence]));
    const Index steps = lengths_.empty() ? 0 : lengths_.front();
    first_.assign(1, 0);
    Index active = static_cast<Index>(lengths_.size());
    for (Index t = 0; t < steps; ++t) {
      while (lengths_[static_cast<std::size_t>(active - 1)] <= t) --active;
      first_.push_back(first_.back() + active);
    }
  }

  Index sequences() const { return static_cast<Index>(order_.size()); }
  /// The caller's number of the sequence of this rank.
  std::size_t sequence(Index rank) const { return order_[static_cast<std::size_t>(rank)]; }
  Index length(Index rank) const { return lengths_[static_cast<std::size_t>(rank)]; }
  Index steps() const { return static_cast<Index>(first_.size()) - 1; }
  Index first(Index t) const { return first_[static_cast<std::size_t>(t)]; }
  Index active(Index t) const { return first(t + 1) - first(t); }
  Index positions() const { return first_.back(); }
  Index column(Index rank, Index t) const { return first(t) + rank; }

 private:
  std::vector<std::size_t> order_;
  std::vector<Index> lengths_;  // by rank
  std::vector<Index> first_ = {0};
};

}  // namespace bauta
