#include "common/model/parameters.h"

#include <bit>
#include <cmath>

#include "common/base/counter_random.h"
#include "common/model/model_shape.h"

namespace bauta {
namespace {

constexpr std::uint32_t kHorizonWidth = 8;
constexpr std::size_t kMaxParameters = std::size_t{1} << 27;

/// Uniform in [−bound, bound] has variance bound²/3; this keeps the variance of a sum over `inputs` at `gain`².
float bound_for(std::uint32_t inputs, double gain) {
  return static_cast<float>(gain * std::sqrt(3.0 / static_cast<double>(inputs)));
}

/// The initial elements from `first`, where a tensor begins, to the end.
std::vector<float> drawn_from(const ParameterLayout& layout, std::size_t first) {
  std::vector<float> values(layout.size() - first);
  for (const Tensor& tensor : layout.tensors()) {
    if (tensor.offset < first) continue;
    CounterRandom random(layout.settings().seed, tensor.name);
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const double centred = 2 * random.unit() - 1;
      values[tensor.offset - first + i] =
          static_cast<float>(static_cast<double>(tensor.start) + centred * tensor.bound);
    }
  }
  return values;
}

}  // namespace

Result<ParameterLayout> ParameterLayout::create(const ModelSettings& settings) {
  const auto refuse = [](const char* what) { return Error{ErrorCode::invalid_argument, what}; };
  if (settings.kind != "behaviour") return refuse("model.kind must be \"behaviour\"");
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
  const std::uint32_t attention1 = attention_width1(width);
  const std::uint32_t attention2 = attention_width2(width);
  const std::uint32_t input = 5 * width + static_cast<std::uint32_t>(kContextFeatures) + kHorizonWidth;
  const std::uint32_t person = width + static_cast<std::uint32_t>(kContextFeatures) + kHorizonWidth;
  constexpr float kSmall = 0.1F;
  const auto matrix = [&](std::string name, std::uint32_t rows, std::uint32_t columns, double gain) {
    layout.add(std::move(name), rows, columns, bound_for(columns, gain));
  };
  const auto gru = [&](const std::string& name) {
    matrix(name + ".input", 3 * width, width, 0.6);
    matrix(name + ".recurrent", 3 * width, width, 0.6);
    layout.add(name + ".bias", 1, 3 * width, 0);
    layout.add(name + ".candidate", 1, width, 0);
  };
  layout.add("token.table", settings.table_rows, settings.token_width, 0.5F).sparse = true;
  matrix("token.projection", width, settings.token_width, 1);
  layout.add("event.type", kTypeSlots, width, kSmall);
  layout.add("event.gap", kGapBuckets + 1, width, kSmall);
  layout.add("event.amount", kAmountBuckets + 1, width, kSmall);
  layout.add("event.hour", kHours + 1, width, kSmall);
  layout.add("event.weekday", kWeekdays + 1, width, kSmall);
  layout.add("event.channel", kChannelSlots, width, kSmall);
  layout.add("event.norm.gain", 1, width, 0, 1);
  layout.add("event.norm.bias", 1, width, 0);
  gru("interest");
  layout.add("key.age", kGapBuckets + 1, width, kSmall);
  matrix("attention.target", attention1, width, 1);
  matrix("attention.step", attention1, 2 * width, 1);
  layout.add("attention.bias1", 1, attention1, 0);
  matrix("attention.second", attention2, attention1, 1);
  layout.add("attention.bias2", 1, attention2, 0);
  matrix("attention.score", 1, attention2, 1);
  layout.add("attention.offset", 1, 1, 0);
  gru("evolution");
  matrix("person.queries", kPersonQueries, width, 1);
  matrix("person.weight", width, kPersonQueries * width, 1);
  layout.add("person.bias", 1, width, 0);
  matrix("next.item", width, width, 1);
  matrix("next.kind", kNextKinds, width, 0.3);
  layout.add("next.kind.bias", 1, kNextKinds, 0);
  matrix("demand.person", width, width, 1);
  matrix("demand.text", width, settings.token_width, 1);
  layout.add("horizon", kHorizonBuckets, kHorizonWidth, kSmall);
  matrix("hidden1.weight", 2 * width, input, 1.4);
  layout.add("hidden1.bias", 1, 2 * width, 0);
  layout.add("hidden1.slope", 1, 2 * width, 0, 0.25F);
  matrix("hidden2.weight", width, 2 * width, 1.4);
  layout.add("hidden2.bias", 1, width, 0);
  layout.add("hidden2.slope", 1, width, 0, 0.25F);
  matrix("logit.weight", 1, width, 0.3);
  layout.add("logit.bias", 1, 1, 0);
  matrix("outlook.weight", width, person, 1.4);
  layout.add("outlook.bias", 1, width, 0);
  layout.add("outlook.slope", 1, width, 0, 0.25F);
  matrix("outlook.outputs", kOutlooks, width, 0.3);
  layout.add("outlook.outputs.bias", 1, kOutlooks, 0);
  layout.shared_size_ = layout.size_;
  if (layout.size_ > kMaxParameters) return refuse("the model has more than 134217728 parameters");
  return layout;
}

ParameterLayout ParameterLayout::with_private(std::uint32_t items) const {
  ParameterLayout layout = *this;
  BAUTA_CHECK(layout.size_ == layout.shared_size_);
  const std::uint32_t width = settings_.width;
  const std::uint32_t narrow = adapter_width(width);
  layout.add("private.adapter.down", narrow, width, bound_for(width, 1));
  layout.add("private.adapter.up", width, narrow, 0);
  layout.add("private.logit.weight", 1, width, 0);
  layout.add("private.logit.bias", 1, 1, 0);
  layout.add("private.item.residual", items, width, 0).sparse = true;
  layout.add("private.item.bias", items, 1, 0).sparse = true;
  return layout;
}

Tensor& ParameterLayout::add(std::string name, std::uint32_t rows, std::uint32_t columns, float bound, float start) {
  tensors_.push_back({std::move(name), rows, columns, size_, bound, start});
  size_ += tensors_.back().size();
  return tensors_.back();
}

const Tensor& ParameterLayout::at(std::string_view name) const {
  for (const Tensor& tensor : tensors_)
    if (tensor.name == name) return tensor;
  BAUTA_CHECK(!"a tensor of this name exists");
  return tensors_.front();
}

std::vector<float> initial_parameters(const ParameterLayout& layout) { return drawn_from(layout, 0); }

std::vector<float> initial_private_parameters(const ParameterLayout& layout) {
  return drawn_from(layout, layout.shared_size());
}

}  // namespace bauta
