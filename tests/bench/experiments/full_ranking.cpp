#include "tests/bench/experiments/full_ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/bench/must.h"

namespace bauta::experiment {
namespace {

constexpr std::size_t kPersonsEach = 256;
constexpr std::size_t kColumnsEach = 16;

/// All items' vectors under one model.
struct Catalogue {
  Columns<float> vectors;
  std::vector<float> biases;
};

std::uint32_t rank_of(std::span<const float> scores, std::uint32_t item, std::span<const client::Event> history) {
  const float own = scores[item];
  if (!std::isfinite(own)) bench::give_up("a score is not a finite number");
  auto rank = static_cast<std::uint32_t>(
      std::count_if(scores.begin(), scores.end(), [own](float score) { return !(score < own); }));
  std::vector<std::uint32_t> known;
  for (const client::Event& event : history) known.push_back(event.item);
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (const std::uint32_t seen : known) {
    if (seen == item) return static_cast<std::uint32_t>(scores.size());
    if (!(scores[seen] < own)) --rank;
  }
  return rank;
}

}  // namespace

std::vector<std::uint32_t> full_ranking(const S3RecService& service, std::span<const Scorer> scorers,
                                        client::UnixSeconds cut, const Executor& executor, std::size_t every) {
  std::vector<std::uint32_t> all(service.log.items.size());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<Catalogue> catalogues(scorers.size());
  for (std::size_t m = 0; m < scorers.size(); ++m)
    scorers[m].model->item_vectors(scorers[m].parameters, scorers[m].features->items(), all, catalogues[m].vectors,
                                   catalogues[m].biases);

  std::vector<client::Sample> samples;
  const std::vector<client::Sample> everybody = service.samples_at(cut);
  for (std::size_t i = 0; i < everybody.size(); i += every) samples.push_back(everybody[i]);
  std::vector<std::uint32_t> ranks(samples.size());
  client::SampleBatch batch;
  std::vector<Predictions<float>> predictions(scorers.size());
  for (std::size_t first = 0; first < samples.size(); first += kPersonsEach) {
    const auto some = std::span(samples).subspan(first, std::min(kPersonsEach, samples.size() - first));
    for (std::size_t m = 0; m < scorers.size(); ++m) {
      scorers[m].features->gather(some, batch);
      scorers[m].model->predict(scorers[m].parameters, batch.view(), executor, predictions[m]);
    }
    executor((some.size() + kColumnsEach - 1) / kColumnsEach, [&](std::size_t task) {
      const std::size_t begin = task * kColumnsEach;
      const auto count = static_cast<Eigen::Index>(std::min(kColumnsEach, some.size() - begin));
      const auto at = static_cast<Eigen::Index>(begin);
      Eigen::MatrixXf scores = Eigen::MatrixXf::Zero(static_cast<Eigen::Index>(all.size()), count);
      for (std::size_t m = 0; m < scorers.size(); ++m) {
        const Catalogue& catalogue = catalogues[m];
        const Eigen::Map<const Eigen::VectorXf> biases(catalogue.biases.data(), scores.rows());
        const auto share = static_cast<float>(scorers[m].share);
        scores.noalias() +=
            share * (catalogue.vectors.view().transpose() * predictions[m].next_item.view().middleCols(at, count));
        scores.colwise() += share * biases;
      }
      for (Eigen::Index i = 0; i < count; ++i) {
        const std::size_t place = begin + static_cast<std::size_t>(i);
        const std::uint32_t person = some[place].person;
        ranks[first + place] = rank_of(std::span(scores.col(i).data(), all.size()), service.item_at(person, cut),
                                       service.log.before(person, cut));
      }
    });
  }
  return ranks;
}

double hit_at_10(std::uint32_t rank) { return rank <= 10 ? 1 : 0; }
double ndcg_at_10(std::uint32_t rank) { return rank <= 10 ? 1 / std::log2(1.0 + rank) : 0; }

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace bauta::experiment
