#include "common/model/repeat_purchase/newton_fit.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

namespace bauta {
namespace {

constexpr double kFirstRadius = 1;  // a factor of e in a parameter
constexpr double kLargestRadius = 4;
constexpr double kLeastGain = 1e-4;  // of what the quadratic model promised
constexpr double kFlat = 1e-13;      // an eigenvalue below this share of the largest is no curvature
constexpr double kNoise = 1e-12;     // of the log-likelihood: gains below are rounding

bool finite(const LikelihoodSums& sums) {
  return std::isfinite(sums.log_likelihood) && sums.gradient.allFinite() && sums.hessian.allFinite();
}

Result<LikelihoodSums> with_prior(const SumsAt& sums_at, const ParameterVector& at, const ParameterVector& centre,
                                  double precision) {
  BAUTA_TRY(LikelihoodSums sums, sums_at(at));
  const ParameterVector apart = at - centre;
  sums.log_likelihood -= 0.5 * precision * apart.squaredNorm();
  sums.gradient -= precision * apart;
  sums.hessian.diagonal().array() -= precision;
  return sums;
}

/// The quadratic model of the log-likelihood around a point, along the Hessian's own axes.
class QuadraticModel {
 public:
  explicit QuadraticModel(const LikelihoodSums& sums) : solver_(sums.hessian) {
    curvature_ = -solver_.eigenvalues();
    slope_ = solver_.eigenvectors().transpose() * sums.gradient;
  }

  bool has_maximum() const { return least() > kFlat * scale(); }
  ParameterVector full_step() const { return step(0); }
  /// The best point within the radius.
  ParameterVector step_within(double radius) const {
    if (has_maximum() && full_step().norm() <= radius) return full_step();
    double low = std::max(0.0, -least()) + kFlat * scale();  // the step shrinks as the damping grows
    double high = low + slope_.norm() / radius;
    for (int i = 0; i < 100; ++i) {
      const double middle = 0.5 * (low + high);
      (step(middle).norm() > radius ? low : high) = middle;
    }
    return step(high);
  }
  double gain(const ParameterVector& step) const {
    const ParameterVector along = solver_.eigenvectors().transpose() * step;
    return slope_.dot(along) - 0.5 * curvature_.dot(along.cwiseAbs2());
  }

 private:
  double least() const { return curvature_.minCoeff(); }
  double scale() const { return std::max(curvature_.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min()); }
  ParameterVector step(double damping) const {
    return solver_.eigenvectors() * slope_.cwiseQuotient((curvature_.array() + damping).matrix());
  }

  Eigen::SelfAdjointEigenSolver<ParameterMatrix> solver_;
  ParameterVector curvature_;
  ParameterVector slope_;
};

}  // namespace

Result<Fit> fit_from_sums(const SumsAt& sums_at, const ParameterVector& start, const FitSettings& settings) {
  BAUTA_TRY(LikelihoodSums first, with_prior(sums_at, start, start, settings.prior_precision));
  if (!finite(first)) return Error{ErrorCode::not_finite, "the sums at the starting point are not finite"};
  Fit fit{start, std::move(first), 1, false};
  double radius = kFirstRadius;
  while (true) {
    const QuadraticModel model(fit.sums);
    fit.converged = model.has_maximum() && model.full_step().cwiseAbs().maxCoeff() <= settings.tolerance;
    const bool out_of_bounds = fit.logarithms.cwiseAbs().maxCoeff() > settings.bound;
    const ParameterVector step = model.step_within(radius);
    const bool stuck = step.cwiseAbs().maxCoeff() <= settings.tolerance;
    if (fit.converged || out_of_bounds || stuck || fit.rounds >= settings.max_rounds) return fit;

    const ParameterVector candidate = fit.logarithms + step;
    BAUTA_TRY(LikelihoodSums sums, with_prior(sums_at, candidate, start, settings.prior_precision));
    ++fit.rounds;
    const double promised = model.gain(step);
    const double gained = sums.log_likelihood - fit.sums.log_likelihood;
    const bool in_the_noise = std::fabs(promised) <= kNoise * std::fabs(fit.sums.log_likelihood);
    const double kept = in_the_noise ? 1 : gained / promised;
    if (!finite(sums) || !(kept > kLeastGain)) {
      radius = 0.25 * step.norm();
      continue;
    }
    if (kept < 0.25) radius = 0.5 * step.norm();
    if (kept > 0.75) radius = std::min(kLargestRadius, std::max(radius, 2 * step.norm()));
    fit.logarithms = candidate;
    fit.sums = std::move(sums);
  }
}

}  // namespace bauta
