#include "client/scoring/serving_model.h"

#include <nlohmann/json.hpp>

#include "client/training/json_member.h"
#include "client/training/vector_file.h"

namespace bauta::client {
namespace {

constexpr std::string_view kKind = "serving model";
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
  nlohmann::json about = {{"model", to_string(model.choice.model)},
                          {"local_share", model.choice.local_share},
                          {"auc", optional_number(model.choice.auc)},
                          {"above_local", optional_number(model.choice.above_local)},
                          {"needed", optional_number(model.choice.needed)},
                          {"slope", model.calibration.slope},
                          {"offset", model.calibration.offset},
                          {"shared_model", model.shared_model},
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
  auto items = item_ids(about);
  const bool calibrated = slope && *slope >= 0 && offset;
  const bool shared_out = local_share && *local_share >= 0 && *local_share <= 1;
  if (!calibrated || !shared_out || !kind || !items || stored->vectors.size() != 2)
    return Error{ErrorCode::malformed,
                 file.string() + " lacks a part or holds a wrong one; `bauta-client evaluate` makes it anew"};
  ServingModel model;
  model.choice = {*kind, *local_share, number_member(about, "auc"), number_member(about, "above_local"),
                  number_member(about, "needed")};
  model.calibration = {*slope, *offset};
  model.shared_model = text_member(about, "shared_model").value_or("");
  model.items = std::move(*items);
  model.local = std::move(stored->vectors[0]);
  model.federated = std::move(stored->vectors[1]);
  return std::optional(std::move(model));
}

}  // namespace bauta::client
