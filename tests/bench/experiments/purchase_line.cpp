#include "tests/bench/experiments/purchase_line.h"

#include <cmath>
#include <memory>
#include <optional>

#include "client/scoring/ridge_logistic.h"
#include "tests/bench/experiments/purchase_cuts.h"

namespace bauta::experiment {
namespace {

constexpr Eigen::Index kFeatures = 4;
constexpr double kPenalty = 1;

struct Known {
  Eigen::RowVector<double, kFeatures> features;
  double mean_amount = 0;
};

/// Of what was bought before `day`; nothing where nothing was.
std::optional<Known> known_at(const CustomerHistory& customer, long day) {
  const auto summary = summarise(customer.purchases, static_cast<double>(day - 1) / 7);
  if (!summary) return std::nullopt;
  const double first = customer.purchases.front().amount;
  Known known;
  known.mean_amount = (first + summary->frequency * summary->mean_spend) / (summary->frequency + 1);
  known.features << std::log1p(summary->frequency), std::log1p(summary->age - summary->recency),
      std::log1p(summary->age), std::log1p(std::max(known.mean_amount, 0.0));
  return known;
}

struct Example {
  Known known;
  bool buys = false;
  double spend = 0;
};

void add_examples(const Histories& histories, long cut, std::vector<Example>& examples) {
  for (const CustomerHistory& customer : histories) {
    for (int k = 0; k < kInnerCuts; ++k) {
      const long at = inner_cut_day(cut, k);
      const auto known = known_at(customer, at);
      if (!known) continue;
      Example example{*known};
      for (const Purchase& purchase : customer.purchases) {
        const long day = std::lround(purchase.time * 7);
        if (day < at || day >= at + kLabelDays) continue;
        example.buys = true;
        example.spend += purchase.amount;
      }
      examples.push_back(example);
    }
  }
}

struct Line {
  client::RidgeLogistic logistic;
  double factor = 1;

  Prediction predict(const Known& known) const {
    const double log_odds = logistic.logits(known.features)(0);
    return {log_odds, factor * known.mean_amount / (1 + std::exp(-log_odds))};
  }
};

Line fit_line(const std::vector<Example>& examples) {
  const auto count = static_cast<Eigen::Index>(examples.size());
  Eigen::MatrixXd features(count, kFeatures);
  Eigen::VectorXd labels(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Example& example = examples[static_cast<std::size_t>(i)];
    features.row(i) = example.known.features;
    labels(i) = example.buys ? 1 : 0;
  }
  Line line{client::RidgeLogistic(features, labels, kPenalty)};
  double predicted = 0, actual = 0;
  for (const Example& example : examples) {
    predicted += line.predict(example.known).value;
    actual += example.spend;
  }
  if (predicted > 0) line.factor = actual / predicted;
  return line;
}

}  // namespace

Scorer label_line() {
  return {"line", true,
          [](std::span<const Histories> partners, double, std::uint64_t) -> Predictor {
            const long cut = cut_day(partners.front());
            std::vector<Example> examples;
            for (const Histories& histories : partners) add_examples(histories, cut, examples);
            const auto line = std::make_shared<const Line>(fit_line(examples));
            return [line, cut](const CustomerHistory& customer) { return line->predict(*known_at(customer, cut)); };
          },
          kLabelReach};
}

}  // namespace bauta::experiment
