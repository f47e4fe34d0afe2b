#include "common/model/repeat_purchase/gamma_gamma.h"

#include <cmath>

#include "common/base/result.h"
#include "common/model/repeat_purchase/gamma_function.h"

namespace bauta {
namespace {

bool tells_something(const PurchaseSummary& customer) { return customer.frequency > 0 && customer.mean_spend > 0; }

void add(const GammaGamma& m, const PurchaseSummary& c, const Derivatives& q_alone, LikelihoodSums& sums) {
  const double x = c.frequency;
  const double spent = x * c.mean_spend;
  const double all = m.gamma + spent;
  const Derivatives both = log_gamma(m.p * x + m.q);
  const Derivatives amounts = log_gamma(m.p * x);
  const double log_gamma_share = std::log1p(spent / m.gamma);  // ln(all / gamma)
  const double log_spent_share = std::log1p(m.gamma / spent);  // ln(all / spent)
  sums.customers += 1;
  sums.log_likelihood += both.value - amounts.value - q_alone.value - m.q * log_gamma_share -
                         m.p * x * log_spent_share - std::log(c.mean_spend);
  ParameterVector first(GammaGamma::kParameters);
  first << x * (both.first - amounts.first - log_spent_share), both.first - q_alone.first - log_gamma_share,
      m.q / m.gamma - (m.p * x + m.q) / all;
  const double pq = x * both.second;
  const double pg = -x / all;
  const double qg = spent / (m.gamma * all);
  ParameterMatrix second(GammaGamma::kParameters, GammaGamma::kParameters);
  second << x * x * (both.second - amounts.second), pq, pg,  //
      pq, both.second - q_alone.second, qg,                  //
      pg, qg, (m.p * x + m.q) / (all * all) - m.q / (m.gamma * m.gamma);
  sums.gradient += first;
  sums.hessian += second;
}

}  // namespace

GammaGamma GammaGamma::from_logarithms(const ParameterVector& logarithms) {
  BAUTA_CHECK(logarithms.size() == kParameters);
  return {std::exp(logarithms(0)), std::exp(logarithms(1)), std::exp(logarithms(2))};
}

ParameterVector GammaGamma::logarithms() const {
  ParameterVector logarithms(kParameters);
  logarithms << std::log(p), std::log(q), std::log(gamma);
  return logarithms;
}

LikelihoodSums GammaGamma::sums(std::span<const PurchaseSummary> customers) const {
  LikelihoodSums sums(kParameters);
  const Derivatives q_alone = log_gamma(q);
  for (const PurchaseSummary& customer : customers) {
    if (tells_something(customer)) add(*this, customer, q_alone, sums);
  }
  ParameterVector parameters(kParameters);
  parameters << p, q, gamma;
  sums.to_logarithms(parameters);
  return sums;
}

std::optional<double> GammaGamma::expected_spend(const PurchaseSummary& customer) const {
  const double x = tells_something(customer) ? customer.frequency : 0;
  if (p * x + q <= 1) return std::nullopt;
  return p * (gamma + x * customer.mean_spend) / (p * x + q - 1);
}

}  // namespace bauta
