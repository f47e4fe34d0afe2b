// Customers of the repeat-purchase experiment: what is known of them at the cut time, and what they bought after it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/repeat_purchase/purchase_summary.h"

namespace bauta::experiment {

/// All that a scorer may see: nothing of the cut day or later.
struct CustomerHistory {
  std::string id;
  std::vector<Purchase> purchases;  ///< in time order, one a day; weeks since the data's first day
  PurchaseSummary summary;          ///< of them at the last day before the cut
};

/// What the metrics compare with: the window of `horizon` weeks from the cut day on.
struct Outcome {
  std::uint32_t purchases = 0;  ///< days with a purchase
  double spend = 0;
};

using Histories = std::vector<CustomerHistory>;

/// One company's customers; histories[i] and outcomes[i] are of the same.
struct Shop {
  Histories histories;
  std::vector<Outcome> outcomes;
};

struct PurchaseData {
  std::string name;
  std::string cut;     ///< the first held-out day
  double horizon = 0;  ///< weeks
  Shop all;
};

/// CDNOW, `sample` 1 in 10 of it: everybody's first purchase was in the first quarter of 1997; 39 weeks, and the first
/// `horizon` of the 39 weeks after them.
Result<PurchaseData> load_cdnow(const std::filesystem::path& data, bool sample, double horizon);

/// The service gift_shop, consenting persons only, cut before the last 13 weeks. What was cancelled on the day of the
/// order was not bought; later returns are not looked at.
Result<PurchaseData> load_gift_shop(const std::filesystem::path& data);

/// Six staged companies of unequal size, half of the customers in the first, a fiftieth in the last; a customer's
/// company is a hash of the seed and the id.
std::vector<Shop> stage_shops(const Shop& all, std::uint64_t seed);

}  // namespace bauta::experiment
