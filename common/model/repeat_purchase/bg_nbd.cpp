#include "common/model/repeat_purchase/bg_nbd.h"

#include <cmath>
#include <limits>

#include "common/base/result.h"
#include "common/model/repeat_purchase/gamma_function.h"

namespace bauta {
namespace {

enum Parameter : Eigen::Index { kR, kAlpha, kA, kB };

double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// The logarithm of a sum of the likelihood's two cases, still there (3) and left (4), is softplus(d) beyond case 3.
void add_left_or_not(const BgNbd& m, const PurchaseSummary& c, double x, double d, LikelihoodSums& sums) {
  const double end = m.alpha + c.age;
  const double last = m.alpha + c.recency;
  const double apart = (c.age - c.recency) / (end * last);
  const double tries = m.b + x - 1;
  ParameterVector by(BgNbd::kParameters);
  by << std::log1p((c.age - c.recency) / last), -(m.r + x) * apart, 1 / m.a, -1 / tries;
  const double left = logistic(d);
  const double there = logistic(-d);
  sums.log_likelihood += softplus(d);
  sums.gradient += left * by;
  sums.hessian += left * there * by * by.transpose();
  sums.hessian(kR, kAlpha) -= left * apart;
  sums.hessian(kAlpha, kR) -= left * apart;
  sums.hessian(kAlpha, kAlpha) += left * (m.r + x) * apart * (end + last) / (end * last);
  sums.hessian(kA, kA) -= left / (m.a * m.a);
  sums.hessian(kB, kB) += left / (tries * tries);
}

/// Everything but the above: purchases at a gamma rate, and x chances to leave not taken.
void add_purchases(const BgNbd& m, const PurchaseSummary& c, double x, LikelihoodSums& sums) {
  const double end = m.alpha + c.age;
  const Derivatives rate = log_rising(m.r, c.frequency);
  const Derivatives stays = log_rising(m.b, c.frequency);
  const Derivatives chances = log_rising(m.a + m.b, c.frequency);
  const double share = c.age / (m.alpha * end);
  sums.log_likelihood +=
      rate.value + stays.value - chances.value - m.r * std::log1p(c.age / m.alpha) - x * std::log(end);
  sums.gradient(kR) += rate.first - std::log1p(c.age / m.alpha);
  sums.gradient(kAlpha) += m.r * share - x / end;
  sums.gradient(kA) -= chances.first;
  sums.gradient(kB) += stays.first - chances.first;
  sums.hessian(kR, kR) += rate.second;
  sums.hessian(kR, kAlpha) += share;
  sums.hessian(kAlpha, kR) += share;
  sums.hessian(kAlpha, kAlpha) += x / (end * end) - m.r * share * (m.alpha + end) / (m.alpha * end);
  sums.hessian(kA, kA) -= chances.second;
  sums.hessian(kA, kB) -= chances.second;
  sums.hessian(kB, kA) -= chances.second;
  sums.hessian(kB, kB) += stays.second - chances.second;
}

}  // namespace

BgNbd BgNbd::from_logarithms(const ParameterVector& logarithms) {
  BAUTA_CHECK(logarithms.size() == kParameters);
  return {std::exp(logarithms(kR)), std::exp(logarithms(kAlpha)), std::exp(logarithms(kA)), std::exp(logarithms(kB))};
}

ParameterVector BgNbd::logarithms() const {
  ParameterVector logarithms(kParameters);
  logarithms << std::log(r), std::log(alpha), std::log(a), std::log(b);
  return logarithms;
}

double BgNbd::log_odds_of_having_left(const PurchaseSummary& customer) const {
  if (customer.frequency == 0) return -std::numeric_limits<double>::infinity();
  const double x = customer.frequency;
  return std::log(a) - std::log(b + x - 1) +
         (r + x) * std::log1p((customer.age - customer.recency) / (alpha + customer.recency));
}

LikelihoodSums BgNbd::sums(std::span<const PurchaseSummary> customers) const {
  LikelihoodSums sums(kParameters);
  for (const PurchaseSummary& customer : customers) {
    const double x = customer.frequency;
    add_purchases(*this, customer, x, sums);
    if (customer.frequency > 0) add_left_or_not(*this, customer, x, log_odds_of_having_left(customer), sums);
  }
  sums.customers = static_cast<double>(customers.size());
  ParameterVector parameters(kParameters);
  parameters << r, alpha, a, b;
  sums.to_logarithms(parameters);
  return sums;
}

double BgNbd::probability_alive(const PurchaseSummary& customer) const {
  return logistic(-log_odds_of_having_left(customer));
}

double BgNbd::purchase_log_odds(const PurchaseSummary& customer, double horizon) const {
  const double left = log_odds_of_having_left(customer);
  const double log_silent = -(r + customer.frequency) * std::log1p(horizon / (alpha + customer.age));
  const double alive = logistic(-left);
  const double log_buys = -softplus(left) + std::log(-std::expm1(log_silent));
  return log_buys - std::log((1 - alive) + alive * std::exp(log_silent));
}

double BgNbd::expected_purchases(const PurchaseSummary& customer, double horizon) const {
  const double x = customer.frequency;
  const double z = horizon / (alpha + customer.age + horizon);
  double log_chance = -(r + x) * std::log1p(horizon / (alpha + customer.age));  // of N = 0; may be beyond exp()
  double stays = 1;
  double made = 0;  // c_n
  double sum = 0;
  for (double n = 1;; n += 1) {
    log_chance += std::log((r + x + n - 1) / n * z);
    made += stays;
    stays *= (b + x + n - 1) / (a + b + x + n - 1);
    const double term = std::exp(log_chance) * made;
    sum += term;
    const double ratio = (r + x + n) / n * z;                         // no later term grows faster
    if (!(ratio >= 1) && !(term > 1e-17 * sum * (1 - ratio))) break;  // NaN ends it, too
  }
  return probability_alive(customer) * sum;
}

}  // namespace bauta
