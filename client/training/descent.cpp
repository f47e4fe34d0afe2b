#include "client/training/descent.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "client/training/json_member.h"
#include "client/training/vector_file.h"

namespace bauta::client {
namespace {

constexpr std::string_view kKind = "checkpoint";

}  // namespace

Descent::Descent(const ParameterLayout& layout, const TrainingSettings& settings, const EventFeatures& features,
                 std::span<const Sample> samples, std::vector<float> parameters, std::uint64_t seed,
                 std::uint64_t round_no, std::string_view purpose)
    : features_(&features),
      samples_(samples),
      batch_size_(settings.batch_size),
      parameters_(std::move(parameters)),
      adam_(layout.tensors(), settings.learning_rate),
      order_(samples.size(), seed, round_no, purpose),
      candidates_(features.item_counts(), settings.candidates),
      seed_(mix64(mix64(seed) + round_no) ^ fnv1a64(purpose)) {}

BatchLosses Descent::step(BehaviourModel<float>& model, float offset, const Executor& executor) {
  chosen_.clear();
  for (std::size_t i = 0; i < batch_size_; ++i) chosen_.push_back(samples_[order_.next()]);
  CounterRandom random(seed_ + steps_, "step");
  features_->gather_labelled(chosen_, random, batch_);
  batch_.set_offset(offset);
  candidates_.draw(random);
  const BatchLosses losses =
      model.train(parameters_, batch_.view(candidates_.items(), candidates_.log_q()), random.next() | 1, executor);
  adam_.step(parameters_, model.gradient(), executor);
  ++steps_;
  return losses;
}

Status Descent::save(const std::filesystem::path& file, std::string_view about) const {
  const nlohmann::json header = {{"of", about}, {"steps", steps_}};
  const std::span<const float> vectors[] = {parameters_, adam_.first_moment(), adam_.second_moment()};
  return write_vectors(file, kKind, header.dump(), vectors);
}

Result<bool> Descent::resume(const std::filesystem::path& file, std::string_view about, std::uint64_t most) {
  BAUTA_TRY(auto stored, read_vectors(file, kKind));
  if (!stored) return false;
  const auto header = nlohmann::json::parse(stored->about, nullptr, false);
  const auto steps = unsigned_member(header, "steps");
  if (text_member(header, "of") != about || !steps || *steps > most || stored->vectors.size() != 3) return false;
  for (const auto& vector : stored->vectors)
    if (vector.size() != parameters_.size()) return false;
  parameters_ = std::move(stored->vectors[0]);
  adam_.restore(*steps, stored->vectors[1], stored->vectors[2]);
  for (; steps_ < *steps; ++steps_)
    for (std::size_t i = 0; i < batch_size_; ++i) order_.next();
  return true;
}

}  // namespace bauta::client
