#include "client/scoring/demand_ranker.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "client/scoring/ridge_logistic.h"
#include "common/evaluation/metrics.h"

namespace bauta::client {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kGrid = 7 * kDay;
constexpr Eigen::Index kColumnsOfTask = 32;
constexpr double kLeastShare = 1e-9;  // of a next item

enum Feature : Eigen::Index {
  kCosine,
  kNextShare,
  kConversion,
  kChurn,
  kMatching,
  kMatchingRecency,
  kMatchingAmount,
  kMatchingEver,
  kMatchingDecayed,
  kMatchingAnyType,
  kEvents,
  kEventsDecayed,
  kRecency,
  kFeatures
};

/// log Σ exp(score) over the given items (all where `items` is null), of each column of `queries`.
Eigen::VectorXd log_sums(const ItemVectors& all, const std::vector<std::uint32_t>* items,
                         const Eigen::MatrixXf& queries, const Executor& executor) {
  Eigen::MatrixXf vectors;
  Eigen::VectorXf biases;
  if (items != nullptr) {
    vectors.resize(all.vectors.rows(), static_cast<Eigen::Index>(items->size()));
    biases.resize(vectors.cols());
    for (Eigen::Index i = 0; i < vectors.cols(); ++i) {
      const auto item = static_cast<Eigen::Index>((*items)[static_cast<std::size_t>(i)]);
      vectors.col(i) = all.vectors.col(item);
      biases(i) = all.biases(item);
    }
  }
  const Eigen::MatrixXf& taken = items != nullptr ? vectors : all.vectors;
  const Eigen::VectorXf& offsets = items != nullptr ? biases : all.biases;
  Eigen::VectorXd sums(queries.cols());
  const auto tasks = static_cast<std::size_t>((queries.cols() + kColumnsOfTask - 1) / kColumnsOfTask);
  executor(tasks, [&](std::size_t task) {
    const Eigen::Index first = static_cast<Eigen::Index>(task) * kColumnsOfTask;
    const Eigen::Index count = std::min(kColumnsOfTask, queries.cols() - first);
    const Eigen::MatrixXf scores = (taken.transpose() * queries.middleCols(first, count)).colwise() + offsets;
    for (Eigen::Index i = 0; i < count; ++i) {
      const float most = scores.col(i).maxCoeff();
      sums(first + i) =
          static_cast<double>(most) + std::log(static_cast<double>((scores.col(i).array() - most).exp().sum()));
    }
  });
  return sums;
}

/// Columns kMatching and after: the history of one person before the cut.
void history_features(const EventLog& log, const DemandSentence& sentence, const DemandItems& items,
                      const Sample& sample, Eigen::MatrixXd& features, Eigen::Index row) {
  constexpr double kHalfLife = 60;
  double matching = 0, matching_amount = 0, matching_decayed = 0, any_type = 0, decayed = 0;
  double since = 365, since_matching = 365;
  const auto history = log.before(sample.person, sample.cut);
  for (const Event& event : history) {
    const double days = static_cast<double>(sample.cut - event.occurred_at) / kDay;
    since = std::min(365.0, days);
    decayed += std::exp2(-days / kHalfLife);
    any_type += items.contains(event.item) ? 1 : 0;
    if (!is_demanded(event, sentence.type, items, sentence.amount)) continue;
    matching += 1;
    matching_decayed += std::exp2(-days / kHalfLife);
    since_matching = std::min(365.0, days);
    if (event.amount > 0) matching_amount += static_cast<double>(event.amount);
  }
  features(row, kMatching) = std::log1p(matching);
  features(row, kMatchingRecency) = std::log1p(since_matching);
  features(row, kMatchingAmount) = std::log1p(matching_amount);
  features(row, kMatchingEver) = matching > 0 ? 1 : 0;
  features(row, kMatchingDecayed) = std::log1p(matching_decayed);
  features(row, kMatchingAnyType) = std::log1p(any_type);
  features(row, kEvents) = std::log1p(static_cast<double>(history.size()));
  features(row, kEventsDecayed) = std::log1p(decayed);
  features(row, kRecency) = std::log1p(since);
}

/// Columns are shifted to mean 0 and scaled to variance 1, and added up.
Eigen::VectorXd standardised_sum(const Eigen::MatrixXd& features, std::initializer_list<Eigen::Index> columns) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(features.rows());
  for (const Eigen::Index j : columns) {
    const Eigen::VectorXd centred = features.col(j).array() - features.col(j).mean();
    const double scale = std::sqrt(centred.squaredNorm() / static_cast<double>(std::max<Eigen::Index>(1, sum.size())));
    if (scale > 1e-9) sum += centred / scale;
  }
  return sum;
}

double loss_of(const Eigen::VectorXd& logits, const Eigen::VectorXd& labels) {
  std::vector<Scored> samples;
  for (Eigen::Index i = 0; i < logits.size(); ++i) samples.push_back({logits(i), labels(i) > 0.5});
  return log_loss(samples).value_or(std::numeric_limits<double>::infinity());
}

}  // namespace

/// Persons at a cut as the model sees them.
struct DemandRanker::Moment {
  std::vector<Sample> samples;
  PersonVectors persons;
  Eigen::VectorXd log_total;  // over all items
};

struct DemandRanker::Labelled {
  Eigen::MatrixXd features;
  Eigen::VectorXd labels;
};

DemandRanker::DemandRanker(Predictor& predictor, DemandRankerSettings settings)
    : predictor_(&predictor), settings_(settings) {}
DemandRanker::~DemandRanker() = default;
DemandRanker::DemandRanker(DemandRanker&&) noexcept = default;

const std::vector<std::string>& DemandRanker::feature_names() {
  static const std::vector<std::string> names = {
      "cosine",           "next share",           "conversion",      "churn",
      "matching",         "matching recency",     "matching amount", "matching ever",
      "matching decayed", "matching of any type", "events",          "events decayed",
      "recency"};
  return names;
}

UnixSeconds DemandRanker::on_grid(UnixSeconds time) const {
  UnixSeconds back = (*anchor_ - time) % kGrid;
  if (back < 0) back += kGrid;
  return time - (back == 0 ? 0 : kGrid - back);
}

Result<std::shared_ptr<const DemandRanker::Moment>> DemandRanker::moment(UnixSeconds cut, bool everybody) {
  const std::size_t persons = predictor_->log().persons.size();
  const std::size_t stride = 1 + (persons - 1) / std::max<std::size_t>(1, settings_.fitted_persons);
  everybody = everybody || stride == 1;
  if (const auto found = moments_.find({cut, everybody}); found != moments_.end()) return found->second;
  const auto made = std::make_shared<Moment>();
  made->samples = predictor_->persons_at(cut);
  if (!everybody) std::erase_if(made->samples, [&](const Sample& sample) { return sample.person % stride != 0; });
  if (!settings_.model_features) return std::shared_ptr<const Moment>(made);
  BAUTA_TRY(made->persons, predictor_->vectors(made->samples));
  if (!item_vectors_) {
    BAUTA_TRY(item_vectors_, predictor_->item_vectors());
  }
  if (item_vectors_->biases.size() > 0)
    made->log_total = log_sums(*item_vectors_, nullptr, made->persons.next_item, predictor_->trainer().executor());
  if (settings_.keep_vectors) moments_[{cut, everybody}] = made;
  return std::shared_ptr<const Moment>(made);
}

Result<Eigen::MatrixXd> DemandRanker::features(const DemandSentence& sentence, const DemandItems& items,
                                               const Moment& moment) {
  const auto rows = static_cast<Eigen::Index>(moment.samples.size());
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(rows, kFeatures);
  for (Eigen::Index i = 0; i < rows; ++i)
    history_features(predictor_->log(), sentence, items, moment.samples[static_cast<std::size_t>(i)], x, i);
  if (!settings_.model_features) return x;
  TokenBags texts;
  std::vector<std::string> alternatives = sentence.words.alternatives;
  if (alternatives.empty()) alternatives.emplace_back();
  for (const std::string& words : alternatives)
    texts.add(predictor_->trainer().features().demand_rows(words, sentence.type, sentence.horizon_days * kDay));
  BAUTA_TRY(const Eigen::MatrixXf vectors, predictor_->text_vectors(texts));
  if (rows == 0) return x;
  const Eigen::MatrixXf cosines = vectors.transpose() * moment.persons.demand;
  x.col(kCosine) = cosines.colwise().maxCoeff().transpose().cast<double>();
  std::vector<std::uint32_t> matching;
  for (std::uint32_t item = 0; item < items.matches.size() && !items.any; ++item)
    if (items.matches[item]) matching.push_back(item);
  if (!matching.empty()) {
    const Eigen::VectorXd share =
        log_sums(*item_vectors_, &matching, moment.persons.next_item, predictor_->trainer().executor()) -
        moment.log_total;
    x.col(kNextShare) = share.array().max(std::log(kLeastShare));
  }
  for (Eigen::Index i = 0; i < rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    x(i, kConversion) = moment.persons.conversion[at];
    x(i, kChurn) = moment.persons.churn[at];
  }
  return x;
}

Result<std::shared_ptr<const DemandRanker::Labelled>> DemandRanker::labelled(const DemandSentence& sentence,
                                                                             const DemandItems& items,
                                                                             UnixSeconds cut) {
  if (const auto found = labelled_.find(cut); found != labelled_.end()) return found->second;
  BAUTA_TRY(const auto at, moment(cut, false));
  const auto made = std::make_shared<Labelled>();
  BAUTA_TRY(made->features, features(sentence, items, *at));
  made->labels = Eigen::VectorXd::Zero(made->features.rows());
  const UnixSeconds end = cut + sentence.horizon_days * kDay;  // itself not known yet to whoever scores at the end
  for (std::size_t i = 0; i < at->samples.size(); ++i) {
    const auto known = predictor_->log().before(at->samples[i].person, end);
    const bool label = std::any_of(known.begin(), known.end(), [&](const Event& event) {
      return event.occurred_at > cut && is_demanded(event, sentence.type, items, sentence.amount);
    });
    made->labels(static_cast<Eigen::Index>(i)) = label ? 1 : 0;
  }
  labelled_[cut] = made;
  return std::shared_ptr<const Labelled>(made);
}

Result<std::optional<DemandRanker::Labelled>> DemandRanker::pooled(const DemandSentence& sentence,
                                                                   const DemandItems& items, UnixSeconds latest) {
  std::vector<std::shared_ptr<const Labelled>> parts;
  Eigen::Index rows = 0;
  for (int k = 0; k < settings_.fitted_cuts; ++k) {
    BAUTA_TRY(const auto part, labelled(sentence, items, latest - k * settings_.days_between * kDay));
    if (part->labels.size() == 0) break;  // before the data begin
    rows += part->labels.size();
    parts.push_back(part);
  }
  Labelled all{Eigen::MatrixXd(rows, kFeatures), Eigen::VectorXd(rows)};
  Eigen::Index row = 0;
  for (const auto& part : parts) {
    all.features.middleRows(row, part->labels.size()) = part->features;
    all.labels.segment(row, part->labels.size()) = part->labels;
    row += part->labels.size();
  }
  const double positives = rows == 0 ? 0 : all.labels.sum();
  if (positives == 0 || positives == static_cast<double>(rows)) return std::optional<Labelled>();
  return std::optional(std::move(all));
}

Result<DemandScores> DemandRanker::scores(const DemandSentence& sentence, const DemandItems& items, UnixSeconds cut) {
  if (const std::string text = canonical_sentence(sentence); text != sentence_) {
    sentence_ = text;
    labelled_.clear();
  }
  if (!anchor_) anchor_ = cut;
  const std::int64_t horizon = sentence.horizon_days * kDay;
  const UnixSeconds newest = on_grid(cut - horizon);
  BAUTA_TRY(const auto fitted, pooled(sentence, items, newest));
  BAUTA_TRY(const auto asked, moment(cut, true));
  BAUTA_TRY(const Eigen::MatrixXd x, features(sentence, items, *asked));
  Eigen::VectorXd logits;
  weights_.clear();
  if (fitted) {
    double penalty = kRidgePenalty;
    BAUTA_TRY(const auto earlier, pooled(sentence, items, on_grid(newest - horizon)));
    BAUTA_TRY(const auto judged, labelled(sentence, items, newest));
    if (earlier && judged->labels.size() > 0) {
      double least = std::numeric_limits<double>::infinity();
      for (const double candidate : kRidgePenalties) {
        const RidgeLogistic model(earlier->features, earlier->labels, candidate);
        const double loss = loss_of(model.logits(judged->features), judged->labels);
        if (loss >= least) continue;
        least = loss;
        penalty = candidate;
      }
    }
    const RidgeLogistic model(fitted->features, fitted->labels, penalty);
    logits = model.logits(x);
    weights_.assign(model.weights().data() + 1, model.weights().data() + model.weights().size());
  } else {
    logits = standardised_sum(x, {kCosine, kNextShare, kConversion});
  }
  DemandScores scores{std::vector<double>(predictor_->log().persons.size(), 0), fitted.has_value()};
  for (std::size_t i = 0; i < asked->samples.size(); ++i)
    scores.of_person[asked->samples[i].person] = logits(static_cast<Eigen::Index>(i));
  return scores;
}

}  // namespace bauta::client
