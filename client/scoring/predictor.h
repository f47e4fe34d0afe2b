// What a service serves, asked about its own persons. One model or two: a mix is the mean of both models' answers.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <span>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "client/scoring/serving_model.h"
#include "client/training/behaviour_trainer.h"
#include "common/base/progress_bar.h"
#include "common/base/result.h"

namespace bauta::client {

/// Shared and private parameters, with the private rows in the order of the log's items.
struct ServedParameters {
  std::vector<float> local;      ///< empty where local_share is 0
  std::vector<float> federated;  ///< empty where local_share is 1
  double local_share = 0;
};

/// Rows of items follow the items of `log`, found by their ids; new ones begin at zero. `conflict` for a model of
/// another shape than `layout`, which has the private tensors for `log`.
Result<ServedParameters> served_parameters(const ServingModel& model, const ParameterLayout& layout,
                                           const EventLog& log);

/// Vectors of both models one above the other, so that one product mixes their scores; a column a person.
struct PersonVectors {
  Eigen::MatrixXf next_item;       ///< times ItemVectors: the score of the next item
  Eigen::MatrixXf demand;          ///< times text vectors: a cosine
  std::vector<double> conversion;  ///< log odds of the task's own event
  std::vector<double> churn;       ///< log odds that nothing happens
};

struct ItemVectors {
  Eigen::MatrixXf vectors;  ///< a column an item
  Eigen::VectorXf biases;
};

/// One caller at a time. All answers are parallel to the samples asked about and raw: client/scoring/person_scores.h
/// calibrates them. Errors: those of BehaviourTrainer::predict().
class Predictor {
 public:
  /// `log`, `task` and `trainer` must outlive it; the trainer's parameters are not used.
  Predictor(const EventLog& log, const TaskSettings& task, BehaviourTrainer& trainer, ServedParameters served,
            OnProgress on_progress = {});

  const EventLog& log() const { return *log_; }
  const TaskSettings& task() const { return *task_; }
  BehaviourTrainer& trainer() { return *trainer_; }
  /// A sample for each person with an event before `now`, in the order of the log; without labels.
  std::vector<Sample> persons_at(UnixSeconds now, std::uint32_t item = kNoItem) const;
  /// The same of everybody or of one person; not_found where nobody is left.
  Result<std::vector<Sample>> asked_at(UnixSeconds now, std::uint32_t item, std::optional<std::uint32_t> only) const;
  /// Sums of what is positive in (cut, cut + horizon], in the service's currency: what value() foretells.
  double value_after(const Sample& sample) const;
  /// Was there no event at all in (cut, cut + horizon]: what churn() foretells.
  bool churned_after(const Sample& sample) const;

  /// Log odds of the task's label. `what` is for the progress.
  Result<std::vector<double>> conversion(std::span<const Sample> samples, const char* what);
  /// Log odds that nothing happens: of the product of 1 − hazard over the intervals that end by the task's horizon.
  Result<std::vector<double>> churn(std::span<const Sample> samples, const char* what);
  /// Expected sum of what is positive within the horizon: P(buys) times the mean amount.
  Result<std::vector<double>> value(std::span<const Sample> samples, const char* what);
  /// The weight of each event of the samples' histories, newest last, at most the model's history of them: the model's
  /// attention when asked for an event of type `asked` (else the task's own) and of the sample's item.
  Result<std::vector<std::vector<double>>> attention(std::span<const Sample> samples, std::optional<EventType> asked);

  /// `quiet`: without progress, for callers that report their own.
  Result<PersonVectors> vectors(std::span<const Sample> samples, bool quiet = false);
  Result<ItemVectors> item_vectors() const;
  /// A column a text.
  Result<Eigen::MatrixXf> text_vectors(const TokenBags& texts) const;

 private:
  struct Member {
    std::vector<float> parameters;
    double share = 1;
  };
  using Take = std::function<void(const Member& member, std::size_t number, std::size_t first,
                                  const Predictions<float>& predictions)>;
  Status ask(std::span<const Sample> samples, const char* what, const Take& take, std::optional<EventType> asked = {});
  double churn_odds(const Predictions<float>& predictions, std::size_t i) const;

  const EventLog* log_;
  const TaskSettings* task_;
  BehaviourTrainer* trainer_;
  std::vector<Member> members_;
  OnProgress on_progress_;
};

}  // namespace bauta::client
