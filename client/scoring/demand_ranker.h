// Who will do what a sentence asks for? The served model's view of each person and what the person's history says of
// the demanded items, put together by a small logistic regression on the past of that very sentence.
//
//   cosine      of the person with the demand's text, of the best alternative: "will this be this person's future?"
//   next share  of the next item's probability that falls on the demanded items (log)
//   conversion  log odds of the service's own target;  churn: log odds of no event at all
//   history     counts, recency and amounts of the demanded events and of all
//
// The regression takes the place of a fixed temperature of the cosine: its weights say how much each of them tells.
#pragma once

#include <Eigen/Core>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/scoring/demand_label.h"
#include "client/scoring/demand_sentence.h"
#include "client/scoring/predictor.h"
#include "common/base/result.h"

namespace bauta::client {

struct DemandRankerSettings {
  int fitted_cuts = 6;                  ///< how many past moments the regression is fitted on
  int days_between = 14;                ///< them
  std::size_t fitted_persons = 20'000;  ///< at most so many at each moment, evenly spread over the log
  /// Without them a person is told by the history alone, and the model is not asked.
  bool model_features = true;
  /// Keeps the persons' vectors of each moment, for many sentences in a row; else only one sentence's features.
  bool keep_vectors = false;
};

/// A DemandScorer (client/scoring/audience.h). Nothing from a cut or later shapes the scores at that cut
/// but the model that is served, which must not have been trained on what it is judged by. One caller at a time.
class DemandRanker {
 public:
  /// `predictor` must outlive it.
  explicit DemandRanker(Predictor& predictor, DemandRankerSettings settings = {});
  ~DemandRanker();
  DemandRanker(DemandRanker&&) noexcept;

  /// Comparable log odds, 0 for persons without a history. The regression's L2 is the one of kRidgePenalties with the
  /// least log loss on the newest window before the cut when fitted on those before it. Without a past that holds both
  /// labels: the sum of the standardised cosine, next share and conversion, which is not comparable.
  Result<DemandScores> scores(const DemandSentence& sentence, const DemandItems& items, UnixSeconds cut);

  static const std::vector<std::string>& feature_names();
  /// Of the newest regression, by feature_names(), on standardised features; empty where none could be fitted.
  const std::vector<double>& weights() const { return weights_; }

 private:
  struct Moment;
  struct Labelled;

  Result<std::shared_ptr<const Moment>> moment(UnixSeconds cut, bool everybody);
  Result<Eigen::MatrixXd> features(const DemandSentence& sentence, const DemandItems& items, const Moment& moment);
  Result<std::shared_ptr<const Labelled>> labelled(const DemandSentence& sentence, const DemandItems& items,
                                                   UnixSeconds cut);
  /// The moments `latest`, and those before it, together. Empty where a label is missing.
  Result<std::optional<Labelled>> pooled(const DemandSentence& sentence, const DemandItems& items, UnixSeconds latest);
  /// The latest moment on the grid of weeks that is not after `time`.
  UnixSeconds on_grid(UnixSeconds time) const;

  Predictor* predictor_;
  DemandRankerSettings settings_;
  std::optional<ItemVectors> item_vectors_;
  std::optional<UnixSeconds> anchor_;
  std::string sentence_;  // what labelled_ is about
  std::map<UnixSeconds, std::shared_ptr<const Labelled>> labelled_;
  std::map<std::pair<UnixSeconds, bool>, std::shared_ptr<const Moment>> moments_;
  std::vector<double> weights_;
};

}  // namespace bauta::client
