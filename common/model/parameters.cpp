#include "common/model/parameters.h"

#include <bit>
#include <cmath>

#include "common/base/counter_random.h"
#include "common/model/behaviour_model.h"

namespace bauta {
namespace {

constexpr std::uint32_t kHidden1 = 64;
constexpr std::uint32_t kHidden2 = 32;
constexpr std::uint32_t kTaskWidth = 8;
constexpr std::size_t kMaxParameters = std::size_t{1} << 27;

/// Uniform in [−bound, bound] has variance bound²/3; this keeps the variance of a sum over `inputs` at `gain`².
float bound_for(std::uint32_t inputs, double gain) {
  return static_cast<float>(gain * std::sqrt(3.0 / static_cast<double>(inputs)));
}

}  // namespace

Result<ParameterLayout> ParameterLayout::create(const ModelSettings& settings) {
  const auto refuse = [](const char* what) { return Error{ErrorCode::invalid_argument, what}; };
  if (settings.kind != "pooling") return refuse("model.kind must be \"pooling\"");
  if (settings.width == 0 || settings.width % 8 != 0 || settings.width > 1024)
    return refuse("model.width must be a multiple of 8 up to 1024");
  if (settings.token_width == 0 || settings.token_width % 8 != 0 || settings.token_width > 1024)
    return refuse("model.token_width must be a multiple of 8 up to 1024");
  if (!std::has_single_bit(settings.table_rows) || settings.table_rows > (1U << 30))
    return refuse("model.table_rows must be a power of two");
  if (std::size_t{settings.table_rows} * settings.token_width > kMaxParameters)
    return refuse("model.table_rows times model.token_width is above 134217728");
  if (settings.history == 0 || settings.history > 100'000) return refuse("model.history must be 1 to 100000");

  ParameterLayout layout;
  layout.settings_ = settings;
  const std::uint32_t width = settings.width;
  const auto input = static_cast<std::uint32_t>((kPoolings + 3) * width + 2 * kTaskWidth + kContextFeatures);
  constexpr float kSmall = 0.1F;
  layout.add("token.table", settings.table_rows, settings.token_width, 0.5F);
  layout.add("token.projection", width, settings.token_width, bound_for(settings.token_width, 1));
  layout.add("event.type", kTypeSlots, width, kSmall);
  layout.add("event.gap", kGapBuckets + 1, width, kSmall);
  layout.add("event.age", kGapBuckets + 1, width, kSmall);
  layout.add("event.amount", kAmountBuckets + 1, width, kSmall);
  layout.add("event.hour", kHours + 1, width, kSmall);
  layout.add("event.weekday", kWeekdays + 1, width, kSmall);
  layout.add("event.norm.gain", 1, width, 0, 1);
  layout.add("event.norm.bias", 1, width, 0);
  layout.add("task.type", kTypeSlots, kTaskWidth, kSmall);
  layout.add("task.horizon", kHorizonBuckets, kTaskWidth, kSmall);
  layout.add("hidden1.weight", kHidden1, input, bound_for(input, 1.4));
  layout.add("hidden1.bias", 1, kHidden1, 0);
  layout.add("hidden1.slope", 1, kHidden1, 0, 0.25F);
  layout.add("hidden2.weight", kHidden2, kHidden1, bound_for(kHidden1, 1.4));
  layout.add("hidden2.bias", 1, kHidden2, 0);
  layout.add("hidden2.slope", 1, kHidden2, 0, 0.25F);
  layout.add("logit.weight", 1, kHidden2, bound_for(kHidden2, 0.3));
  layout.add("logit.bias", 1, 1, 0);
  if (layout.size_ > kMaxParameters) return refuse("the model has more than 134217728 parameters");
  return layout;
}

void ParameterLayout::add(std::string name, std::uint32_t rows, std::uint32_t columns, float bound, float start) {
  tensors_.push_back({std::move(name), rows, columns, size_, bound, start});
  size_ += tensors_.back().size();
}

const Tensor& ParameterLayout::at(std::string_view name) const {
  for (const Tensor& tensor : tensors_)
    if (tensor.name == name) return tensor;
  BAUTA_CHECK(!"a tensor of this name exists");
  return tensors_.front();
}

std::vector<float> initial_parameters(const ParameterLayout& layout) {
  std::vector<float> flat(layout.size());
  for (const Tensor& tensor : layout.tensors()) {
    CounterRandom random(layout.settings().seed, tensor.name);
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const double centred = 2 * random.unit() - 1;
      flat[tensor.offset + i] = static_cast<float>(static_cast<double>(tensor.start) + centred * tensor.bound);
    }
  }
  return flat;
}

}  // namespace bauta
