// The plan: what a run trains and under which rules. It is a TOML text; partners pin `sha256sum plan.toml`
// on their allow-list, and those very bytes travel in the run (docs/adr/0002).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"

namespace bauta {

/// How the target weighs the steps of a history: DIN's intensities, weights that add to one, or all alike (no
/// attention).
enum class Attention : std::uint8_t { sigmoid, softmax, uniform };

/// Which member of the model family and its shape. Every service builds the same parameters from this.
struct ModelSettings {
  std::string kind = "behaviour";
  std::uint64_t seed = 1;           ///< initial parameters, hash family of the tokens, order of the batches
  std::uint32_t table_rows = 8192;  ///< hashed token table, a power of two
  std::uint32_t token_width = 16;   ///< columns of the token table
  std::uint32_t width = 32;         ///< event vectors
  std::uint32_t history = 100;      ///< newest events of a person that are read
  Attention attention = Attention::sigmoid;
  bool evolution_attends = true;  ///< AUGRU; else a plain GRU over the interests
};

/// Of the heads in the loss of a step; a service without a label for one adds nothing to it.
struct LossWeights {
  double next_item = 1.0;
  double next_kind = 0.3;  ///< type, gap and amount of the next event
  double demand = 0.5;     ///< which text tells a person's future
  double conversion = 1.0;
  double churn = 0.3;
  double value = 0.1;
};

struct TrainingSettings {
  std::uint32_t local_steps = 200;
  std::uint32_t batch_size = 64;
  double learning_rate = 0.002;    ///< Adam on the client
  double dropout = 0.1;            ///< share of an event's vector that a training step does not see
  double state_dropout = 0;        ///< share of a state that the heads of the next event do not see in training
  std::uint32_t candidates = 512;  ///< items that stand for all in the next-item loss
  LossWeights weights;
};

/// FedAdam (Reddi et al. 2021, Algorithm 2) without bias correction.
struct ServerSettings {
  double learning_rate = 0.01;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double tau = 0.001;
  /// Over so many rounds the learning rate falls in a straight line; it stays at the last one's. 0: it does not fall.
  std::uint32_t decay_rounds = 0;
};

/// UpdateSettings::range where neither the plan nor a rotation gives one.
inline constexpr double kDefaultRange = 0.1;

/// How an update becomes integers (docs/protocol.md §7).
struct UpdateSettings {
  double clip = 1.0;                  ///< l2 norm bound C of the delta
  bool rotation = false;              ///< rotate before quantising (common/masking/rotation.h)
  std::optional<double> range;        ///< each coordinate saturates here; none: kDefaultRange, or rotated_range
  std::uint32_t bits = 20;            ///< signed bits per coordinate
  std::optional<std::uint32_t> lane;  ///< 8, 12, 16 or 32; none: the least that holds the cohort's sum
};

struct RoundSettings {
  std::uint32_t rounds = 10;
  Milliseconds deadline{600'000};      ///< of one round; all phase deadlines derive from it
  std::uint32_t min_participants = 3;  ///< nobody certifies a sum over fewer
  double over_selection = 1.0;         ///< 1: all who are ready; else at most ceil(over_selection * min_participants)
  double max_colluding = 0.25;         ///< f_max = max(1, floor(max_colluding * n))
  std::uint32_t max_attempts = 10;
  double mask_work_gigabytes = 1.0;  ///< masking work a partner, in keystream; above it the graph is sparse
  double expected_dropout = 0.1;     ///< share of the cohort; what a sparse graph has to survive
};

struct Plan {
  std::string name;
  ModelSettings model;
  TrainingSettings training;
  ServerSettings server;
  UpdateSettings update;
  RoundSettings round;
};

inline constexpr std::size_t kMaxPlanBytes = 64 * 1024;

/// Parses and checks every bound; unknown keys are errors. `text` may come from the wire.
Result<Plan> parse_plan(std::string_view text);

/// SHA-256 of the text as it is, the value `sha256sum` prints.
Digest plan_hash(std::string_view text);

}  // namespace bauta
