#include "coordinator/cli/output.h"

#include <fmt/format.h>

#include <algorithm>

namespace bauta::coordinator {
namespace {

using Json = nlohmann::ordered_json;

std::string cell(const Json& value, bool short_hash) {
  if (value.is_null()) return "-";
  if (value.is_number_float()) return fmt::format("{:.4f}", value.get<double>());
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  // What the server says must not move the cursor or colour the terminal.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  if (short_hash && text.size() == kHashDigits) text.resize(12);
  return text;
}

Json field(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

}  // namespace

std::string table_text(const Json& rows, const std::vector<std::string_view>& columns) {
  std::vector<std::vector<std::string>> cells(1);
  for (const std::string_view column : columns) cells[0].emplace_back(column);
  for (const Json& row : rows) {
    cells.emplace_back();
    for (const std::string_view column : columns) cells.back().push_back(cell(field(row, column), true));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string object_text(const Json& object) {
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : object.items()) text += fmt::format("{:<{}}  {}\n", key, width, cell(value, false));
  return text;
}

std::string progress_text(const Json& run) {
  constexpr std::uint64_t kWidth = 30;
  const std::uint64_t total = std::max<std::uint64_t>(1, run.value("rounds_total", std::uint64_t{1}));
  const std::uint64_t done = std::min(total, run.value("rounds_done", std::uint64_t{0}));
  const std::uint64_t filled = kWidth * done / total;
  std::string text = fmt::format("[{:#<{}}{:.<{}}] {}/{} rounds", "", filled, "", kWidth - filled, done, total);
  if (const Json round = field(run, "round"); round.is_object()) {
    text += fmt::format(", round {} attempt {} {}", cell(field(round, "round_no"), false),
                        cell(field(round, "attempt"), false), cell(field(round, "phase"), false));
  } else {
    text += ", " + cell(field(run, "state"), false);
  }
  if (const Json auc = field(run, "mean_auc"); auc.is_number())
    text += fmt::format(", mean AUC {:.4f}", auc.get<double>());
  return text;
}

}  // namespace bauta::coordinator
