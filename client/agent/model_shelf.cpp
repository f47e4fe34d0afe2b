#include "client/agent/model_shelf.h"

#include "common/base/file.h"

namespace bauta::client {
namespace {

constexpr std::string_view kCurrent = "current.bauta";
constexpr std::string_view kFormerBest = "best.bauta";  // kept by versions before the one that fine-tunes

std::string plan_name(const Digest& hash) { return to_hex(hash) + ".plan.toml"; }

}  // namespace

Result<HeldModel> read_model(ByteView bytes) {
  BAUTA_TRY(auto file, decode_model(bytes));
  HeldModel model;
  model.hash = model_hash(file.state, file.plan_hash);
  model.plan_hash = file.plan_hash;
  model.round_no = file.round_no;
  model.state = std::move(file.state);
  return model;
}

Result<ModelShelf> ModelShelf::open(const std::filesystem::path& state_directory) {
  ModelShelf shelf(state_directory / "models");
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(shelf.folder_));
  std::error_code ignored;
  std::filesystem::remove(shelf.folder_ / kFormerBest, ignored);
  const std::filesystem::path path = shelf.folder_ / kCurrent;
  auto bytes = read_file(path, kMaxModelBytes);
  if (!bytes.ok() && bytes.error().code == ErrorCode::not_found) return shelf;
  if (!bytes.ok()) return std::move(bytes).error();
  auto model = read_model(*bytes);
  if (!model.ok()) {
    return Error{model.error().code, path.string() + ": " + model.error().message +
                                         "; move it away, the client then gets the model from the coordinator again"};
  }
  shelf.current_ = *std::move(model);
  return shelf;
}

Status ModelShelf::put_current(HeldModel model, const ParameterLayout& layout) {
  BAUTA_RETURN_IF_ERROR(
      write_file_atomically(folder_ / kCurrent, encode_model(model.state, layout, model.plan_hash, model.round_no)));
  current_ = std::move(model);
  return {};
}

Status ModelShelf::put_plan(std::string_view text) const {
  const std::filesystem::path path = folder_ / plan_name(plan_hash(text));
  if (const auto there = read_text_file(path, kMaxPlanBytes); there.ok() && *there == text) return {};
  return write_file_atomically(path, as_bytes(text));
}

Result<std::optional<Plan>> ModelShelf::plan(const Digest& hash) const {
  auto text = read_text_file(folder_ / plan_name(hash), kMaxPlanBytes);
  if (!text.ok() && text.error().code == ErrorCode::not_found) return std::optional<Plan>();
  if (!text.ok()) return std::move(text).error();
  BAUTA_TRY(Plan plan, parse_plan(*text));
  return std::optional(std::move(plan));
}

Result<Plan> ModelShelf::plan_of_model(const Digest& hash) const {
  BAUTA_TRY(auto found, plan(hash));
  if (!found) return Error{ErrorCode::not_found, "the plan of the shared model is missing in " + folder_.string()};
  return std::move(*found);
}

}  // namespace bauta::client
