#include "client/scoring/serving_model.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "client/training/json_member.h"
#include "client/training/vector_file.h"

namespace bauta::client {
namespace {

constexpr std::string_view kKind = "serving model";
constexpr double kMostLogOdds = 100;  // far more than any number of samples gives
constexpr std::string_view kFile = "serving.vectors";

nlohmann::json optional_number(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

std::optional<ServedModel> served_model(const std::string& name) {
  for (const ServedModel model : {ServedModel::local, ServedModel::shared, ServedModel::personalised, ServedModel::mix})
    if (to_string(model) == name) return model;
  return std::nullopt;
}

std::optional<std::vector<std::string>> item_ids(const nlohmann::json& about) {
  if (!about.is_object() || !about.contains("items") || !about["items"].is_array()) return std::nullopt;
  std::vector<std::string> ids;
  for (const auto& item : about["items"]) {
    if (!item.is_string()) return std::nullopt;
    ids.push_back(item.get<std::string>());
  }
  return ids;
}

}  // namespace

Status write_serving_model(const std::filesystem::path& state_directory, const ServingModel& model) {
  nlohmann::json about = {{"service", model.service},
                          {"task", model.task},
                          {"model", to_string(model.choice.model)},
                          {"local_share", model.choice.local_share},
                          {"auc", optional_number(model.choice.auc)},
                          {"incumbent", to_string(model.choice.incumbent)},
                          {"above_incumbent", optional_number(model.choice.above_incumbent)},
                          {"needed", optional_number(model.choice.needed)},
                          {"slope", model.calibration.slope},
                          {"offset", model.calibration.offset},
                          {"plan_hash", to_hex(model.plan_hash)},
                          {"newest_shared", to_hex(model.newest_shared)},
                          {"base_log_odds", model.base_log_odds},
                          {"items", model.items}};
  const std::span<const float> vectors[] = {model.local, model.federated};
  return write_vectors(state_directory / kFile, kKind,
                       about.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), vectors);
}

Result<std::optional<ServingModel>> read_serving_model(const std::filesystem::path& state_directory) {
  const std::filesystem::path file = state_directory / kFile;
  BAUTA_TRY(auto stored, read_vectors(file, kKind));
  if (!stored) return std::optional<ServingModel>();
  const auto about = nlohmann::json::parse(stored->about, nullptr, false);
  const auto slope = number_member(about, "slope");
  const auto offset = number_member(about, "offset");
  const auto local_share = number_member(about, "local_share");
  const auto kind = served_model(text_member(about, "model").value_or(""));
  const auto base_log_odds = number_member(about, "base_log_odds");
  const auto plan_hash = digest_from_hex(text_member(about, "plan_hash").value_or(""));
  const auto newest_shared = digest_from_hex(text_member(about, "newest_shared").value_or(""));
  const auto incumbent = served_model(text_member(about, "incumbent").value_or(""));
  const auto service = text_member(about, "service");
  const auto task = text_member(about, "task");
  auto items = item_ids(about);
  const bool calibrated = slope && *slope >= 0 && offset && base_log_odds && std::abs(*base_log_odds) <= kMostLogOdds;
  const bool shared_out = local_share && *local_share >= 0 && *local_share <= 1;
  if (!service || !task || !calibrated || !shared_out || !kind || !incumbent || !plan_hash || !newest_shared ||
      !items || stored->vectors.size() != 2)
    return Error{ErrorCode::malformed,
                 file.string() + " lacks a part or holds a wrong one; `bauta-client evaluate` makes it anew"};
  ServingModel model;
  model.service = *service;
  model.task = *task;
  model.choice = {*kind,
                  *local_share,
                  *incumbent,
                  number_member(about, "auc"),
                  number_member(about, "above_incumbent"),
                  number_member(about, "needed")};
  model.calibration = {*slope, *offset};
  model.plan_hash = *plan_hash;
  model.newest_shared = *newest_shared;
  model.base_log_odds = static_cast<float>(*base_log_odds);
  model.items = std::move(*items);
  model.local = std::move(stored->vectors[0]);
  model.federated = std::move(stored->vectors[1]);
  return std::optional(std::move(model));
}

}  // namespace bauta::client
