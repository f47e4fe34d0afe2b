// Which samples the next batch holds: whole shuffled passes, a function of the two seeds alone.
#pragma once

#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/counter_random.h"

namespace bauta::client {

class BatchOrder {
 public:
  /// `samples` > 0.
  BatchOrder(std::size_t samples, std::uint64_t service_seed, std::uint64_t round_no, std::string_view purpose)
      : random_(mix64(service_seed) + round_no, purpose), order_(samples), at_(samples) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  std::size_t next() {
    if (at_ == order_.size()) {
      for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random_.below(i)]);
      at_ = 0;
    }
    return order_[at_++];
  }

 private:
  CounterRandom random_;
  std::vector<std::size_t> order_;
  std::size_t at_;
};

}  // namespace bauta::client
