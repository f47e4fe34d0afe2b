#include "client/training/serving_choice.h"

#include <algorithm>
#include <array>

#include "common/base/result.h"
#include "common/evaluation/bootstrap.h"

namespace bauta::client {
namespace {

constexpr std::array<double, 3> kLocalShares = {0.75, 0.5, 0.25};
constexpr double kIntervalOverError = 2 * 1.959964;  // of a 95 % interval's width

bool enough_of_both_classes(std::span<const Scored> scored) {
  const auto positives = static_cast<std::size_t>(
      std::count_if(scored.begin(), scored.end(), [](const Scored& one) { return one.label; }));
  return std::min(positives, scored.size() - positives) >= kFewestOfAClass;
}

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

std::vector<Scored> served_scores(const ServingChoice& choice, std::span<const Scored> local,
                                  std::span<const Scored> shared, std::span<const Scored> personalised) {
  return mixed(local, choice.model == ServedModel::shared ? shared : personalised, choice.local_share);
}

ServingChoice choose_served(std::span<const Scored> local, std::span<const Scored> shared,
                            std::span<const Scored> personalised, std::span<const std::uint32_t> persons,
                            std::size_t training_samples) {
  struct Candidate {
    ServedModel model;
    double local_share;
    std::vector<Scored> scored;
  };
  std::vector<Candidate> candidates = {{ServedModel::shared, 0, {shared.begin(), shared.end()}},
                                       {ServedModel::personalised, 0, {personalised.begin(), personalised.end()}}};
  if (!local.empty()) {
    candidates.push_back({ServedModel::local, 1, {local.begin(), local.end()}});
    for (const double share : kLocalShares)
      candidates.push_back({ServedModel::mix, share, mixed(local, personalised, share)});
  }
  const bool newcomer = local.empty() || training_samples < kNewcomerSamples;
  const Candidate& incumbent = candidates[newcomer ? 0 : 2];

  const auto choice_of = [&](const Candidate& candidate) {
    ServingChoice choice;
    choice.model = candidate.model;
    choice.local_share = candidate.local_share;
    choice.incumbent = incumbent.model;
    choice.auc = auc(candidate.scored);
    return choice;
  };
  ServingChoice kept = choice_of(incumbent);
  if (!kept.auc || !enough_of_both_classes(shared)) return kept;
  const auto best = std::max_element(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return auc(a.scored).value_or(0) < auc(b.scored).value_or(0);
  });
  const auto interval = bootstrap_auc_difference(best->scored, incumbent.scored, persons);
  if (!interval) return kept;
  kept.needed = (newcomer ? 2 : 1) * (interval->high - interval->low) / kIntervalOverError;
  kept.above_incumbent = 0;
  ServingChoice choice = choice_of(*best);
  choice.needed = kept.needed;
  choice.above_incumbent = *choice.auc - *kept.auc;
  return *choice.above_incumbent > *choice.needed ? choice : kept;
}

}  // namespace bauta::client
