#include "client/scoring/ridge_logistic.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace bauta::client;

namespace {

/// Feature 0 decides with noise, feature 1 is a constant.
struct Made {
  Eigen::MatrixXd x{200, 2};
  Eigen::VectorXd y{200};
  Made() {
    for (Eigen::Index i = 0; i < 200; ++i) {
      x(i, 0) = static_cast<double>(i);
      x(i, 1) = 7;
      y(i) = i % 10 == 0 ? (i < 100 ? 1 : 0) : (i < 100 ? 0 : 1);
    }
  }
};

}  // namespace

TEST_CASE("a regression follows the feature that tells and leaves a constant alone") {
  const Made made;
  const RidgeLogistic model(made.x, made.y, 1);
  CHECK(model.weights()(1) > 1);
  CHECK(model.weights()(2) == doctest::Approx(0));
  const Eigen::VectorXd logits = model.logits(made.x);
  CHECK(logits(199) > logits(0));
  double mean = 0;
  for (Eigen::Index i = 0; i < 200; ++i) mean += 1 / (1 + std::exp(-logits(i))) / 200;
  CHECK(mean == doctest::Approx(made.y.mean()).epsilon(0.001));  // the intercept is not shrunk
}

TEST_CASE("a heavy penalty leaves the base rate") {
  const Made made;
  const RidgeLogistic model(made.x, made.y, 1e9);
  CHECK(std::abs(model.weights()(1)) < 1e-4);
}
