#include "tests/bench/experiments/audience_baselines.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "client/scoring/matching_words.h"
#include "client/scoring/ridge_logistic.h"
#include "common/evaluation/metrics.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

constexpr double kDay = 86400;

struct Rfm {
  double days_since = 1e4;  ///< the last event
  double count = 0;
  double amount = 0;
};

/// `demanded` null: all events.
Rfm rfm_of(const EventLog& log, std::uint32_t person, UnixSeconds cut, const AudienceQuestion* demanded) {
  Rfm rfm;
  for (const Event& e : log.before(person, cut)) {
    if (demanded && !is_demanded(e, demanded->sentence.type, demanded->items, demanded->sentence.amount)) continue;
    rfm.days_since = static_cast<double>(cut - e.occurred_at) / kDay;  // the last one stays
    rfm.count += 1;
    if (!std::isnan(e.amount)) rfm.amount += std::max(0.0F, e.amount);
  }
  return rfm;
}

std::vector<Rfm> all_rfm(const EventLog& log, UnixSeconds cut, const AudienceQuestion* demanded) {
  std::vector<Rfm> all;
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) all.push_back(rfm_of(log, p, cut, demanded));
  return all;
}

/// Each value's rank as a share of all, ties sharing the mean.
std::vector<double> rank_shares(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> shares(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const double middle = (static_cast<double>(i + end) - 1) / 2 / static_cast<double>(order.size());
    for (; i < end; ++i) shares[order[i]] = middle;
  }
  return shares;
}

std::vector<double> rfm_score(const std::vector<Rfm>& all) {
  std::vector<double> recency, count, amount;
  for (const Rfm& rfm : all) {
    recency.push_back(-rfm.days_since);
    count.push_back(rfm.count);
    amount.push_back(rfm.amount);
  }
  std::vector<double> score = rank_shares(recency);
  for (const auto& part : {rank_shares(count), rank_shares(amount)}) {
    for (std::size_t p = 0; p < score.size(); ++p) score[p] += part[p];
  }
  return score;
}

std::vector<double> rfm_matching(const EventLog& log, const AudienceQuestion& question, UnixSeconds cut) {
  const std::vector<Rfm> matching = all_rfm(log, cut, &question);
  const std::vector<double> overall = rfm_score(all_rfm(log, cut, nullptr));
  std::vector<double> score = rfm_score(matching);
  for (std::size_t p = 0; p < score.size(); ++p) score[p] = matching[p].count > 0 ? 10 + score[p] : overall[p];
  return score;
}

/// The words of persons' past items at one cut, weighted (1 + log count) · log((1 + persons) / (1 + persons with it)).
class TfIdfProfiles {
 public:
  TfIdfProfiles(const EventLog& log, const std::vector<std::vector<std::uint32_t>>& item_words, std::size_t words,
                UnixSeconds cut)
      : idf_(words, 0.0), profiles_(log.persons.size()), norms_(log.persons.size(), 0.0) {
    double persons = 0;
    for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
      std::map<std::uint32_t, double> counts;
      for (const Event& e : log.before(p, cut)) {
        if (e.item == kNoItem) continue;
        for (const std::uint32_t word : item_words[e.item]) counts[word] += 1;
      }
      for (const auto& entry : counts) idf_[entry.first] += 1;
      profiles_[p].assign(counts.begin(), counts.end());
      persons += log.before(p, cut).empty() ? 0 : 1;
    }
    for (double& idf : idf_) idf = std::log((1 + persons) / (1 + idf));
    for (std::size_t p = 0; p < profiles_.size(); ++p) {
      for (auto& entry : profiles_[p]) {
        entry.second = (1 + std::log(entry.second)) * idf_[entry.first];
        norms_[p] += entry.second * entry.second;
      }
      norms_[p] = std::sqrt(norms_[p]);
    }
  }

  /// Cosine with the words of one alternative.
  double cosine(std::size_t person, const std::vector<std::uint32_t>& wanted) const {
    double product = 0;
    double norm = 0;
    for (const std::uint32_t word : wanted) {
      norm += idf_[word] * idf_[word];
      const auto& profile = profiles_[person];
      const auto found = std::lower_bound(profile.begin(), profile.end(), word,
                                          [](const auto& entry, std::uint32_t w) { return entry.first < w; });
      if (found != profile.end() && found->first == word) product += found->second * idf_[word];
    }
    return product == 0 ? 0 : product / (norms_[person] * std::sqrt(norm));
  }

 private:
  std::vector<double> idf_;
  std::vector<std::vector<std::pair<std::uint32_t, double>>> profiles_;
  std::vector<double> norms_;
};

class TfIdf {
 public:
  explicit TfIdf(const EventLog& log) : log_(&log) {
    for (const Item& item : log.items) {
      auto& words = item_words_.emplace_back();
      for (const std::string* text : {&item.title, &item.category, &item.brand}) {
        for (const std::string& form : comparing_forms(*text)) {
          const std::uint32_t word = ids_.try_emplace(form, static_cast<std::uint32_t>(ids_.size())).first->second;
          if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
        }
      }
    }
  }

  std::vector<double> scores(const AudienceQuestion& question, UnixSeconds cut) {
    auto& profiles = at_cut_[cut];
    if (!profiles) profiles = std::make_unique<TfIdfProfiles>(*log_, item_words_, ids_.size(), cut);
    std::vector<double> scores(log_->persons.size(), 0.0);
    for (const std::string& alternative : question.sentence.words.alternatives) {
      std::vector<std::uint32_t> wanted;
      for (const std::string& form : comparing_forms(alternative)) {
        if (const auto found = ids_.find(form); found != ids_.end()) wanted.push_back(found->second);
      }
      for (std::size_t p = 0; p < scores.size(); ++p) scores[p] = std::max(scores[p], profiles->cosine(p, wanted));
    }
    return scores;
  }

 private:
  const EventLog* log_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::vector<std::vector<std::uint32_t>> item_words_;
  std::map<UnixSeconds, std::unique_ptr<TfIdfProfiles>> at_cut_;
};

constexpr int kFeatures = 8;

class Lookalike {
 public:
  Lookalike(const EventLog& log, std::shared_ptr<TfIdf> tfidf, int cuts)
      : log_(&log), tfidf_(std::move(tfidf)), cuts_(cuts) {}

  std::vector<double> scores(const AudienceQuestion& question, UnixSeconds cut) {
    const std::int64_t horizon = std::int64_t{question.sentence.horizon_days} * 86400;
    const auto training = pooled(question, cut - horizon);
    if (!training) return tfidf_->scores(question, cut);
    const double l2 = chosen_l2(question, cut);
    const RidgeLogistic model(training->features, training->labels, l2);
    const Eigen::VectorXd logits = model.logits(features(question, cut));
    return {logits.data(), logits.data() + logits.size()};
  }

 private:
  struct Labelled {
    Eigen::MatrixXd features;
    Eigen::VectorXd labels;
  };

  /// The latest cut and the ones before it, 14 days apart. Absent where one class is missing.
  std::optional<Labelled> pooled(const AudienceQuestion& question, UnixSeconds latest) {
    Labelled all;
    all.features.resize(0, kFeatures);
    for (int k = 0; k < cuts_; ++k) {
      const Labelled one = labelled(question, latest - k * 14 * static_cast<UnixSeconds>(kDay));
      Labelled grown;
      grown.features.resize(all.features.rows() + one.features.rows(), kFeatures);
      grown.features << all.features, one.features;
      grown.labels.resize(all.labels.size() + one.labels.size());
      grown.labels << all.labels, one.labels;
      all = std::move(grown);
    }
    const double positives = all.labels.size() == 0 ? 0 : all.labels.sum();
    if (positives == 0 || positives == static_cast<double>(all.labels.size())) return std::nullopt;
    return all;
  }

  /// Persons with a history before `at`, labelled by what they did in (at, at + horizon).
  Labelled labelled(const AudienceQuestion& question, UnixSeconds at) {
    const UnixSeconds known_until = at + std::int64_t{question.sentence.horizon_days} * 86400;
    const Eigen::MatrixXd all = features(question, at);
    std::vector<Eigen::Index> rows;
    std::vector<double> labels;
    for (std::uint32_t p = 0; p < log_->persons.size(); ++p) {
      if (log_->before(p, at).empty()) continue;
      const auto known = log_->before(p, known_until);
      const bool label = std::any_of(known.begin(), known.end(), [&](const Event& e) {
        return e.occurred_at > at && is_demanded(e, question.sentence.type, question.items, question.sentence.amount);
      });
      rows.push_back(static_cast<Eigen::Index>(p));
      labels.push_back(label ? 1 : 0);
    }
    Labelled result;
    result.features.resize(static_cast<Eigen::Index>(rows.size()), kFeatures);
    for (std::size_t i = 0; i < rows.size(); ++i) result.features.row(static_cast<Eigen::Index>(i)) = all.row(rows[i]);
    result.labels = Eigen::Map<const Eigen::VectorXd>(labels.data(), static_cast<Eigen::Index>(labels.size()));
    return result;
  }

  Eigen::MatrixXd features(const AudienceQuestion& question, UnixSeconds at) {
    const std::vector<double> words = tfidf_->scores(question, at);
    Eigen::MatrixXd x(static_cast<Eigen::Index>(log_->persons.size()), kFeatures);
    for (std::uint32_t p = 0; p < log_->persons.size(); ++p) {
      const Rfm all = rfm_of(*log_, p, at, nullptr);
      const Rfm matching = rfm_of(*log_, p, at, &question);
      const std::array<double, kFeatures> row = {std::log1p(all.count),
                                                 std::log1p(std::min(all.days_since, 365.0)),
                                                 std::log1p(all.amount),
                                                 std::log1p(matching.count),
                                                 std::log1p(std::min(matching.days_since, 365.0)),
                                                 std::log1p(matching.amount),
                                                 matching.count > 0 ? 1.0 : 0.0,
                                                 words[p]};
      for (int j = 0; j < kFeatures; ++j) x(static_cast<Eigen::Index>(p), j) = row[static_cast<std::size_t>(j)];
    }
    return x;
  }

  /// Judged on the persons of one horizon before `known_until`, fitted on those of a horizon before that.
  double chosen_l2(const AudienceQuestion& question, UnixSeconds known_until) {
    const std::int64_t horizon = std::int64_t{question.sentence.horizon_days} * 86400;
    const auto fitted = pooled(question, known_until - 2 * horizon);
    const Labelled judged = labelled(question, known_until - horizon);
    if (!fitted || judged.labels.size() == 0) return kRidgePenalty;
    double best = kRidgePenalty;
    double least = std::numeric_limits<double>::infinity();
    for (const double l2 : kRidgePenalties) {
      const Eigen::VectorXd logits = RidgeLogistic(fitted->features, fitted->labels, l2).logits(judged.features);
      std::vector<Scored> samples;
      for (Eigen::Index i = 0; i < logits.size(); ++i) samples.push_back({logits(i), judged.labels(i) > 0.5});
      const auto loss = log_loss(samples);
      if (loss && *loss < least) {
        least = *loss;
        best = l2;
      }
    }
    return best;
  }

  const EventLog* log_;
  std::shared_ptr<TfIdf> tfidf_;
  int cuts_;
};

}  // namespace

std::vector<NamedScorer> baseline_scorers(const EventLog& log) {
  const EventLog* events = &log;
  const auto tfidf = std::make_shared<TfIdf>(log);
  const auto lookalike = std::make_shared<Lookalike>(log, tfidf, 1);
  const auto lookalike_of_six = std::make_shared<Lookalike>(log, tfidf, 6);
  return {
      {"activity",
       [events](const AudienceQuestion&, UnixSeconds cut) {
         std::vector<double> counts;
         for (std::uint32_t p = 0; p < events->persons.size(); ++p)
           counts.push_back(static_cast<double>(events->before(p, cut).size()));
         return counts;
       }},
      {"rfm_all",
       [events](const AudienceQuestion&, UnixSeconds cut) { return rfm_score(all_rfm(*events, cut, nullptr)); }},
      {"rfm_matching",
       [events](const AudienceQuestion& question, UnixSeconds cut) { return rfm_matching(*events, question, cut); }},
      {"tfidf", [tfidf](const AudienceQuestion& question, UnixSeconds cut) { return tfidf->scores(question, cut); }},
      {"lookalike",
       [lookalike](const AudienceQuestion& question, UnixSeconds cut) { return lookalike->scores(question, cut); }},
      {"lookalike_6", [lookalike_of_six](const AudienceQuestion& question,
                                         UnixSeconds cut) { return lookalike_of_six->scores(question, cut); }},
  };
}

}  // namespace bauta::bench
