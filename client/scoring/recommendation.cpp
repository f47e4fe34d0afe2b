#include "client/scoring/recommendation.h"

#include <algorithm>
#include <numeric>

#include "common/base/time_format.h"

namespace bauta::client {
namespace {

constexpr std::size_t kPersonsAtOnce = 1024;
constexpr std::size_t kPersonsOfTask = 16;  // of which all scores lie in memory: this many columns of the catalogue

/// Events of each item before `now`.
std::vector<std::uint32_t> counts_before(const EventLog& log, UnixSeconds now) {
  std::vector<std::uint32_t> counts(log.items.size(), 0);
  for (const Event& event : log.events)
    if (event.item != kNoItem && event.occurred_at < now) ++counts[event.item];
  return counts;
}

class Ranking {
 public:
  Ranking(Predictor& predictor, const RecommendationSettings& settings, ItemVectors items, std::vector<bool> unknown)
      : predictor_(&predictor), settings_(settings), items_(std::move(items)), unknown_(std::move(unknown)) {}

  /// The best items of each sample's person.
  Result<std::vector<std::vector<RankedItem>>> best(std::span<const Sample> samples) {
    BAUTA_TRY(const PersonVectors persons, predictor_->vectors(samples, true));
    std::vector<std::vector<RankedItem>> ranked(samples.size());
    predictor_->trainer().executor()((samples.size() + kPersonsOfTask - 1) / kPersonsOfTask, [&](std::size_t task) {
      const std::size_t first = task * kPersonsOfTask;
      const std::size_t count = std::min(kPersonsOfTask, samples.size() - first);
      const Eigen::MatrixXf scores =
          (items_.vectors.transpose() *
           persons.next_item.middleCols(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(count)))
              .colwise() +
          items_.biases;
      for (std::size_t i = 0; i < count; ++i) {
        const auto column = scores.col(static_cast<Eigen::Index>(i));
        ranked[first + i] =
            best_items({column.data(), items_count()}, left_out(samples[first + i].person), settings_.top);
      }
    });
    return ranked;
  }

 private:
  std::size_t items_count() const { return unknown_.size(); }
  std::vector<bool> left_out(std::uint32_t person) const {
    std::vector<bool> out = unknown_;
    if (!settings_.new_only) return out;
    for (const Event& event : predictor_->log().before(person, settings_.now))
      if (event.item != kNoItem && event.type == predictor_->task().target) out[event.item] = true;
    return out;
  }

  Predictor* predictor_;
  RecommendationSettings settings_;
  ItemVectors items_;
  std::vector<bool> unknown_;
};

void measure(Recommendations& made, std::span<const std::uint32_t> counts) {
  const std::vector<double> ranks = popularity_ranks(counts);
  std::vector<bool> recommended(counts.size(), false);
  double sum = 0;
  std::size_t all = 0;
  for (const auto& items : made.items) {
    for (const RankedItem& one : items) {
      recommended[one.item] = true;
      sum += ranks[one.item];
      ++all;
    }
  }
  if (all > 0) made.popularity = sum / static_cast<double>(all);
  const auto different = std::count(recommended.begin(), recommended.end(), true);
  made.coverage = static_cast<double>(different) / static_cast<double>(made.catalogue);
}

}  // namespace

std::vector<RankedItem> best_items(std::span<const float> scores, const std::vector<bool>& left_out, std::size_t top) {
  std::vector<RankedItem> kept;  // a heap with the worst in front
  const auto better = [](const RankedItem& a, const RankedItem& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  for (std::uint32_t item = 0; item < scores.size(); ++item) {
    const RankedItem one{item, scores[item]};
    if (kept.size() == top && (top == 0 || !better(one, kept.front()))) continue;
    if (left_out[item]) continue;
    if (kept.size() == top) {
      std::pop_heap(kept.begin(), kept.end(), better);
      kept.pop_back();
    }
    kept.push_back(one);
    std::push_heap(kept.begin(), kept.end(), better);
  }
  std::sort_heap(kept.begin(), kept.end(), better);
  return kept;
}

std::vector<double> popularity_ranks(std::span<const std::uint32_t> counts) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t item = 0; item < counts.size(); ++item)
    if (counts[item] > 0) order.push_back(item);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return counts[a] < counts[b]; });
  std::vector<double> ranks(counts.size(), 0);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && counts[order[end]] == counts[order[i]]) ++end;
    const double middle = static_cast<double>(i + 1 + end) / 2 / static_cast<double>(order.size());
    for (; i < end; ++i) ranks[order[i]] = middle;
  }
  return ranks;
}

Result<Recommendations> recommend(Predictor& predictor, const RecommendationSettings& settings,
                                  const OnProgress& on_progress, std::optional<std::uint32_t> only) {
  if (settings.top == 0) return Error{ErrorCode::invalid_argument, "at least one item a person must be asked for"};
  BAUTA_TRY(const std::vector<Sample> samples, predictor.asked_at(settings.now, kNoItem, only));
  const std::vector<std::uint32_t> counts = counts_before(predictor.log(), settings.now);
  std::vector<bool> unknown(counts.size());
  for (std::size_t item = 0; item < counts.size(); ++item) unknown[item] = counts[item] == 0;
  Recommendations made;
  made.catalogue = static_cast<std::size_t>(std::count(unknown.begin(), unknown.end(), false));
  if (made.catalogue == 0)
    return Error{ErrorCode::not_found, "no item has an event before " + format_time(settings.now)};
  BAUTA_TRY(ItemVectors items, predictor.item_vectors());
  Ranking ranking(predictor, settings, std::move(items), std::move(unknown));
  for (std::size_t first = 0; first < samples.size(); first += kPersonsAtOnce) {
    const auto some = std::span(samples).subspan(first, std::min(kPersonsAtOnce, samples.size() - first));
    BAUTA_TRY(auto ranked, ranking.best(some));
    for (std::size_t i = 0; i < some.size(); ++i) {
      made.persons.push_back(some[i].person);
      made.items.push_back(std::move(ranked[i]));
    }
    if (on_progress) on_progress(first + some.size(), samples.size(), "recommending");
  }
  measure(made, counts);
  return made;
}

}  // namespace bauta::client
