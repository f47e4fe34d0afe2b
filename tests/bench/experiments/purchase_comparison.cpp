#include "tests/bench/experiments/purchase_comparison.h"

#include <numeric>

#include "common/base/counter_random.h"

namespace bauta::experiment {
namespace {

std::vector<std::uint32_t> one_person_each(std::size_t count) {
  std::vector<std::uint32_t> persons(count);
  std::iota(persons.begin(), persons.end(), 0U);
  return persons;
}

}  // namespace

ScoredShop score(const Predictor& predictor, const Shop& shop) {
  ScoredShop scored;
  for (std::size_t i = 0; i < shop.histories.size(); ++i) {
    const Prediction prediction = predictor(shop.histories[i]);
    scored.churn.push_back({-prediction.log_odds, shop.outcomes[i].purchases == 0});
    scored.value.push_back({prediction.value, shop.outcomes[i].spend});
  }
  return scored;
}

ScoredShop join(std::span<const ScoredShop> parts) {
  ScoredShop all;
  for (const ScoredShop& part : parts) {
    all.churn.insert(all.churn.end(), part.churn.begin(), part.churn.end());
    all.value.insert(all.value.end(), part.value.begin(), part.value.end());
  }
  return all;
}

Measured measure(const ScoredShop& scored, const BootstrapSettings& bootstrap) {
  const auto persons = one_person_each(scored.churn.size());
  return {auc(scored.churn),
          log_loss(scored.churn),
          calibration_error(scored.churn),
          normalised_gini(scored.value),
          bootstrap_auc(scored.churn, persons, bootstrap),
          bootstrap_gini(scored.value, persons, bootstrap),
          value_calibration(scored.value)};
}

SizeIntervals size_intervals(const ScoredShop& scored, const BootstrapSettings& bootstrap) {
  std::vector<double> calibration_errors, total_errors;
  std::vector<Scored> churn(scored.churn.size());
  CounterRandom random(bootstrap.seed, "intervals of sizes");
  for (std::uint32_t replicate = 0; replicate < bootstrap.replicates; ++replicate) {
    double predicted = 0, actual = 0;
    for (Scored& one : churn) {
      const std::size_t drawn = random.below(churn.size());
      one = scored.churn[drawn];
      predicted += scored.value[drawn].predicted;
      actual += scored.value[drawn].actual;
    }
    if (const auto error = calibration_error(churn)) calibration_errors.push_back(*error);
    if (actual > 0) total_errors.push_back(predicted / actual - 1);
  }
  return {percentile_interval(std::move(calibration_errors), bootstrap.level),
          percentile_interval(std::move(total_errors), bootstrap.level)};
}

Differences compare(const ScoredShop& shared, const ScoredShop& alone, const BootstrapSettings& bootstrap) {
  const auto persons = one_person_each(shared.churn.size());
  std::vector<double> losses;
  for (std::size_t i = 0; i < shared.churn.size(); ++i) {
    losses.push_back(*log_loss({&shared.churn[i], 1}) - *log_loss({&alone.churn[i], 1}));
  }
  return {bootstrap_auc_difference(shared.churn, alone.churn, persons, bootstrap),
          bootstrap_mean(losses, persons, bootstrap),
          bootstrap_gini_difference(shared.value, alone.value, persons, bootstrap)};
}

Canary permuted_labels(const ScoredShop& scored, const BootstrapSettings& bootstrap) {
  std::vector<Scored> dealt = scored.churn;
  CounterRandom random(bootstrap.seed, "permuted labels");
  for (std::size_t i = dealt.size(); i > 1; --i) std::swap(dealt[i - 1].label, dealt[random.below(i)].label);
  return {auc(dealt), bootstrap_auc(dealt, one_person_each(dealt.size()), bootstrap)};
}

}  // namespace bauta::experiment
