#include "client/data/csv_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "client/data/column_order.h"
#include "client/data/csv_reader.h"

namespace bauta::client {

CsvSource::CsvSource(std::filesystem::path events, std::filesystem::path items, std::filesystem::path persons,
                     CsvLimits limits)
    : events_(std::move(events)), items_(std::move(items)), persons_(std::move(persons)), limits_(limits) {}

namespace {

bool has_line_break(std::string_view field) { return field.find_first_of("\r\n") != std::string_view::npos; }

}  // namespace

Status CsvSource::read(Table table, std::span<const std::string_view> columns, const RowVisitor& visit) {
  const std::filesystem::path& path = table == Table::events ? events_ : table == Table::items ? items_ : persons_;
  const std::string name = path.string();
  BAUTA_TRY(CsvReader reader, CsvReader::open(path, limits_));

  BAUTA_TRY(const bool has_header, reader.next());
  if (!has_header) return Error{ErrorCode::bad_data, fmt::format("{}: empty; a header line is needed", name)};
  if (!reader.record().problem.empty()) {
    return Error{ErrorCode::bad_data, fmt::format("{}: the header line holds {}", name, reader.record().problem)};
  }
  const std::size_t width = reader.record().fields.size();
  BAUTA_TRY(const std::vector<std::size_t> order, column_order(name, reader.record().fields, columns));

  std::vector<std::string_view> fields(columns.size());
  while (true) {
    BAUTA_TRY(const bool more, reader.next());
    if (!more) return {};
    const CsvRecord& record = reader.record();
    if (!record.problem.empty()) {
      visit({{}, record.problem, name, record.line});
    } else if (record.fields.size() != width) {
      visit({{}, "not as many fields as the header", name, record.line});
    } else if (table == Table::persons && std::any_of(record.fields.begin(), record.fields.end(), has_line_break)) {
      // An open quotation mark swallows the lines after it, and with them somebody's refusal.
      visit({{}, "a line break in a value", name, record.line});
    } else {
      for (std::size_t i = 0; i < order.size(); ++i) fields[i] = record.fields[order[i]];
      visit({fields, {}, name, record.line});
    }
  }
}

}  // namespace bauta::client
