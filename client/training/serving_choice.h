// Never worse than alone: which model a service serves, chosen on its own validation samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/evaluation/metrics.h"

namespace bauta::client {

enum class ServedModel : std::uint8_t { local, shared, personalised, mix };
std::string_view to_string(ServedModel model);

struct ServingChoice {
  ServedModel model = ServedModel::local;
  double local_share = 1;  ///< of the mean of logits that is served; the rest is the personalised model's
  ServedModel incumbent = ServedModel::local;  ///< what had to be beaten
  std::optional<double> auc;                   ///< of the choice, on the validation samples it was chosen by
  std::optional<double> above_incumbent;       ///< its AUC minus the incumbent's there
  std::optional<double> needed;                ///< what that had to be above
};

/// With fewer training samples a service is a newcomer: what it trains alone is not to be relied on yet.
inline constexpr std::size_t kNewcomerSamples = 1000;
/// With fewer validation samples of either class nothing is proved: the incumbent stays.
inline constexpr std::size_t kFewestOfAClass = 30;

/// Scores of the same validation samples by the three models, and the mean of local and personalised logits in three
/// shares. The incumbent, the local model, is left only for one that is better by more than one standard error of the
/// difference (paired bootstrap over persons; the one-standard-error rule of Breiman et al. 1984): validation samples
/// are few, and the best of many looks better than it is. A newcomer's incumbent is the shared model, and it is left
/// only by more than two standard errors. Without a local model the incumbent is the shared one, too. Where either
/// class has fewer than kFewestOfAClass samples the incumbent stays: of so few a bootstrap's error is itself an
/// accident.
ServingChoice choose_served(std::span<const Scored> local, std::span<const Scored> shared,
                            std::span<const Scored> personalised, std::span<const std::uint32_t> persons,
                            std::size_t training_samples);

/// share · first + (1 − share) · second, of logits. Either may be empty where its share is 0.
std::vector<Scored> mixed(std::span<const Scored> first, std::span<const Scored> second, double share);

/// What is served by `choice`, of the three models' scores of the same samples.
std::vector<Scored> served_scores(const ServingChoice& choice, std::span<const Scored> local,
                                  std::span<const Scored> shared, std::span<const Scored> personalised);

}  // namespace bauta::client
