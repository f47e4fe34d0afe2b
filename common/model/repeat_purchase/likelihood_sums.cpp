#include "common/model/repeat_purchase/likelihood_sums.h"

#include "common/base/result.h"

namespace bauta {

LikelihoodSums& LikelihoodSums::operator+=(const LikelihoodSums& other) {
  customers += other.customers;
  log_likelihood += other.log_likelihood;
  gradient += other.gradient;
  hessian += other.hessian;
  return *this;
}

void LikelihoodSums::to_logarithms(const ParameterVector& parameters) {
  gradient = gradient.cwiseProduct(parameters).eval();
  hessian = (parameters.asDiagonal() * hessian * parameters.asDiagonal()).eval();
  hessian.diagonal() += gradient;
}

std::vector<double> LikelihoodSums::flat() const {
  std::vector<double> flat = {customers, log_likelihood};
  flat.insert(flat.end(), gradient.begin(), gradient.end());
  for (Eigen::Index row = 0; row < hessian.rows(); ++row) {
    for (Eigen::Index column = 0; column <= row; ++column) flat.push_back(hessian(row, column));
  }
  return flat;
}

LikelihoodSums LikelihoodSums::from_flat(std::span<const double> flat, Eigen::Index parameters) {
  BAUTA_CHECK(flat.size() == flat_size(static_cast<std::size_t>(parameters)));
  LikelihoodSums sums(parameters);
  auto next = flat.begin();
  sums.customers = *next++;
  sums.log_likelihood = *next++;
  for (Eigen::Index i = 0; i < parameters; ++i) sums.gradient(i) = *next++;
  for (Eigen::Index row = 0; row < parameters; ++row) {
    for (Eigen::Index column = 0; column <= row; ++column) {
      sums.hessian(row, column) = sums.hessian(column, row) = *next++;
    }
  }
  return sums;
}

}  // namespace bauta
