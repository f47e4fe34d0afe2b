#include "common/federation/plan.h"

#include <fmt/format.h>

#include "common/base/config_reader.h"
#include "common/base/printable.h"
#include "common/crypto/sha256.h"

namespace bauta {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// The least positive number that a bound such as clip may have: far below any use, far above a denormal.
constexpr double kTiny = 1e-12;

// width × history; training holds some fifty numbers for each in every sample of a batch.
constexpr std::uint32_t kMostStateNumbers = 1 << 17;

Attention attention_from(const std::string& name) {
  if (name == "softmax") return Attention::softmax;
  return name == "uniform" ? Attention::uniform : Attention::sigmoid;
}

ModelSettings read_model(ConfigTable table) {
  ModelSettings model;
  model.kind = table.choice("kind", {"behaviour"}, model.kind);
  model.seed = static_cast<std::uint64_t>(table.integer("seed", {0}, static_cast<std::int64_t>(model.seed)));
  model.table_rows = static_cast<std::uint32_t>(table.integer("table_rows", {1 << 8, 1 << 20}, model.table_rows));
  if ((model.table_rows & (model.table_rows - 1)) != 0) {
    table.problem("table_rows", fmt::format("must be a power of two, not {}", model.table_rows));
  }
  model.token_width = static_cast<std::uint32_t>(table.integer("token_width", {1, 256}, model.token_width));
  model.width = static_cast<std::uint32_t>(table.integer("width", {1, 512}, model.width));
  model.history = static_cast<std::uint32_t>(table.integer("history", {1, 10'000}, model.history));
  if (model.width * model.history > kMostStateNumbers) {
    table.problem("history",
                  fmt::format("{} events of width {} are {} numbers a person, more than {}: a batch would not "
                              "fit a partner's memory",
                              model.history, model.width, model.width * model.history, kMostStateNumbers));
  }
  model.attention = attention_from(table.choice("attention", {"sigmoid", "softmax", "uniform"}, "sigmoid"));
  model.evolution_attends = table.choice("evolution", {"attention", "plain"}, "attention") == "attention";
  return model;
}

LossWeights read_weights(ConfigTable table) {
  LossWeights weights;
  for (const auto& [key, weight] :
       {std::pair("next_item", &weights.next_item), std::pair("next_kind", &weights.next_kind),
        std::pair("demand", &weights.demand), std::pair("conversion", &weights.conversion),
        std::pair("churn", &weights.churn), std::pair("value", &weights.value)})
    *weight = table.number(key, {0, 100}, *weight);
  return weights;
}

TrainingSettings read_training(ConfigTable table) {
  TrainingSettings training;
  training.local_steps = static_cast<std::uint32_t>(table.integer("local_steps", {1, 1'000'000}, training.local_steps));
  training.batch_size = static_cast<std::uint32_t>(table.integer("batch_size", {1, 65'536}, training.batch_size));
  training.learning_rate = table.number("learning_rate", {kTiny, 10}, training.learning_rate);
  training.dropout = table.number("dropout", {0, 0.9}, training.dropout);
  training.state_dropout = table.number("state_dropout", {0, 0.9}, training.state_dropout);
  training.candidates = static_cast<std::uint32_t>(table.integer("candidates", {8, 65'536}, training.candidates));
  training.weights = read_weights(table.table("weights"));
  return training;
}

ServerSettings read_server(ConfigTable table) {
  ServerSettings server;
  server.learning_rate = table.number("learning_rate", {kTiny, 10}, server.learning_rate);
  server.beta1 = table.number("beta1", {0, 0.9999}, server.beta1);
  server.beta2 = table.number("beta2", {0, 0.9999}, server.beta2);
  server.tau = table.number("tau", {kTiny, 1}, server.tau);
  server.decay_rounds = static_cast<std::uint32_t>(table.integer("decay_rounds", {0, 1'000'000}, server.decay_rounds));
  return server;
}

UpdateSettings read_update(ConfigTable table) {
  UpdateSettings update;
  update.clip = table.number("clip", {kTiny, 1e6}, update.clip);
  update.rotation = table.boolean("rotation", update.rotation);
  if (table.has("range")) update.range = table.number("range", {kTiny, 1e6}, kRequired);
  update.bits = static_cast<std::uint32_t>(table.integer("bits", {4, 30}, update.bits));
  if (!table.has("lane")) return update;
  update.lane = static_cast<std::uint32_t>(table.integer("lane", {8, 32}, kRequired));
  if (update.lane != 8 && update.lane != 12 && update.lane != 16 && update.lane != 32) {
    table.problem("lane", fmt::format("must be 8, 12, 16 or 32, not {}", *update.lane));
  } else if (update.bits >= update.lane) {
    table.problem("bits", fmt::format("must be less than lane ({}), which also holds the sum over the cohort, not {}",
                                      *update.lane, update.bits));
  }
  return update;
}

RoundSettings read_round(ConfigTable table) {
  RoundSettings round;
  round.rounds = static_cast<std::uint32_t>(table.integer("rounds", {1, 100'000}, round.rounds));
  round.deadline = table.duration("deadline_seconds", {seconds(1), hours(24 * 7)}, round.deadline);
  // Below three, each of two partners could subtract its own update from the sum and read the other's.
  round.min_participants =
      static_cast<std::uint32_t>(table.integer("min_participants", {3, 10'000}, round.min_participants));
  round.over_selection = table.number("over_selection", {1, 10}, round.over_selection);
  round.max_colluding = table.number("max_colluding", {0, 0.49}, round.max_colluding);
  round.max_attempts = static_cast<std::uint32_t>(table.integer("max_attempts", {1, 1000}, round.max_attempts));
  round.mask_work_gigabytes = table.number("mask_work_gigabytes", {0, 1e6}, round.mask_work_gigabytes);
  round.expected_dropout = table.number("expected_dropout", {0, 0.49}, round.expected_dropout);
  return round;
}

}  // namespace

Result<Plan> parse_plan(std::string_view text) {
  BAUTA_TRY(ConfigReader reader, ConfigReader::from_text(text, "plan", kMaxPlanBytes));
  Plan plan;
  ConfigTable root = reader.root();
  plan.name = root.text("name", kRequired);
  if (root.has("name") && (plan.name.empty() || plan.name.size() > 100))
    root.problem("name", "must have 1 to 100 bytes");
  // It stands beside the hash that people compare before they allow a plan.
  if (!is_printable(plan.name)) root.problem("name", "must hold no control character");
  plan.model = read_model(root.table("model"));
  plan.training = read_training(root.table("training"));
  plan.server = read_server(root.table("server"));
  plan.update = read_update(root.table("update"));
  plan.round = read_round(root.table("round"));
  BAUTA_RETURN_IF_ERROR(reader.finish());
  return plan;
}

Digest plan_hash(std::string_view text) { return sha256(as_bytes(text)); }

}  // namespace bauta
