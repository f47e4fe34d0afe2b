#include "tests/bench/experiments/purchase_scorers.h"

#include <cmath>

#include "common/masking/packed_vector.h"
#include "common/model/repeat_purchase/bg_nbd.h"
#include "common/model/repeat_purchase/gamma_gamma.h"
#include "common/model/repeat_purchase/integer_sums.h"
#include "tests/bench/must.h"

namespace bauta::experiment {
namespace {

std::vector<PurchaseSummary> summaries_of(const Histories& histories) {
  std::vector<PurchaseSummary> summaries;
  for (const CustomerHistory& history : histories) summaries.push_back(history.summary);
  return summaries;
}

struct Models {
  BgNbd purchases;
  GammaGamma spend;

  double value(const PurchaseSummary& customer, double horizon) const {
    return purchases.expected_purchases(customer, horizon) * mean_spend(customer);
  }
  /// Of customers for whom the model has no finite mean (q <= 1, no repeat purchase) it knows little: p * gamma, the
  /// mean at q = 2, stands in.
  double mean_spend(const PurchaseSummary& customer) const {
    return spend.expected_spend(customer).value_or(spend.p * spend.gamma);
  }
};

Models fit_models(std::span<const Histories> partners) {
  return {BgNbd::from_logarithms(bench::must(fit_over<BgNbd>(partners, Sums::plain)).logarithms),
          GammaGamma::from_logarithms(bench::must(fit_over<GammaGamma>(partners, Sums::plain)).logarithms)};
}

/// The three scores that the literature reads off one BG/NBD fit differ in the order of customers only.
Scorer bg_nbd_scorer(std::string name, bool probabilities,
                     double (*log_odds)(const BgNbd&, const PurchaseSummary&, double horizon)) {
  return {std::move(name), probabilities,
          [log_odds](std::span<const Histories> partners, double horizon, std::uint64_t) -> Predictor {
            return [models = fit_models(partners), horizon, log_odds](const CustomerHistory& customer) -> Prediction {
              return {log_odds(models.purchases, customer.summary, horizon), models.value(customer.summary, horizon)};
            };
          }};
}

/// No model: who bought lately buys again, and at the rate and the amount of the past.
Scorer as_before() {
  return {"as_before", false, [](std::span<const Histories>, double horizon, std::uint64_t) -> Predictor {
            return [horizon](const CustomerHistory& customer) -> Prediction {
              const PurchaseSummary& s = customer.summary;
              const double rate = s.age > 0 ? s.frequency / s.age : 0;
              return {s.recency - s.age, rate * horizon * s.mean_spend};
            };
          }};
}

}  // namespace

template <class Model>
Result<Fit> fit_over(std::span<const Histories> partners, Sums kind) {
  std::vector<std::vector<PurchaseSummary>> summaries;
  for (const Histories& partner : partners) summaries.push_back(summaries_of(partner));
  const auto plain = [&](const ParameterVector& at) -> Result<LikelihoodSums> {
    LikelihoodSums total(at.size());
    for (const auto& partner : summaries) total += Model::from_logarithms(at).sums(partner);
    return total;
  };
  const auto as_integers = [&](const ParameterVector& at) -> Result<LikelihoodSums> {
    const IntegerSums integers{{0x1p18, 28}, kind == Sums::two_lanes ? 2U : 1U};  // holds the sums of every shop here
    const auto count = static_cast<std::uint32_t>(partners.size());
    BAUTA_RETURN_IF_ERROR(check_lane_capacity(integers.quantiser.bits, integers.lane_bits, count));
    std::vector<std::uint64_t> total(integers.layout(at.size()).word_count());
    for (const auto& partner : summaries) {
      BAUTA_TRY(const auto words, integers.encode(Model::from_logarithms(at).sums(partner)));
      add_packed(total, words, integers.lane_bits);
    }
    return integers.decode(total, at.size(), count);
  };
  FitSettings settings;
  settings.prior_precision = 1e-3;  // a service that nobody leaves, or a tiny one, has no maximum otherwise
  if (kind == Sums::plain) return fit_from_sums(plain, Model().logarithms(), settings);
  settings.tolerance = 1e-7;  // below, where a likelihood is nearly flat, the integers' last digit is seen
  return fit_from_sums(as_integers, Model().logarithms(), settings);
}

template Result<Fit> fit_over<BgNbd>(std::span<const Histories>, Sums);
template Result<Fit> fit_over<GammaGamma>(std::span<const Histories>, Sums);

std::vector<Scorer> scorers() {
  return {
      bg_nbd_scorer("bg_nbd", true,
                    [](const BgNbd& m, const PurchaseSummary& c, double t) { return m.purchase_log_odds(c, t); }),
      bg_nbd_scorer("expected_purchases", false,
                    [](const BgNbd& m, const PurchaseSummary& c, double t) { return m.expected_purchases(c, t); }),
      bg_nbd_scorer("p_alive", false,
                    [](const BgNbd& m, const PurchaseSummary& c, double) { return m.probability_alive(c); }),
      as_before(),
  };
}

}  // namespace bauta::experiment
