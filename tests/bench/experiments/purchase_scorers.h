// The models of the repeat-purchase experiment that need no training: the classical ones, and none at all.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "common/model/repeat_purchase/newton_fit.h"
#include "tests/bench/experiments/purchase_histories.h"

namespace bauta::experiment {

struct Prediction {
  double log_odds = 0;  ///< that the customer buys within the horizon; only its order counts where no probability
  double value = 0;     ///< mean spend within the horizon
};

/// Maps a history to a prediction; kept apart from the training so that one model can score many shops.
using Predictor = std::function<Prediction(const CustomerHistory&)>;

struct Scorer {
  std::string name;
  bool probabilities = true;  ///< whether log_odds can be held to log-loss and calibration
  /// Learns from the histories of one partner (alone) or several (shared), never from outcomes: labels it needs it
  /// takes from cuts inside the histories. `seed` for what is random in it.
  std::function<Predictor(std::span<const Histories> partners, double horizon, std::uint64_t seed)> train;
  /// Weeks. For a longer horizon it answers as for this one, so that only the order of its answers counts.
  double reach = std::numeric_limits<double>::infinity();
};

/// bg_nbd first: the one that the others are compared with.
std::vector<Scorer> scorers();

/// How the partners' sums come together.
enum class Sums : std::uint8_t { plain, two_lanes, one_lane };

/// One model fitted over all partners from their sums; Model is BgNbd or GammaGamma.
template <class Model>
Result<Fit> fit_over(std::span<const Histories> partners, Sums kind);

}  // namespace bauta::experiment
