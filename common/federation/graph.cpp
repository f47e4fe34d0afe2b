#include "common/federation/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace bauta {
namespace {

const double kLogSecurity = -40 * std::log(2.0);
const double kLogCorrectness = -20 * std::log(2.0);
constexpr double kImpossible = -std::numeric_limits<double>::infinity();

// Sums of probabilities as logarithms.
class LogSum {
 public:
  void add(double log_term) {
    if (log_term == kImpossible) return;
    if (log_term > largest_) {
      sum_ = largest_ == kImpossible ? 1 : sum_ * std::exp(largest_ - log_term) + 1;
      largest_ = log_term;
    } else {
      sum_ += std::exp(log_term - largest_);
    }
  }
  double value() const { return largest_ == kImpossible ? kImpossible : largest_ + std::log(sum_); }

 private:
  double largest_ = kImpossible;
  double sum_ = 0;
};

// log i! for i up to a bound, added up once: lgamma is not thread-safe everywhere and slow here.
class Factorials {
 public:
  explicit Factorials(std::uint32_t most) : log_(most + 1, 0) {
    for (std::uint32_t i = 2; i <= most; ++i) log_[i] = log_[i - 1] + std::log(static_cast<double>(i));
  }
  double operator()(std::uint32_t i) const { return log_[i]; }
  double choose(std::uint32_t n, std::uint32_t k) const {
    return k > n ? kImpossible : log_[n] - log_[k] - log_[n - k];
  }

 private:
  std::vector<double> log_;
};

// Of `draws` from `all` without replacement: at least `least` among the `marked` ones.
double log_at_least(const Factorials& log, std::uint32_t all, std::uint32_t marked, std::uint32_t draws,
                    std::uint32_t least) {
  LogSum sum;
  for (std::uint32_t j = least; j <= std::min(draws, marked); ++j) {
    sum.add(log.choose(marked, j) + log.choose(all - marked, draws - j) - log.choose(all, draws));
  }
  return std::min(0.0, sum.value());
}

double log_fewer_than(const Factorials& log, std::uint32_t all, std::uint32_t marked, std::uint32_t draws,
                      std::uint32_t bound) {
  LogSum sum;
  for (std::uint32_t j = 0; j < std::min(bound, draws + 1); ++j) {
    sum.add(log.choose(marked, j) + log.choose(all - marked, draws - j) - log.choose(all, draws));
  }
  return std::min(0.0, sum.value());
}

// That t or more of somebody's draws collude. The coordinator may keep U1 as small as n_min.
double log_opened(const Factorials& log, std::uint32_t n, std::uint32_t f, std::uint32_t n_min, std::uint32_t degree,
                  std::uint32_t t) {
  const std::uint32_t others = n_min - 1;
  return std::log(static_cast<double>(n)) + log_at_least(log, others, std::min(f, others), std::min(degree, others), t);
}

// Of a group of `part` honest survivors: each keeps its living draws within the group and the colluders, whoever else
// is declared dead. The coordinator chooses how many are in U1; the most groups are to be had with n, the most
// colluders among the others with n_min.
double log_within(const Factorials& log, std::uint32_t n, std::uint32_t f, std::uint32_t n_min, std::uint32_t degree,
                  std::uint32_t part) {
  const std::uint32_t others = n_min - 1;
  const std::uint32_t near = std::min(others, part + f - 1);
  return log.choose(n - f, part) + part * log_at_least(log, others, near, degree, living_draws_needed(degree));
}

// The same group, and any choice of the dead that leaves n_min: no draw leads from it to the other honest survivors or
// back. Chances and choices grow with U1, so U1 is everybody. The logarithm is concave in the number of the others,
// whose greatest term stands for all.
double log_between(const Factorials& log, std::uint32_t n, std::uint32_t f, std::uint32_t n_min, std::uint32_t degree,
                   std::uint32_t part) {
  const std::uint32_t honest = n - f;
  const double all_draws = log.choose(n - 1, degree);
  const auto term = [&](std::uint32_t other) {
    return log(honest) - log(part) - log(other) - log(honest - part - other) +
           part * (log.choose(n - 1 - other, degree) - all_draws) +
           other * (log.choose(n - 1 - part, degree) - all_draws);
  };
  std::uint32_t low = std::max(part, n_min > f + part ? n_min - f - part : 0);
  std::uint32_t high = honest - part;
  const double terms = high - low + 1;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (term(middle) < term(middle + 1)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::log(terms) + term(low);
}

// That some group of honest survivors, no larger than the rest of them, shares no mask with the rest.
double log_any_cut_off(const Factorials& log, std::uint32_t n, std::uint32_t f, std::uint32_t n_min,
                       std::uint32_t degree) {
  LogSum sum;
  for (std::uint32_t part = 1; part <= (n - f) / 2; ++part) {
    sum.add(std::min(log_within(log, n, f, n_min, degree, part), log_between(log, n, f, n_min, degree, part)));
  }
  return sum.value();
}

bool is_secure(const Factorials& log, std::uint32_t n, std::uint32_t f, std::uint32_t n_min, const SparseGraph& graph) {
  // Half of the allowed probability for each of the two ways.
  const double each = kLogSecurity - std::log(2.0);
  return log_opened(log, n, f, n_min, graph.degree, graph.shamir) <= each &&
         log_any_cut_off(log, n, f, n_min, graph.degree) <= each;
}

}  // namespace

std::string_view to_string(GraphKind kind) { return kind == GraphKind::complete ? "complete" : "sparse"; }

bool is_secure_sparse_graph(std::uint32_t n, std::uint32_t f, std::uint32_t n_min, const SparseGraph& graph) {
  const bool plausible = n >= 3 && f < n && n_min > f + 1 && n_min <= n && graph.degree >= 2 &&
                         graph.degree < n_min - 1 && graph.shamir >= 2 && graph.shamir <= graph.degree;
  return plausible && is_secure(Factorials(n), n, f, n_min, graph);
}

Result<SparseGraph> find_sparse_graph(std::uint32_t n, std::uint32_t f, std::uint32_t n_min, double dropout,
                                      std::uint32_t most_degree) {
  const bool plausible = n_min > f + 1 && n_min <= n;
  const Factorials log(n);
  const auto living = n - 1 - std::min(n - 1, static_cast<std::uint32_t>(std::floor(dropout * n)));
  const auto ends = [&](std::uint32_t degree, std::uint32_t needed) {
    return std::log(static_cast<double>(n)) + log_fewer_than(log, n - 1, living, degree, needed) <= kLogCorrectness;
  };
  std::uint32_t t = 2;  // the least one never falls as the degree grows
  for (std::uint32_t degree = 2; plausible && degree < n_min - 1 && degree <= most_degree; ++degree) {
    if (!ends(degree, living_draws_needed(degree))) continue;
    while (t <= degree && log_opened(log, n, f, n_min, degree, t) > kLogSecurity - std::log(2.0)) ++t;
    if (t <= degree && ends(degree, t) && is_secure(log, n, f, n_min, {degree, t})) return SparseGraph{degree, t};
  }
  return Error{
      ErrorCode::invalid_argument,
      fmt::format("no sparse graph of degree {} or less is secure for {} partners of whom {} collude, at least "
                  "{} stay and {} % vanish",
                  std::min(most_degree, n), n, f, n_min, 100 * dropout)};
}

GraphChoice choose_graph(std::uint32_t n, std::uint32_t f, const Thresholds& complete, double dropout,
                         std::uint64_t vector_bytes, double work_budget) {
  const GraphChoice whole{{GraphKind::complete, 0}, complete.shamir};
  const std::uint64_t work = masking_work(n - 1, vector_bytes);
  if (static_cast<double>(work) <= work_budget) return whole;
  // A partner masks with those it drew and with those who drew it: beyond a quarter of all, nothing is gained.
  const auto sparse = find_sparse_graph(n, f, complete.n_min, dropout, n / 4);
  if (!sparse.ok() || 2 * masking_work(2 * std::uint64_t{sparse->degree}, vector_bytes) >= work) return whole;
  return {{GraphKind::sparse, sparse->degree}, sparse->shamir};
}

}  // namespace bauta
