// What a partner tells of its customers while a model is fitted: sums over all of them, nothing about one. Sums of
// several partners are added coordinate by coordinate.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

namespace bauta {

inline constexpr int kMaxModelParameters = 4;

/// The logarithms of a model's parameters (all of them positive), or something by them. No heap.
using ParameterVector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, kMaxModelParameters, 1>;
using ParameterMatrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, kMaxModelParameters, kMaxModelParameters>;

/// A log-likelihood at one point with its derivatives by the logarithms of the parameters, summed over customers.
struct LikelihoodSums {
  explicit LikelihoodSums(Eigen::Index parameters)
      : gradient(ParameterVector::Zero(parameters)), hessian(ParameterMatrix::Zero(parameters, parameters)) {}

  LikelihoodSums& operator+=(const LikelihoodSums& other);

  /// From derivatives by the parameters themselves to derivatives by their logarithms; `parameters` as in exp(log).
  void to_logarithms(const ParameterVector& parameters);

  /// customers, log_likelihood, gradient, then the Hessian's lower triangle row by row: flat_size() numbers.
  std::vector<double> flat() const;
  static LikelihoodSums from_flat(std::span<const double> flat, Eigen::Index parameters);
  static constexpr std::size_t flat_size(std::size_t parameters) {
    return 2 + parameters + parameters * (parameters + 1) / 2;
  }

  double customers = 0;  ///< how many the sums are over
  double log_likelihood = 0;
  ParameterVector gradient;
  ParameterMatrix hessian;  ///< symmetric
};

}  // namespace bauta
