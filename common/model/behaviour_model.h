// The first member of the P-1 family: embedding and pooling. A person's newest events and an optional target item
// become one logit. Forward and hand-written backward, instantiated for float (training) and double (checking).
//
//   event  = LayerNorm(projection · mean(token rows) + type + gap + age + amount + hour + weekday)          [width]
//   pooled = mean of the events, and means weighted by 2^(−age / half-life) for each of kHalfLives           [4 ·
//   width] target = LayerNorm of the offered item as an event that happens at the cut; zero where there is none [width]
//   input  = [pooled, target, target∘mean, target∘recent, task type, horizon, context]
//   logit  = Linear(PReLU(Linear(PReLU(Linear(input)))))   with 64 and 32 hidden units, + the sample's private offset
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/model/buckets.h"
#include "common/model/parameters.h"
#include "common/model/text_tokens.h"

namespace bauta {

inline constexpr std::array<double, 3> kHalfLives = {3.0 * 86400, 14.0 * 86400, 60.0 * 86400};  ///< seconds
inline constexpr std::size_t kPoolings = 1 + kHalfLives.size();
inline constexpr std::size_t kContextFeatures = 40;
inline constexpr std::uint32_t kNoBag = 0xffffffff;

/// One event as the model reads it; everything but the age, which depends on the cut.
struct EventCodes {
  std::uint32_t bag = kNoBag;  ///< into TokenBags; kNoBag where the event has no item
  std::uint8_t type = 0;
  std::uint8_t gap = kNoGap;
  std::uint8_t amount = kNoAmount;
  std::uint8_t hour = kNoHour;
  std::uint8_t weekday = kNoWeekday;
};

/// One prediction to make. The spans must outlive the call.
struct ModelSample {
  std::span<const EventCodes> events;         ///< oldest first, at most settings.history, all before the cut
  std::span<const std::int64_t> event_times;  ///< parallel to events, seconds
  std::int64_t cut = 0;
  bool has_target = false;
  EventCodes target;                              ///< the offer as an event at the cut
  std::uint8_t task_type = 0;                     ///< the event type that is predicted
  std::uint8_t horizon = 0;                       ///< horizon_bucket
  std::array<float, kContextFeatures> context{};  ///< of order 1
  float offset = 0;  ///< private, added to the logit: the log odds of this service's own base rate
  bool label = false;
};

/// Gradient of a loss: dense but for the token table, of which only the rows that occurred are filled.
template <class Scalar>
struct Gradient {
  std::vector<Scalar> flat;                 ///< layout.size() elements; untouched table rows are zero
  std::vector<std::uint32_t> touched_rows;  ///< of the token table, each once, in order of first use
};

/// Keeps the buffers of a batch between forward and backward: one thread at a time.
/// Deterministic: the same inputs give the same bits in one build on one kind of processor.
template <class Scalar>
class BehaviourModel {
 public:
  explicit BehaviourModel(const ParameterLayout& layout);
  ~BehaviourModel();
  BehaviourModel(BehaviourModel&&) noexcept;
  BehaviourModel& operator=(BehaviourModel&&) noexcept;

  /// One logit a sample. `parameters` has layout.size() elements; it and the other spans must stay as they are until
  /// backward. The returned span lives until the next call.
  std::span<const Scalar> forward(std::span<const Scalar> parameters, const TokenBags& bags,
                                  std::span<const ModelSample> batch);

  /// From dL/dlogit of the last forward. The returned gradient lives until the next backward.
  const Gradient<Scalar>& backward(std::span<const Scalar> logit_gradient);

 private:
  class Workspace;
  std::unique_ptr<Workspace> workspace_;
};

extern template class BehaviourModel<float>;
extern template class BehaviourModel<double>;

}  // namespace bauta
