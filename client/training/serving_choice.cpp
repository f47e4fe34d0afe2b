#include "client/training/serving_choice.h"

#include <array>

#include "common/base/result.h"
#include "common/evaluation/bootstrap.h"

namespace bauta::client {
namespace {

constexpr std::array<double, 3> kLocalShares = {0.75, 0.5, 0.25};
constexpr double kIntervalOverError = 2 * 1.959964;  // of a 95 % interval's width

}  // namespace

std::string_view to_string(ServedModel model) {
  switch (model) {
    case ServedModel::local: return "local";
    case ServedModel::shared: return "shared";
    case ServedModel::personalised: return "personalised";
    case ServedModel::mix: return "mix";
  }
  return "local";
}

std::vector<Scored> mixed(std::span<const Scored> first, std::span<const Scored> second, double share) {
  if (share >= 1) return {first.begin(), first.end()};
  if (share <= 0) return {second.begin(), second.end()};
  BAUTA_CHECK(first.size() == second.size());
  std::vector<Scored> out(first.begin(), first.end());
  for (std::size_t i = 0; i < out.size(); ++i) out[i].logit = share * first[i].logit + (1 - share) * second[i].logit;
  return out;
}

ServingChoice choose_served(std::span<const Scored> local, std::span<const Scored> shared,
                            std::span<const Scored> personalised, std::span<const std::uint32_t> persons) {
  struct Challenger {
    ServedModel model;
    double local_share;
    std::vector<Scored> scored;
  };
  std::vector<Challenger> challengers = {{ServedModel::shared, 0, {shared.begin(), shared.end()}},
                                         {ServedModel::personalised, 0, {personalised.begin(), personalised.end()}}};
  if (!local.empty())
    for (const double share : kLocalShares)
      challengers.push_back({ServedModel::mix, share, mixed(local, personalised, share)});

  ServingChoice choice;
  const auto local_auc = auc(local);
  if (local.empty()) {
    choice.model = ServedModel::shared;
    choice.local_share = 0;
  }
  choice.auc = local_auc;
  const Challenger* best = nullptr;
  std::optional<double> best_auc;
  for (const Challenger& challenger : challengers) {
    const auto quality = auc(challenger.scored);
    if (!quality || (best_auc && *quality <= *best_auc)) continue;
    best = &challenger;
    best_auc = quality;
  }
  if (best == nullptr) return choice;
  if (!local.empty()) {
    if (!local_auc) return choice;
    const auto interval = bootstrap_auc_difference(best->scored, local, persons);
    if (!interval) return choice;
    choice.needed = (interval->high - interval->low) / kIntervalOverError;
    choice.above_local = 0;
    if (*best_auc - *local_auc <= *choice.needed) return choice;
    choice.above_local = *best_auc - *local_auc;
  }
  choice.model = best->model;
  choice.local_share = best->local_share;
  choice.auc = best_auc;
  return choice;
}

}  // namespace bauta::client
