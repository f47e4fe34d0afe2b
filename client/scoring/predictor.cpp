#include "client/scoring/predictor.h"

#include <algorithm>
#include <cmath>

#include "client/training/private_parts.h"
#include "common/base/time_format.h"
#include "common/model/layers/losses.h"

namespace bauta::client {
namespace {

Result<std::vector<float>> with_current_items(std::span<const float> stored, std::span<const std::string> old_items,
                                              const ParameterLayout& layout, std::span<const std::string> items) {
  const Error misfit{ErrorCode::conflict,
                     "what is served was made for a plan of another shape; `bauta-client evaluate` chooses anew"};
  const std::size_t shared = layout.shared_size();
  if (stored.size() < shared) return misfit;
  auto own = PrivateParts::moved(layout, stored.subspan(shared), old_items, items);
  if (!own.ok()) return misfit;
  std::vector<float> all(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(shared));
  all.insert(all.end(), own->begin(), own->end());
  return all;
}

}  // namespace

Result<ServedParameters> served_parameters(const ServingModel& model, const ParameterLayout& layout,
                                           const EventLog& log) {
  std::vector<std::string> items;
  for (const Item& item : log.items) items.push_back(item.id);
  ServedParameters served;
  served.local_share = model.choice.local_share;
  if (served.local_share > 0) {
    BAUTA_TRY(served.local, with_current_items(model.local, model.items, layout, items));
  }
  if (served.local_share < 1) {
    BAUTA_TRY(served.federated, with_current_items(model.federated, model.items, layout, items));
  }
  return served;
}

Predictor::Predictor(const EventLog& log, const TaskSettings& task, BehaviourTrainer& trainer, ServedParameters served,
                     OnProgress on_progress)
    : log_(&log), task_(&task), trainer_(&trainer), on_progress_(std::move(on_progress)) {
  if (served.local_share > 0) members_.push_back({std::move(served.local), served.local_share});
  if (served.local_share < 1) members_.push_back({std::move(served.federated), 1 - served.local_share});
}

std::vector<Sample> Predictor::persons_at(UnixSeconds now, std::uint32_t item) const {
  std::vector<Sample> samples;
  for (std::uint32_t p = 0; p < log_->persons.size(); ++p)
    if (!log_->before(p, now).empty()) samples.push_back({p, item, now, false});
  return samples;
}

Result<std::vector<Sample>> Predictor::asked_at(UnixSeconds now, std::uint32_t item,
                                                std::optional<std::uint32_t> only) const {
  std::vector<Sample> samples = persons_at(now, item);
  if (only) std::erase_if(samples, [&](const Sample& sample) { return sample.person != *only; });
  if (!samples.empty()) return samples;
  return Error{ErrorCode::not_found, (only ? log_->persons[*only] + " has no event before "
                                           : std::string("no consenting person has an event before ")) +
                                         format_time(now)};
}

double Predictor::value_after(const Sample& sample) const {
  double sum = 0;
  for (const Event& event : log_->after(sample.person, sample.cut, sample.cut + task_->horizon))
    if (event.amount > 0) sum += static_cast<double>(event.amount);
  return sum;
}

bool Predictor::churned_after(const Sample& sample) const {
  return log_->after(sample.person, sample.cut, sample.cut + task_->horizon).empty();
}

Status Predictor::ask(std::span<const Sample> samples, const char* what, const Take& take,
                      std::optional<EventType> asked) {
  const std::uint64_t all = samples.size() * members_.size();
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const Member& member = members_[m];
    const auto taken = [&](std::size_t first, const Predictions<float>& predictions) {
      take(member, m, first, predictions);
      if (on_progress_ && what != nullptr)
        on_progress_(m * samples.size() + first + predictions.logits.size(), all, what);
    };
    BAUTA_RETURN_IF_ERROR(trainer_->predict(member.parameters, samples, taken, asked));
  }
  return {};
}

/// In logs, for a product of many small numbers is none.
double Predictor::churn_odds(const Predictions<float>& predictions, std::size_t i) const {
  // Intervals before this one end within the horizon; a shorter horizon than the first interval takes that one.
  const std::size_t known = std::max<std::size_t>(1, horizon_bucket(task_->horizon + 1));
  const float* outlook = predictions.outlooks.column(static_cast<Eigen::Index>(i));
  double log_survival = 0;
  for (std::size_t j = 0; j < known; ++j) log_survival -= logistic_loss(static_cast<double>(outlook[j]), false);
  log_survival = std::min(log_survival, -1e-9);
  return log_survival - std::log(-std::expm1(log_survival));
}

Result<std::vector<double>> Predictor::conversion(std::span<const Sample> samples, const char* what) {
  std::vector<double> logits(samples.size(), 0);
  BAUTA_RETURN_IF_ERROR(
      ask(samples, what, [&](const Member& member, std::size_t, std::size_t first, const Predictions<float>& said) {
        for (std::size_t i = 0; i < said.logits.size(); ++i)
          logits[first + i] += member.share * static_cast<double>(said.logits[i]);
      }));
  return logits;
}

Result<std::vector<double>> Predictor::churn(std::span<const Sample> samples, const char* what) {
  std::vector<double> odds(samples.size(), 0);
  BAUTA_RETURN_IF_ERROR(
      ask(samples, what, [&](const Member& member, std::size_t, std::size_t first, const Predictions<float>& said) {
        for (std::size_t i = 0; i < said.logits.size(); ++i) odds[first + i] += member.share * churn_odds(said, i);
      }));
  return odds;
}

Result<std::vector<double>> Predictor::value(std::span<const Sample> samples, const char* what) {
  std::vector<double> amounts(samples.size(), 0);
  const double unit = trainer_->features().value_unit();
  BAUTA_RETURN_IF_ERROR(
      ask(samples, what, [&](const Member& member, std::size_t, std::size_t first, const Predictions<float>& said) {
        for (std::size_t i = 0; i < said.logits.size(); ++i) {
          std::array<double, 3> raw{};
          std::copy_n(said.outlooks.column(static_cast<Eigen::Index>(i)) + kHorizonBuckets, raw.size(), raw.data());
          amounts[first + i] += member.share * unit * Ziln<double>::mean(std::span<const double, 3>(raw));
        }
      }));
  return amounts;
}

Result<std::vector<std::vector<double>>> Predictor::attention(std::span<const Sample> samples,
                                                              std::optional<EventType> asked) {
  std::vector<std::vector<double>> weights(samples.size());
  BAUTA_RETURN_IF_ERROR(ask(
      samples, nullptr,
      [&](const Member& member, std::size_t, std::size_t first, const Predictions<float>& said) {
        for (std::size_t i = 0; i < said.logits.size(); ++i) {
          std::vector<double>& sum = weights[first + i];
          sum.resize(said.attention[i].size(), 0);
          for (std::size_t e = 0; e < sum.size(); ++e)
            sum[e] += member.share * static_cast<double>(said.attention[i][e]);
        }
      },
      asked));
  return weights;
}

Result<PersonVectors> Predictor::vectors(std::span<const Sample> samples, bool quiet) {
  const auto width = static_cast<Eigen::Index>(trainer_->layout().settings().width);
  const auto rows = width * static_cast<Eigen::Index>(members_.size());
  const auto columns = static_cast<Eigen::Index>(samples.size());
  PersonVectors vectors{Eigen::MatrixXf(rows, columns), Eigen::MatrixXf(rows, columns),
                        std::vector<double>(samples.size(), 0), std::vector<double>(samples.size(), 0)};
  const auto take = [&](const Member& member, std::size_t number, std::size_t first, const Predictions<float>& said) {
    const auto at = static_cast<Eigen::Index>(first);
    const auto row = static_cast<Eigen::Index>(number) * width;
    const auto share = static_cast<float>(member.share);
    vectors.next_item.block(row, at, width, said.next_item.count()) = share * said.next_item.view();
    vectors.demand.block(row, at, width, said.demand.count()) = share * said.demand.view();
    for (std::size_t i = 0; i < said.logits.size(); ++i) {
      vectors.conversion[first + i] += member.share * static_cast<double>(said.logits[i]);
      vectors.churn[first + i] += member.share * churn_odds(said, i);
    }
  };
  BAUTA_RETURN_IF_ERROR(ask(samples, quiet ? nullptr : "reading histories", take));
  return vectors;
}

Result<ItemVectors> Predictor::item_vectors() const {
  const auto width = static_cast<Eigen::Index>(trainer_->layout().settings().width);
  const auto items = static_cast<Eigen::Index>(log_->items.size());
  ItemVectors all{Eigen::MatrixXf(width * static_cast<Eigen::Index>(members_.size()), items),
                  Eigen::VectorXf::Zero(items)};
  Columns<float> vectors;
  std::vector<float> biases;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    BAUTA_RETURN_IF_ERROR(trainer_->item_vectors(members_[m].parameters, vectors, biases));
    all.vectors.middleRows(static_cast<Eigen::Index>(m) * width, width) = vectors.view();
    all.biases += static_cast<float>(members_[m].share) * Eigen::Map<const Eigen::VectorXf>(biases.data(), items);
  }
  return all;
}

Result<Eigen::MatrixXf> Predictor::text_vectors(const TokenBags& texts) const {
  const auto width = static_cast<Eigen::Index>(trainer_->layout().settings().width);
  Eigen::MatrixXf all(width * static_cast<Eigen::Index>(members_.size()), static_cast<Eigen::Index>(texts.size()));
  Columns<float> vectors;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    BAUTA_RETURN_IF_ERROR(trainer_->text_vectors(members_[m].parameters, texts, vectors));
    all.middleRows(static_cast<Eigen::Index>(m) * width, width) = vectors.view();
  }
  return all;
}

}  // namespace bauta::client
