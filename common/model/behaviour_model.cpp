#include "common/model/behaviour_model.h"

#include <algorithm>
#include <cmath>

#include "common/model/layers/event_embedding.h"
#include "common/model/layers/layer_norm.h"
#include "common/model/layers/linear.h"
#include "common/model/layers/pooling.h"
#include "common/model/layers/prelu.h"
#include "common/model/layers/token_bag.h"

namespace bauta {
namespace {

constexpr std::size_t kRecentPooling = 2;  // the 14-day half-life meets the target

}  // namespace

template <class Scalar>
class BehaviourModel<Scalar>::Workspace {
 public:
  explicit Workspace(const ParameterLayout& layout)
      : size_(layout.size()),
        width_(layout.settings().width),
        table_(layout.at("token.table")),
        projection_(layout.at("token.projection")),
        event_tables_{layout.at("event.type"),   layout.at("event.gap"),  layout.at("event.age"),
                      layout.at("event.amount"), layout.at("event.hour"), layout.at("event.weekday")},
        norm_gain_(layout.at("event.norm.gain")),
        norm_bias_(layout.at("event.norm.bias")),
        task_type_(layout.at("task.type")),
        task_horizon_(layout.at("task.horizon")),
        hidden1_{layout.at("hidden1.weight"), layout.at("hidden1.bias"), layout.at("hidden1.slope")},
        hidden2_{layout.at("hidden2.weight"), layout.at("hidden2.bias"), layout.at("hidden2.slope")},
        logit_weight_(layout.at("logit.weight")),
        logit_bias_(layout.at("logit.bias")),
        row_seen_(table_.rows) {
    gradient_.flat.assign(size_, Scalar(0));
  }

  std::span<const Scalar> forward(std::span<const Scalar> parameters, const TokenBags& bags,
                                  std::span<const ModelSample> batch) {
    BAUTA_CHECK(parameters.size() == size_);
    parameters_ = parameters;
    bags_ = &bags;
    batch_ = batch;
    gather();
    token_bag_.forward(view(table_), view(projection_), bags, wanted_, items_);
    std::array<const Scalar*, kEventTables> tables{};
    for (std::size_t i = 0; i < kEventTables; ++i) tables[i] = parameters.data() + event_tables_[i].offset;
    EventEmbedding<Scalar>::forward(tables, event_rows_, items_, width_, normalised_);
    norm_.forward(pointer(norm_gain_), pointer(norm_bias_), normalised_, events_);
    assemble_input();
    Linear<Scalar>::forward(view(hidden1_.weight), view(hidden1_.bias), input_, sum1_);
    PRelu<Scalar>::forward(pointer(hidden1_.slope), sum1_, active1_);
    Linear<Scalar>::forward(view(hidden2_.weight), view(hidden2_.bias), active1_, sum2_);
    PRelu<Scalar>::forward(pointer(hidden2_.slope), sum2_, active2_);
    Linear<Scalar>::forward(view(logit_weight_), view(logit_bias_), active2_, logits_);
    for (std::size_t s = 0; s < batch.size(); ++s)
      *logits_.column(static_cast<Eigen::Index>(s)) += Scalar(batch[s].offset);
    return {logits_.column(0), batch.size()};
  }

  const Gradient<Scalar>& backward(std::span<const Scalar> logit_gradient) {
    BAUTA_CHECK(logit_gradient.size() == batch_.size());
    clear_gradient();
    logit_gradient_.resize(1, static_cast<Eigen::Index>(batch_.size()));
    std::copy(logit_gradient.begin(), logit_gradient.end(), logit_gradient_.column(0));
    Linear<Scalar>::backward(view(logit_weight_), active2_, logit_gradient_, gradient_view(logit_weight_),
                             gradient_view(logit_bias_), gradient2_);
    PRelu<Scalar>::backward(pointer(hidden2_.slope), sum2_, gradient2_, gradient_pointer(hidden2_.slope));
    Linear<Scalar>::backward(view(hidden2_.weight), active1_, gradient2_, gradient_view(hidden2_.weight),
                             gradient_view(hidden2_.bias), gradient1_);
    PRelu<Scalar>::backward(pointer(hidden1_.slope), sum1_, gradient1_, gradient_pointer(hidden1_.slope));
    Linear<Scalar>::backward(view(hidden1_.weight), input_, gradient1_, gradient_view(hidden1_.weight),
                             gradient_view(hidden1_.bias), input_gradient_);
    event_gradient_.resize_zero(width_, events_.count());
    spread_input_gradient();
    Pooling<Scalar>::backward(first_event_, weights_, input_gradient_, event_gradient_);
    norm_.backward(pointer(norm_gain_), normalised_, event_gradient_, gradient_pointer(norm_gain_),
                   gradient_pointer(norm_bias_));
    std::array<Scalar*, kEventTables> tables{};
    for (std::size_t i = 0; i < kEventTables; ++i) tables[i] = gradient_.flat.data() + event_tables_[i].offset;
    item_gradient_.resize_zero(width_, items_.count());
    EventEmbedding<Scalar>::backward(event_rows_, event_gradient_, width_, tables, item_gradient_);
    token_bag_.backward(view(projection_), *bags_, wanted_, item_gradient_, gradient_view(projection_),
                        gradient_view(table_), gradient_.touched_rows, row_seen_);
    return gradient_;
  }

 private:
  struct HiddenLayer {
    Tensor weight;
    Tensor bias;
    Tensor slope;
  };

  auto view(const Tensor& tensor) const { return tensor_view(parameters_, tensor); }
  const Scalar* pointer(const Tensor& tensor) const { return parameters_.data() + tensor.offset; }
  auto gradient_view(const Tensor& tensor) { return tensor_view(std::span<Scalar>(gradient_.flat), tensor); }
  Scalar* gradient_pointer(const Tensor& tensor) { return gradient_.flat.data() + tensor.offset; }

  /// Lists the events of the batch (histories sample by sample, then the targets), each different item once, and the
  /// poolings' weights.
  void gather() {
    slot_of_bag_.resize(std::max(slot_of_bag_.size(), bags_->size()), kNoSlot);
    wanted_.clear();
    event_rows_.clear();
    first_event_.assign(1, 0);
    std::size_t histories = 0;
    for (const ModelSample& sample : batch_) histories += sample.events.size();
    weights_.resize(static_cast<Eigen::Index>(kPoolings), static_cast<Eigen::Index>(histories));
    for (const ModelSample& sample : batch_) {
      weigh(sample, event_rows_.size());
      for (std::size_t e = 0; e < sample.events.size(); ++e)
        event_rows_.push_back(row_of(sample.events[e], gap_bucket(sample.cut - sample.event_times[e])));
      first_event_.push_back(static_cast<std::uint32_t>(event_rows_.size()));
    }
    for (const ModelSample& sample : batch_)
      if (sample.has_target) event_rows_.push_back(row_of(sample.target, kNoGap));
    for (const std::uint32_t bag : wanted_) slot_of_bag_[bag] = kNoSlot;
  }

  EventRow row_of(const EventCodes& event, std::uint8_t age) {
    EventRow row;
    if (event.bag != kNoBag) {
      std::uint32_t& slot = slot_of_bag_[event.bag];
      if (slot == kNoSlot) {
        slot = static_cast<std::uint32_t>(wanted_.size());
        wanted_.push_back(event.bag);
      }
      row.slot = slot;
    }
    row.codes = {event.type, event.gap, age, event.amount, event.hour, event.weekday};
    return row;
  }

  /// Weights of each pooling add to one. Ages count from the newest event, so that old histories do not underflow.
  void weigh(const ModelSample& sample, std::size_t first) {
    if (sample.events.empty()) return;
    const std::int64_t newest = sample.event_times.back();
    std::array<double, kPoolings> sums{};
    for (std::size_t e = 0; e < sample.events.size(); ++e) {
      Scalar* weight = weights_.column(static_cast<Eigen::Index>(first + e));
      const auto age = static_cast<double>(newest - sample.event_times[e]);
      for (std::size_t k = 0; k < kPoolings; ++k) {
        const double value = k == 0 ? 1.0 : std::exp2(-age / kHalfLives[k - 1]);
        weight[k] = static_cast<Scalar>(value);
        sums[k] += value;
      }
    }
    for (std::size_t e = 0; e < sample.events.size(); ++e) {
      Scalar* weight = weights_.column(static_cast<Eigen::Index>(first + e));
      for (std::size_t k = 0; k < kPoolings; ++k) weight[k] /= static_cast<Scalar>(sums[k]);
    }
  }

  void assemble_input() {
    const Eigen::Index width = width_;
    const auto inputs = static_cast<Eigen::Index>(hidden1_.weight.columns);
    input_.resize(inputs, static_cast<Eigen::Index>(batch_.size()));
    Pooling<Scalar>::forward(events_, first_event_, weights_, input_);
    Eigen::Index target = first_event_.back();
    for (std::size_t s = 0; s < batch_.size(); ++s) {
      const ModelSample& sample = batch_[s];
      Scalar* pooled = input_.column(static_cast<Eigen::Index>(s));
      Scalar* out = pooled + kPoolingsIndex * width;
      std::fill(out, out + 3 * width, Scalar(0));
      if (sample.has_target) {
        const Scalar* t = events_.column(target++);
        const Scalar* recent = pooled + static_cast<Eigen::Index>(kRecentPooling) * width;
        for (Eigen::Index i = 0; i < width; ++i) {
          out[i] = t[i];
          out[width + i] = t[i] * pooled[i];
          out[2 * width + i] = t[i] * recent[i];
        }
      }
      out =
          std::copy_n(pointer(task_type_) + sample.task_type * task_type_.columns, task_type_.columns, out + 3 * width);
      out = std::copy_n(pointer(task_horizon_) + sample.horizon * task_horizon_.columns, task_horizon_.columns, out);
      for (const float feature : sample.context) *out++ = Scalar(feature);
      BAUTA_CHECK(out == pooled + inputs);
    }
  }

  /// The reverse of assemble_input but for the pooling: target, products and task embeddings.
  void spread_input_gradient() {
    const Eigen::Index width = width_;
    Eigen::Index target = first_event_.back();
    for (std::size_t s = 0; s < batch_.size(); ++s) {
      const ModelSample& sample = batch_[s];
      Scalar* pooled_gradient = input_gradient_.column(static_cast<Eigen::Index>(s));
      const Scalar* g = pooled_gradient + kPoolingsIndex * width;
      if (sample.has_target) {
        const Scalar* pooled = input_.column(static_cast<Eigen::Index>(s));
        const Eigen::Index recent = static_cast<Eigen::Index>(kRecentPooling) * width;
        const Scalar* t = events_.column(target);
        Scalar* target_gradient = event_gradient_.column(target++);
        for (Eigen::Index i = 0; i < width; ++i) {
          target_gradient[i] += g[i] + g[width + i] * pooled[i] + g[2 * width + i] * pooled[recent + i];
          pooled_gradient[i] += g[width + i] * t[i];
          pooled_gradient[recent + i] += g[2 * width + i] * t[i];
        }
      }
      g += 3 * width;
      lanes::add(g, gradient_pointer(task_type_) + sample.task_type * task_type_.columns, task_type_.columns);
      lanes::add(g + task_type_.columns, gradient_pointer(task_horizon_) + sample.horizon * task_horizon_.columns,
                 task_horizon_.columns);
    }
  }

  void clear_gradient() {
    Scalar* table = gradient_pointer(table_);
    for (const std::uint32_t row : gradient_.touched_rows) {
      std::fill_n(table + std::size_t{row} * table_.columns, table_.columns, Scalar(0));
      row_seen_[row] = false;
    }
    gradient_.touched_rows.clear();
    std::fill(gradient_.flat.begin(), gradient_.flat.begin() + static_cast<std::ptrdiff_t>(table_.offset), Scalar(0));
    std::fill(gradient_.flat.begin() + static_cast<std::ptrdiff_t>(table_.offset + table_.size()), gradient_.flat.end(),
              Scalar(0));
  }

  static constexpr auto kPoolingsIndex = static_cast<Eigen::Index>(kPoolings);

  std::size_t size_;
  Eigen::Index width_;
  Tensor table_;
  Tensor projection_;
  std::array<Tensor, kEventTables> event_tables_;
  Tensor norm_gain_;
  Tensor norm_bias_;
  Tensor task_type_;
  Tensor task_horizon_;
  HiddenLayer hidden1_;
  HiddenLayer hidden2_;
  Tensor logit_weight_;
  Tensor logit_bias_;

  std::span<const Scalar> parameters_;
  const TokenBags* bags_ = nullptr;
  std::span<const ModelSample> batch_;

  std::vector<std::uint32_t> slot_of_bag_;  // all kNoSlot between batches
  std::vector<std::uint32_t> wanted_;       // bags of the batch, each once
  std::vector<EventRow> event_rows_;
  std::vector<std::uint32_t> first_event_;  // of each sample, then where the targets begin

  TokenBagLayer<Scalar> token_bag_;
  LayerNorm<Scalar> norm_;
  Columns<Scalar> items_, normalised_, events_, weights_, input_, sum1_, active1_, sum2_, active2_, logits_;
  Columns<Scalar> logit_gradient_, gradient2_, gradient1_, input_gradient_, event_gradient_, item_gradient_;
  Gradient<Scalar> gradient_;
  std::vector<bool> row_seen_;
};

template <class Scalar>
BehaviourModel<Scalar>::BehaviourModel(const ParameterLayout& layout)
    : workspace_(std::make_unique<Workspace>(layout)) {}
template <class Scalar>
BehaviourModel<Scalar>::~BehaviourModel() = default;
template <class Scalar>
BehaviourModel<Scalar>::BehaviourModel(BehaviourModel&&) noexcept = default;
template <class Scalar>
BehaviourModel<Scalar>& BehaviourModel<Scalar>::operator=(BehaviourModel&&) noexcept = default;

template <class Scalar>
std::span<const Scalar> BehaviourModel<Scalar>::forward(std::span<const Scalar> parameters, const TokenBags& bags,
                                                        std::span<const ModelSample> batch) {
  return workspace_->forward(parameters, bags, batch);
}

template <class Scalar>
const Gradient<Scalar>& BehaviourModel<Scalar>::backward(std::span<const Scalar> logit_gradient) {
  return workspace_->backward(logit_gradient);
}

template class BehaviourModel<float>;
template class BehaviourModel<double>;

}  // namespace bauta
