#include "client/training/private_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "client/training/json_member.h"
#include "client/training/vector_file.h"
#include "common/base/file.h"

namespace bauta::client {
namespace {

constexpr std::string_view kKind = "private parts";

}  // namespace

Result<std::vector<float>> PrivateParts::moved(const ParameterLayout& layout, std::span<const float> stored,
                                               std::span<const std::string> old_items,
                                               std::span<const std::string> items) {
  std::vector<float> parts = initial_private_parameters(layout);
  const Tensor& residual = layout.at("private.item.residual");
  const Tensor& bias = layout.at("private.item.bias");
  const std::size_t first_row = residual.offset - layout.shared_size();
  const std::size_t old_bias = first_row + old_items.size() * residual.columns;
  if (stored.size() != old_bias + old_items.size())
    return Error{ErrorCode::malformed, "private parameters do not fit their own list of items"};
  std::copy_n(stored.begin(), first_row, parts.begin());
  std::unordered_map<std::string_view, std::size_t> rows;
  for (std::size_t row = 0; row < old_items.size(); ++row) rows.emplace(old_items[row], row);
  for (std::size_t item = 0; item < items.size(); ++item) {
    const auto found = rows.find(items[item]);
    if (found == rows.end()) continue;
    const std::span<const float> row = stored.subspan(first_row + found->second * residual.columns, residual.columns);
    std::copy(row.begin(), row.end(), parts.begin() + static_cast<std::ptrdiff_t>(first_row + item * residual.columns));
    parts[bias.offset - layout.shared_size() + item] = stored[old_bias + found->second];
  }
  return parts;
}

Result<PrivateParts> PrivateParts::open(const ParameterLayout& layout, const EventLog& log,
                                        std::filesystem::path file) {
  PrivateParts parts;
  for (const Item& item : log.items) parts.items_.push_back(item.id);
  const ModelSettings& model = layout.settings();
  parts.about_model_ = fmt::format("{} seed {} table {}x{} width {}", model.kind, model.seed, model.table_rows,
                                   model.token_width, model.width);
  parts.before_ = parts.after_ = initial_private_parameters(layout);
  parts.file_ = std::move(file);
  if (parts.file_.empty()) return parts;
  BAUTA_TRY(const auto stored, read_vectors(parts.file_, kKind));
  if (!stored) return parts;
  const auto about = nlohmann::json::parse(stored->about, nullptr, false);
  if (text_member(about, "model") != parts.about_model_) {
    std::error_code error;
    std::filesystem::rename(parts.file_, parts.file_.string() + ".other", error);
    if (error) return file_error("set aside", parts.file_, error.value());
    return parts;
  }
  const auto damaged = [&] {
    return Error{ErrorCode::malformed, parts.file_.string() + " does not fit its own header; remove it to begin anew"};
  };
  const auto round_no = unsigned_member(about, "round");
  if (!round_no || !about.contains("items") || !about["items"].is_array() || stored->vectors.size() != 2)
    return damaged();
  std::vector<std::string> old_items;
  for (const auto& item : about["items"]) {
    if (!item.is_string()) return damaged();
    const auto id = item.get<std::string>();
    old_items.emplace_back(id);
  }
  auto before = moved(layout, stored->vectors[0], old_items, parts.items_);
  auto after = moved(layout, stored->vectors[1], old_items, parts.items_);
  if (!before.ok() || !after.ok()) return damaged();
  parts.round_no_ = *round_no;
  parts.before_ = std::move(*before);
  parts.after_ = std::move(*after);
  return parts;
}

std::span<const float> PrivateParts::before(std::uint64_t round_no) const {
  return round_no == round_no_ ? before_ : after_;
}

Status PrivateParts::finish(std::uint64_t round_no, std::span<const float> after) {
  BAUTA_CHECK(after.size() == after_.size());
  if (round_no != round_no_) before_ = std::move(after_);
  round_no_ = round_no;
  after_.assign(after.begin(), after.end());
  if (file_.empty()) return {};
  const nlohmann::json about = {{"model", about_model_}, {"round", round_no_}, {"items", items_}};
  const std::span<const float> vectors[] = {before_, after_};
  return write_vectors(file_, kKind, about.dump(), vectors);
}

}  // namespace bauta::client
