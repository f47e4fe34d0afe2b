#include "common/model/repeat_purchase/purchase_summary.h"

namespace bauta {

std::optional<PurchaseSummary> summarise(std::span<const Purchase> purchases, double end) {
  if (purchases.empty() || purchases.front().time > end) return std::nullopt;
  const double first = purchases.front().time;
  PurchaseSummary summary;
  summary.age = end - first;
  double last = first;
  double spent = 0;
  for (const Purchase& purchase : purchases) {
    if (purchase.time > end) break;
    if (purchase.time > last) {
      ++summary.frequency;
      last = purchase.time;
    }
    if (purchase.time > first) spent += purchase.amount;
  }
  summary.recency = last - first;
  if (summary.frequency > 0) summary.mean_spend = spent / summary.frequency;
  return summary;
}

}  // namespace bauta
