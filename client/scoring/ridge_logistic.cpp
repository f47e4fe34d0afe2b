#include "client/scoring/ridge_logistic.h"

#include <Eigen/Dense>
#include <cmath>

namespace bauta::client {

RidgeLogistic::RidgeLogistic(const Eigen::MatrixXd& features, const Eigen::VectorXd& labels, double l2) {
  mean_ = features.colwise().mean();
  scale_ = ((features.rowwise() - mean_).array().square().colwise().mean()).sqrt();
  for (Eigen::Index j = 0; j < scale_.size(); ++j) scale_(j) = scale_(j) > 1e-9 ? scale_(j) : 1;
  const Eigen::MatrixXd x = standardised(features);
  weights_ = Eigen::VectorXd::Zero(x.cols());
  const double share = labels.mean();
  weights_(0) = std::log(share / (1 - share));
  Eigen::VectorXd penalty = Eigen::VectorXd::Constant(x.cols(), l2);
  penalty(0) = 1e-6;
  for (int step = 0; step < 50; ++step) {
    const Eigen::VectorXd p = (1 / (1 + (-(x * weights_).array()).exp())).matrix();
    const Eigen::VectorXd gradient = x.transpose() * (p - labels) + penalty.cwiseProduct(weights_);
    const Eigen::VectorXd curvature = (p.array() * (1 - p.array())).max(1e-6).matrix();
    Eigen::MatrixXd hessian = x.transpose() * (x.array().colwise() * curvature.array()).matrix();
    hessian.diagonal() += penalty;
    Eigen::VectorXd move = hessian.ldlt().solve(gradient);
    if (const double length = move.norm(); length > 2) move *= 2 / length;  // far steps overshoot where classes part
    weights_ -= move;
    if (move.norm() < 1e-8) break;
  }
}

Eigen::VectorXd RidgeLogistic::logits(const Eigen::MatrixXd& features) const {
  return standardised(features) * weights_;
}

Eigen::MatrixXd RidgeLogistic::standardised(const Eigen::MatrixXd& features) const {
  Eigen::MatrixXd x(features.rows(), features.cols() + 1);
  x.col(0).setOnes();
  x.rightCols(features.cols()) = (features.rowwise() - mean_).array().rowwise() / scale_.array();
  return x;
}

}  // namespace bauta::client
