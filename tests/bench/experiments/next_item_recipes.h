// How each service of the next-item experiment trains, as chosen by NDCG@10 on its validation items with seed 1, and
// the published rows that stand beside it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/experiments/next_item_training.h"

namespace bauta::experiment {

inline constexpr std::uint32_t kShortSteps = 160;

/// P-1 as designed: width 64, 65,536 × 32 token table.
ModelSettings shared_model();
Recipe recipe_of(const std::string& service);
FederatedRecipe federated_recipe();

/// Settings of a trial in place of the recipe's.
struct Overrides {
  std::optional<double> learning_rate, dropout, state_dropout, id_dropout;
  std::optional<std::uint32_t> candidates, batch, steps, history;

  Recipe apply(Recipe recipe) const;
};

/// HR@10 and NDCG@10 at full ranking.
struct Published {
  std::string method;
  double hit = 0;
  double ndcg = 0;
};
std::vector<Published> published_rows(const std::string& service);

}  // namespace bauta::experiment
