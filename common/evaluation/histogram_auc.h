// AUC from sums alone: counts per logit bin can be added over partners under masks, scores cannot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bauta {

/// Counts of positives and negatives in equal bins of the logit over [−kLogitLimit, kLogitLimit]; beyond lands in the
/// outermost bins. Bins of the logit, not of the probability: rare events crowd near probability 0.
class LogitHistogram {
 public:
  static constexpr std::size_t kBins = 1024;
  static constexpr double kLogitLimit = 16.0;

  struct Estimate {
    double auc = 0;    ///< every pair inside one bin counts one half
    double bound = 0;  ///< the exact AUC differs by at most this, for certain
  };

  /// A NaN logit is counted nowhere and returns false.
  bool add(double logit, bool label);
  void merge(const LogitHistogram& other);
  /// Empty when a class is missing.
  std::optional<Estimate> estimate() const;

  const std::array<std::uint64_t, kBins>& positives() const { return positives_; }
  const std::array<std::uint64_t, kBins>& negatives() const { return negatives_; }

 private:
  std::array<std::uint64_t, kBins> positives_{};
  std::array<std::uint64_t, kBins> negatives_{};
};

}  // namespace bauta
