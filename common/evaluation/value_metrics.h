// How good predicted amounts are: whether they bring customers into the right order, and whether their size is right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bauta {

/// One customer's predicted and actual amount, for example the spend of the next months.
struct Valued {
  double predicted = 0;
  double actual = 0;
};

/// Gini coefficient of the actual amounts when customers are ranked by the prediction, over that of the best ranking,
/// by the actual amounts themselves: 1 for the right order, about 0 for a random one, −1 for the reverse. Customers
/// with equal predictions share their middle rank, so that the order of the input is of no matter. For amounts of
/// 0 and 1 it is 2·AUC − 1. Empty when all actual amounts are equal or a number is not finite.
std::optional<double> normalised_gini(std::span<const Valued> samples);

/// The same where sample i counts `weights[weight_of[i]]` times; sorted once for many weightings. Refers to `samples`.
class GiniRanking {
 public:
  explicit GiniRanking(std::span<const Valued> samples);
  std::optional<double> normalised(std::span<const double> weights, std::span<const std::uint32_t> weight_of) const;

 private:
  std::span<const Valued> samples_;
  std::vector<std::size_t> by_prediction_;
  std::vector<std::size_t> by_actual_;
};

struct ValueBin {
  double count = 0;
  double mean_predicted = 0;
  double mean_actual = 0;
};

struct ValueCalibration {
  std::vector<ValueBin> bins;  ///< of equal count, in ascending order of the prediction
  double total_error = 0;      ///< sum of predictions / sum of actual amounts − 1
  double relative_error = 0;  ///< sum over bins of count·|mean predicted − mean actual|, over the sum of actual amounts
};

/// Customers with equal predictions are spread evenly over the bins that they straddle. Empty for no samples, no bins,
/// a number that is not finite or a sum of actual amounts that is not above zero.
std::optional<ValueCalibration> value_calibration(std::span<const Valued> samples, std::size_t bins = 10);

}  // namespace bauta
