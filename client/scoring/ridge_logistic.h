// Logistic regression on few features with an L2 penalty.
#pragma once

#include <Eigen/Core>
#include <array>

namespace bauta::client {

/// What to choose a penalty from, on later data.
inline constexpr std::array<double, 5> kRidgePenalties = {0.1, 1, 10, 100, 1000};
inline constexpr double kRidgePenalty = 10;  ///< where there is nothing to choose by

/// By Newton's method on standardised features; the intercept is not shrunk. A feature without spread has no effect.
class RidgeLogistic {
 public:
  /// A row a sample; labels are 0 or 1, both of which must occur. `l2` > 0 is the penalty of a weight's half square.
  RidgeLogistic(const Eigen::MatrixXd& features, const Eigen::VectorXd& labels, double l2);

  Eigen::VectorXd logits(const Eigen::MatrixXd& features) const;
  /// Of the standardised features; the first is the intercept.
  const Eigen::VectorXd& weights() const { return weights_; }

 private:
  Eigen::MatrixXd standardised(const Eigen::MatrixXd& features) const;

  Eigen::RowVectorXd mean_, scale_;
  Eigen::VectorXd weights_;
};

}  // namespace bauta::client
